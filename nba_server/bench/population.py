"""The benchmark's customers: 40 attributes and a ledger of at least 20 contacts each, from a seed.

Records of the domain only; where they are kept is loading.py's work.
"""

from __future__ import annotations

import random

from nba_server.bench.scenario import CHANNEL, FLAGS, GROUPS, NUMBERS, PLACEMENT, WORD_KINDS, WORDS
from nba_server.domain.consent import PROFILING, Consent, ConsentStatus
from nba_server.domain.engagement import Contact, ContactState, Direction, Reaction
from nba_server.domain.profile import Profile, Scalar

LEDGER = 20
DAY_MS = 86_400_000


def profile(number: int) -> Profile:
    """The profile of customer `number`; the same for every run."""
    draw = random.Random(number)  # noqa: S311  reproducible test data
    attributes: dict[str, Scalar] = {f"n{i:02d}": round(2.0 + 98.0 * draw.random(), 2) for i in range(NUMBERS)}
    attributes |= {f"w{i:02d}": f"word-{draw.randrange(WORD_KINDS)}" for i in range(WORDS)}
    attributes |= {f"f{i:02d}": draw.random() < 0.5 for i in range(FLAGS)}
    return Profile(attributes=attributes, segments=(), products=(), known=True)


def ledger(number: int, now_ms: int, actions: int) -> tuple[Contact, ...]:
    """20 contacts of the last 80 days, oldest first, a third of them answered; for a third no reaction was waited for."""
    draw = random.Random(-number - 1)  # noqa: S311  reproducible test data
    times = sorted(now_ms - int(draw.random() * 80 * DAY_MS) - DAY_MS for _ in range(LEDGER))
    return tuple(_contact(draw, f"x:{number}-{place}", at_ms, actions) for place, at_ms in enumerate(times))


def _contact(draw: random.Random, name: str, at_ms: int, actions: int) -> Contact:
    action = draw.randrange(actions)
    kind = draw.choice(("", "", "clicked", "no_response", "no_response", "rejected"))
    return Contact(
        id=name,
        at_ms=at_ms,
        expires_ms=0,
        state=ContactState.CONFIRMED,
        channel=CHANNEL,
        direction=Direction.INBOUND,
        class_="advertising",
        group=f"group-{action % GROUPS:02d}",
        action=f"action-{action:05d}",
        placement=PLACEMENT,
        respond_until_ms=at_ms + DAY_MS if kind else 0,
        reactions=(Reaction(kind, at_ms + 60_000, f"{name}/{kind}"),) if kind else (),
    )


def consents() -> tuple[Consent, ...]:
    """Everybody wants to hear of offers here, and the model may know them: without that it would see no feature of theirs."""
    return tuple(
        Consent(channel=CHANNEL, purpose=purpose, status=ConsentStatus.GRANTED, valid_from_ms=0)
        for purpose in ("advertising", PROFILING)
    )
