"""Weighted pressure over a household: the script's sum, the domain's, and a recount over all members together."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CommitResult, CommitStatus, CustomerRef, CustomerWrite, DecisionCommit, located
from nba_server.domain.contact import LimitScope
from nba_server.domain.engagement import Contact, ContactState
from nba_server.domain.pressure import HORIZON, ContactPressure, PressureRate, admits
from tests.conftest import REPLAY_START_MS
from tests.store.builders import DAY, HOUR, commit, contact, offer

NOW = REPLAY_START_MS
NUMBERS = count()
"""Each example has a household of its own."""
RATE = PressureRate("web", DAY, 1.0, (("news", 0.25),))


def budget(most: float, scope: LimitScope = LimitScope.HOUSEHOLD) -> ContactPressure:
    """A budget."""
    return ContactPressure("fatigue", most, (RATE,), scope=scope)


async def asked(store: Store, ref: CustomerRef, request: str, pressure: ContactPressure) -> DecisionCommit:
    """A commit of one web contact on a fresh read, as `Decide` makes it."""
    state = (await store.reader.read([ref])).states[0]
    made = commit(store, located(ref, state), request)
    return replace(
        made,
        limits=(pressure,),
        offers=(offer(0, contact("a9", made.decision_id), limits=(0,)),),
        profile_version=state.profile_version,
        guard_version=state.guard_version,
        household=state.household.ref,
        others=state.household.others,
    )


async def decided(store: Store, ref: CustomerRef, request: str, pressure: ContactPressure) -> CommitResult:
    """The settled result: stale ones are made again."""
    while True:
        (result,) = await store.decisions.commit([await asked(store, ref, request, pressure)])
        assert isinstance(result, CommitResult)
        if result.status is not CommitStatus.STALE:
            return result


async def test_members_share_a_budget_whoever_asks(replay_store: Store) -> None:
    """Three members race for room for three contacts and get three; alone, each has a budget of their own."""
    store = replay_store
    refs = [store.identity.customer(name) for name in ("anna", "ben", "cleo")]
    for ref in refs:
        await store.households.place(ref, store.identity.household("smith"))
    calls = [(ref, f"r{number}") for number in range(6) for ref in refs]
    results = await asyncio.gather(*(decided(store, ref, request, budget(3.0)) for ref, request in calls))
    assert sum(1 for result in results if result.taken) == 3
    personal = [await decided(store, ref, "own", budget(3.0, LimitScope.PERSON)) for ref in refs]
    assert any(result.taken for result in personal)


entries = st.builds(
    lambda number, at, state, decision, class_: contact(
        "a1", decision, id=f"e{number}", at_ms=NOW + at * HOUR, expires_ms=NOW + HOUR, state=state, class_=class_
    ),
    number=st.integers(0, 10**9),
    at=st.integers(-60, 40),
    state=st.sampled_from(ContactState),
    decision=st.sampled_from(["", "d1"]),
    class_=st.sampled_from(["ad", "news"]),
)
ledgers = st.lists(entries, max_size=4, unique_by=lambda entry: entry.id)


def recounted(ledgers: list[list[Contact]], at_ms: int) -> float:
    """The pressure at a moment with a contact now, written down again from the rules."""
    heaviest = {("new", ""): (NOW, 1.0)}
    for place, ledger in enumerate(ledgers):
        for entry in ledger:
            if entry.state is not ContactState.RELEASED:
                name = (entry.decision_id, "") if entry.decision_id else (str(place), entry.id)
                weight = 0.25 if entry.class_ == "news" else 1.0
                if name not in heaviest or heaviest[name][1] < weight:
                    heaviest[name] = (entry.at_ms, weight)
    ages = ((at_ms - then, weight) for then, weight in heaviest.values())
    return sum(weight * 0.5 ** (age / DAY) for age, weight in ages if 0 <= age < HORIZON * DAY)


@given(
    own=ledgers,
    others=st.lists(ledgers, min_size=1, max_size=2),
    most=st.sampled_from([1.0, 1.5, 2.0, 3.0]),
)
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_script_domain_and_recount_agree(
    replay_store: Store, own: list[Contact], others: list[list[Contact]], most: float
) -> None:
    """An offer is taken exactly when the pressure of all members stays within the budget now and at every later contact."""
    store, case = replay_store, next(NUMBERS)
    home = store.identity.household(f"h{case}")
    refs = [store.identity.customer(f"c{case}-{number}") for number in range(len(others) + 1)]
    for ref, ledger in zip(refs, (own, *others), strict=True):
        state = (await store.reader.read([ref])).states[0]
        ledger.sort(key=lambda entry: entry.at_ms)
        write = CustomerWrite(located(ref, state), state.engagement_version, ledger=tuple(ledger))
        assert await store.customers.write([write]) == [True]
        await store.households.place(ref, home)
    state = (await store.reader.read([refs[0]])).states[0]
    pressure = budget(most)
    result = await decided(store, refs[0], "r1", pressure)
    moments = [NOW, *(e.at_ms for ledger in (own, *others) for e in ledger if NOW < e.at_ms < NOW + HORIZON * DAY)]
    live = {e.at_ms for ledger in (own, *others) for e in ledger if e.state is not ContactState.RELEASED} | {NOW}
    fits = all(recounted([own, *others], at) <= most + 1e-9 for at in moments if at in live)
    assert bool(result.taken) is fits
    assert admits(pressure.counted(state), pressure, contact("a9"), NOW, NOW) is fits
