"""Exact weighted pressure: the script's sum against a brute-force recount in plain Python."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CustomerWrite
from nba_server.domain.contact import ContactLimit
from nba_server.domain.engagement import Contact, ContactState, Direction
from nba_server.domain.pressure import HORIZON, ContactPressure, PressureRate, admits
from tests.conftest import REPLAY_START_MS
from tests.store.builders import DAY, HOUR, commit, contact, offer

NOW = REPLAY_START_MS
WEIGHTS = {("web", "ad"): 1.0, ("web", "news"): 0.25, ("letter", "ad"): 2.0, ("letter", "news"): 0.25}
HALF_LIVES = {"web": DAY, "letter": 3 * DAY}
RATES = tuple(PressureRate(c, HALF_LIVES[c], WEIGHTS[c, "ad"], (("news", 0.25),)) for c in HALF_LIVES)


def recounted(ledger: list[Contact], at_ms: int) -> float:
    """The pressure at a moment, written down again from the rules."""
    heaviest: dict[str, Contact] = {}
    for entry in ledger:
        expired = entry.direction is Direction.INBOUND and entry.expires_ms <= NOW
        counts = entry.state is ContactState.CONFIRMED or (entry.state is ContactState.RESERVED and not expired)
        name = entry.decision_id or entry.id
        if counts and entry.channel in HALF_LIVES:
            held = heaviest.setdefault(name, entry)
            if WEIGHTS[entry.channel, entry.class_] > WEIGHTS[held.channel, held.class_]:
                heaviest[name] = entry
    total = 0.0
    for entry in heaviest.values():
        half_lives = (at_ms - entry.at_ms) / HALF_LIVES[entry.channel]
        if 0 <= half_lives < HORIZON:
            total += WEIGHTS[entry.channel, entry.class_] * 0.5**half_lives
    return total


entries = st.builds(
    lambda number, at, state, expires, direction, channel, class_, decision: contact(
        f"a{number % 3}",
        decision,
        id=f"e{number}",
        at_ms=NOW + at * HOUR,
        expires_ms=NOW + expires * HOUR,
        state=state,
        direction=direction,
        channel=channel,
        class_=class_,
    ),
    number=st.integers(0, 10**9),
    at=st.integers(-100, 60),
    state=st.sampled_from(ContactState),
    expires=st.integers(-2, 2),
    direction=st.sampled_from(Direction),
    channel=st.sampled_from(["web", "letter", "call"]),
    class_=st.sampled_from(["ad", "news"]),
    decision=st.sampled_from(["", "", "d1", "d2"]),
)


@given(
    ledger=st.lists(entries, max_size=12, unique_by=lambda entry: entry.id),
    budget=st.sampled_from([0.9, 1.7, 2.6, 3.3, 5.1]),
    class_=st.sampled_from(["ad", "news"]),
    channel=st.sampled_from(["web", "letter"]),
    delay=st.sampled_from([0, HOUR, 30 * HOUR]),
    case=st.integers(0, 2**60),
)
@settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_the_script_weighs_as_a_brute_force_recount_does(
    replay_store: Store, ledger: list[Contact], budget: float, class_: str, channel: str, delay: int, case: int
) -> None:
    """An offer is taken exactly when neither its own moment nor a later contact finds more pressure than the budget."""
    ledger.sort(key=lambda entry: entry.at_ms)
    ref = replay_store.identity.customer(f"c{case}-{len(ledger)}")
    state = (await replay_store.reader.read([ref])).states[0]
    await replay_store.customers.write([CustomerWrite(ref, state.engagement_version, ledger=tuple(ledger))])

    pressure = ContactPressure("p", budget, RATES)
    made = commit(replay_store, ref, f"r{state.engagement_version}", limits=(pressure,), actions=())
    new = contact("a9", made.decision_id, at_ms=delay, channel=channel, class_=class_)
    (result,) = await replay_store.decisions.commit([replace(made, offers=(offer(0, new, limits=(0,)),))])

    placed = replace(new, at_ms=NOW + delay, expires_ms=NOW + HOUR)
    feels = NOW + delay + HORIZON * HALF_LIVES[channel]
    loaded = [e.at_ms for e in ledger if e.at_ms > placed.at_ms and e.at_ms < feels and recounted([e], e.at_ms) > 0]
    fits = all(recounted([*ledger, placed], at_ms) <= budget + 1e-9 for at_ms in (placed.at_ms, *loaded))
    assert result.taken == ((0,) if fits else ())
    assert admits(ledger, pressure, placed, placed.at_ms, NOW) is fits


async def test_a_race_for_a_budget_is_won_by_as_many_as_fit(store: Store) -> None:
    """Of forty decisions at once, each of weight one against a budget of 2.5, two are taken."""
    ref = store.identity.customer("c1")
    budget = (ContactPressure("p", 2.5, RATES), ContactLimit("roomy", 30, DAY))
    batches = [[commit(store, ref, f"r{b}-{i}", actions=(), limits=budget) for i in range(10)] for b in range(4)]
    asked = [
        [replace(made, offers=(offer(0, contact("a1", made.decision_id), limits=(0, 1)),)) for made in batch]
        for batch in batches
    ]
    results = [result for batch in await asyncio.gather(*map(store.decisions.commit, asked)) for result in batch]
    assert sum(1 for result in results if result.taken) == 2


async def test_a_slate_weighs_as_its_heaviest_action(store: Store) -> None:
    """Three actions of one decision fit a budget of one; the next decision does not."""
    ref = store.identity.customer("c1")
    budget = (ContactPressure("p", 1.0, RATES),)
    taken = []
    for request in ("r1", "r2"):
        made = commit(store, ref, request, actions=("a1", "a2", "a3"), limits=())
        offers = tuple(replace(part, limits=(0,)) for part in made.offers)
        (result,) = await store.decisions.commit([replace(made, limits=budget, offers=offers)])
        taken.append(result.taken)
    assert taken == [(0, 1, 2), ()]
