"""The store's script and the domain say the same of any ledger: what is admitted, and what can be superseded."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CommitResult, CommitStatus, CustomerWrite
from nba_server.domain.contact import ContactLimit
from nba_server.domain.engagement import Contact, ContactState, Direction, Reaction
from nba_server.domain.ledger import admits, trimmed
from nba_server.domain.superseding import refusal, superseded
from tests.conftest import REPLAY_START_MS
from tests.store.builders import DAY, HOUR, commit, contact, offer

NOW = REPLAY_START_MS
NUMBERS = count()
"""Each example has a customer of its own."""
OLD, OTHER = "r-old", "r-other"
SETTINGS = settings(
    max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

reactions = st.lists(
    st.builds(
        Reaction,
        type=st.sampled_from(["score", "impression", "not_mentioned"]),
        at_ms=st.just(NOW - HOUR),
        withdrawn=st.booleans(),
    ),
    max_size=2,
).map(tuple)
entries = st.builds(
    lambda number, at, expires, decision, **other: contact(
        f"a{number % 3}", decision, id=f"e{number}", at_ms=NOW + at * HOUR, expires_ms=NOW + expires * HOUR, **other
    ),
    number=st.integers(0, 10**9),
    at=st.integers(-12, 12),
    expires=st.sampled_from([-1, 0, 1]),
    decision=st.sampled_from(["", OLD, OTHER]),
    state=st.sampled_from([*ContactState, ContactState.RESERVED, ContactState.RESERVED]),
    direction=st.sampled_from(Direction),
    channel=st.sampled_from(["web", "email"]),
    class_=st.sampled_from(["ad", "service"]),
    group=st.sampled_from(["g1", "g2"]),
    reactions=reactions,
    deferred=st.booleans(),
    respond_until_ms=st.sampled_from([0, NOW + HOUR]),
)


def some(*names: str) -> st.SearchStrategy[frozenset[str]]:
    """A filter: everything, or some of the names."""
    return st.sampled_from(
        [frozenset(), frozenset(), frozenset(), *(frozenset({name}) for name in names), frozenset(names)]
    )


limits = st.builds(
    ContactLimit,
    id=st.just("l"),
    cap=st.integers(1, 4),
    window_ms=st.sampled_from([1, 6, 20, 40]).map(lambda hours: hours * HOUR),
    channels=some("web", "email"),
    directions=st.sampled_from([frozenset[Direction](), *(frozenset({d}) for d in Direction)]),
    classes=some("ad", "service"),
    groups=some("g1", "g2"),
    actions=some("a1", "a9"),
)
wide = st.builds(ContactLimit, id=st.just("w"), cap=st.integers(1, 3), window_ms=st.just(60 * HOUR))
ended = st.builds(
    lambda entry: replace(
        entry, state=ContactState.RESERVED, expires_ms=NOW, direction=Direction.OUTBOUND, decision_id="", deferred=True
    ),
    entries,
)
"""Outbound reservations that have run out: whether they count is the finest point of the rules."""


@given(
    ledger=st.lists(st.one_of(entries, ended), min_size=1, max_size=8, unique_by=lambda entry: entry.id),
    limits=st.lists(limits, min_size=1, max_size=2) | st.lists(wide, min_size=1, max_size=1),
    supersedes=st.booleans(),
    remembered=st.booleans(),
    delay=st.sampled_from([0, HOUR, 20 * HOUR]),
    direction=st.sampled_from(Direction),
    retention=st.sampled_from([10 * HOUR, 400 * DAY]),
)
@SETTINGS
async def test_script_and_domain_agree(
    replay_store: Store,
    ledger: list[Contact],
    limits: list[ContactLimit],
    supersedes: bool,
    remembered: bool,
    delay: int,
    direction: Direction,
    retention: int,
) -> None:
    """On random ledgers the script takes an offer, refuses a swap and releases exactly as the domain says it should."""
    ref = replay_store.identity.customer(f"c{next(NUMBERS)}")
    names = {name: commit(replay_store, ref, name).decision_id for name in (OLD, OTHER)}
    if remembered:
        await replay_store.decisions.commit([commit(replay_store, ref, OLD, offers=())])
    state = (await replay_store.reader.read([ref])).states[0]
    stored = sorted((replace(e, decision_id=names.get(e.decision_id, "")) for e in ledger), key=lambda e: e.at_ms)
    write = CustomerWrite(ref, state.engagement_version, ledger=tuple(stored))
    assert await replay_store.customers.write([write]) == [True]
    made = commit(replay_store, ref, "new", limits=tuple(limits), retention_ms=retention)
    new = replace(contact("a9", made.decision_id, at_ms=delay), direction=direction)
    naming = tuple(i for i, limit in enumerate(limits) if limit.covers_contact(new))
    made = replace(made, offers=(offer(0, new, limits=naming),), supersedes=names[OLD] if supersedes else "")
    (result,) = await replay_store.decisions.commit([made])
    assert isinstance(result, CommitResult)

    kept = trimmed(stored, retention, NOW)
    refused = refusal(kept, names[OLD], NOW, remembered=remembered) if supersedes else None
    assert result.refusal is refused
    assert (result.status is CommitStatus.REFUSED) == (refused is not None)
    after = (await replay_store.reader.read([ref])).states[0].ledger
    if refused is not None:
        assert after == tuple(stored)
        return
    freed = superseded(kept, names[OLD], NOW) if supersedes else kept
    fits = all(admits(freed, limits[i], NOW + delay, NOW) for i in naming)
    assert result.taken == ((0,) if fits else ())
    if fits:
        assert [entry for entry in after if entry.decision_id != made.decision_id] == list(freed)
    elif freed != kept:
        assert after == freed
