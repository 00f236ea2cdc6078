"""Customers from a seed, as the store has them: profiles, consents, purchases, ledgers with answers, and what these muted."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from nba_server.adapters.redis import codec
from nba_server.adapters.redis.ledger_codec import encode_ledger
from nba_server.domain.activity import Purchase, add_purchase
from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import Consent, ConsentStatus
from nba_server.domain.do_not_contact import DoNotContact
from nba_server.domain.engagement import Activity, Contact, ContactState, Direction, Reaction
from nba_server.domain.muting import suppressions_after
from nba_server.domain.profile import Profile, Scalar

NOW_MS = 1_768_478_400_000
DAY_MS = 86_400_000
WORDS = ("gold", "silver", "tin", "größer", "")


def record(dice: Random, catalog: Catalog, longest: int) -> list[bytes | None]:
    """A record as the store has it; now and then one that only Python understands."""
    if dice.random() < 0.05:
        return [None] * 13
    ledger = _ledger(dice, catalog, longest)
    muted = suppressions_after((), ledger, catalog, NOW_MS)
    rules = catalog.suppression_hash if dice.random() < 0.9 else "of-earlier-rules"
    written = codec.encode_suppressions(muted, rules) if muted or dice.random() < 0.7 else b""
    listed = codec.encode_do_not_contact(DoNotContact(True, frozenset(("mail",)), NOW_MS - 5, "web"))
    return [
        codec.encode_profile(_profile(dice)) or None,
        codec.encode_consents(_consents(dice)) or None,
        encode_ledger(ledger) or None,
        written or None,
        codec.encode_activity(_activity(dice)) if dice.random() < 0.6 else None,
        listed if dice.random() < 0.03 else None,
        str(dice.randint(0, 300)).encode(),
        str(dice.randint(1, 9)).encode() if dice.random() < 0.5 else None,
        str(dice.randint(0, 70_000)).encode(),
        *(None, None, None, None),
    ]


def _profile(dice: Random) -> Profile:
    attributes: dict[str, Scalar] = {
        "age": dice.choice((17, 18, 30, 41, 66, 1 << 60)) if dice.random() < 0.99 else "old",
        "income": dice.choice((0.0, 19.5, 20.0, 55.25, 1e9)),
        "country": dice.choice(WORDS),
        "vip": dice.random() < 0.5,
        "tags": tuple(sorted(dice.sample("abc", dice.randint(0, 3)))),
        "joined": NOW_MS - dice.randint(0, 10**11),
        "unheard": 5,
    }
    kept = {name: value for name, value in attributes.items() if dice.random() < 0.85}
    if kept.get("age") == 1 << 60 and dice.random() < 0.9:
        del kept["age"]
    segments = tuple(dice.sample(("s1", "s2"), dice.randint(0, 2)))
    return Profile(
        kept, segments, tuple(dice.sample(("p0", "p1", "p9"), dice.randint(0, 2))), known=dice.random() < 0.95
    )


def _consents(dice: Random) -> tuple[Consent, ...]:
    if dice.random() < 0.1:
        return ()
    usual = [
        Consent("*", purpose, ConsentStatus.GRANTED, NOW_MS - 400 * DAY_MS) for purpose in ("advertising", "profiling")
    ]
    more = [
        Consent(
            dice.choice(("web", "mail", "*")),
            dice.choice(("advertising", "profiling", "service")),
            dice.choice(tuple(ConsentStatus)),
            NOW_MS - dice.choice((0, 3, 500, -5)) * DAY_MS,
            dice.choice((0, 0, NOW_MS - DAY_MS, NOW_MS + DAY_MS)),
        )
        for _ in range(dice.choice((0, 0, 0, 1, 3)))
    ]
    return (*usual, *more)


def _activity(dice: Random) -> Activity:
    activity = Activity()
    for number in range(dice.randint(0, 3)):
        at_ms = NOW_MS - dice.randint(0, 90 * DAY_MS)
        bought = Purchase(
            f"p{number}", at_ms, round(100 * dice.random(), 2), {"c0": 3.5, "c3": round(dice.random(), 3)}
        )
        activity = add_purchase(activity, bought)
    return activity


def _ledger(dice: Random, catalog: Catalog, longest: int) -> tuple[Contact, ...]:
    names = [*catalog.index, "gone"]
    days = sorted(
        (dice.random() * dice.choice((2, 20, 100, 450)) for _ in range(dice.choice((0, 2, 6, longest)))), reverse=True
    )
    found: list[Contact] = []
    for place, ago in enumerate(days):
        name, channel = dice.choice(names), dice.choice(("web", "web", "mail"))
        at_ms = NOW_MS - int(ago * DAY_MS)
        action = catalog.actions[catalog.index[name]] if name in catalog.index else None
        decision = dice.choice(("", f"d{place}", found[-1].decision_id if found else "d"))
        found.append(
            Contact(
                id=f"x:{place}",
                at_ms=at_ms,
                expires_ms=at_ms + dice.choice((0, DAY_MS)),
                state=dice.choice((ContactState.CONFIRMED, ContactState.CONFIRMED, *ContactState)),
                channel=channel,
                direction=Direction.INBOUND if channel == "web" else Direction.OUTBOUND,
                class_=action.class_ if action else "advertising",
                group=action.group if action else "gone",
                action=name,
                weight=dice.choice((1.0, 2.5)),
                decision_id=decision,
                respond_until_ms=at_ms + dice.choice((0, DAY_MS, 500 * DAY_MS)),
                reactions=_reactions(dice, at_ms),
                deferred=dice.random() < 0.1,
            )
        )
    if found and dice.random() < 0.05:
        found.append(replace(found[-1], id="x:planned", at_ms=NOW_MS + DAY_MS))
    return tuple(found)


def _reactions(dice: Random, at_ms: int) -> tuple[Reaction, ...]:
    kinds = ("clicked", "rejected", "no_response", "delivered", "complaint", "converted", "impression")
    return tuple(
        Reaction(
            dice.choice(kinds),
            at_ms + dice.randint(0, DAY_MS),
            f"e{number}",
            dice.choice((None, 2.5)),
            withdrawn=dice.random() < 0.15,
        )
        for number in range(dice.choice((0, 0, 1, 1, 2, 3)))
    )
