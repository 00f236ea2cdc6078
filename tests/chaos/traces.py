"""Proof 9: random sequences against the engine and against the reference model; they must never differ.

Two rule sets swap at random. Every step compares the answer, and the ledger with what counts in it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from nba_server.adapters.redis.store import Store
from nba_server.domain.catalog import Catalog
from tests.chaos.desk import Desk, compiled
from tests.chaos.reference import Entry, Reference

SECOND = 1000
ACTIONS = {"a1": "a", "a2": "a", "b1": "b", "b2": "b"}
CHANNELS = {
    "web": {"outbound": False, "slots": 2, "reservation": 20 * SECOND, "window": 60 * SECOND},
    "email": {"outbound": True, "slots": 1, "reservation": 30 * SECOND, "window": 90 * SECOND},
}
LIMITS: list[dict[str, Any]] = [
    {"id": "all", "cap": 4, "window": 60 * SECOND},
    {"id": "mail", "cap": 1, "window": 40 * SECOND, "channels": ["email"]},
    {"id": "group", "cap": 2, "window": 50 * SECOND, "groups": ["a"]},
    {"id": "one", "cap": 1, "window": 30 * SECOND, "actions": ["b1"]},
]
MUTES: list[dict[str, Any]] = [
    {"id": "no", "outcomes": ["rejected"], "count": 1, "window": 60, "pause": 40, "level": "action"},
    {"id": "no-no", "outcomes": ["rejected"], "count": 2, "window": 90, "pause": 120, "level": "group"},
    {"id": "silent", "outcomes": ["no_response"], "count": 2, "window": 300, "pause": 60, "level": "action"},
]
TIGHT = [{**limit, "cap": 1} for limit in LIMITS[:1]] + [LIMITS[3]]
KINDS = ("impression", "impression", "clicked", "accepted", "rejected", "rejected", "maybe_later", "not_mentioned")
MORE = ("delivery_failed", "opted_out")


def rule_set(limits: list[dict[str, Any]]) -> dict[str, Any]:
    """A rule set as the reference takes it."""
    mutes = [{**mute, "window": mute["window"] * SECOND, "pause": mute["pause"] * SECOND} for mute in MUTES]
    return {"limits": limits, "mutes": mutes, "channels": CHANNELS, "actions": ACTIONS}


def document(limits: list[dict[str, Any]]) -> dict[str, Any]:
    """The same as a catalogue."""
    channels = {
        name: {
            "direction": "outbound" if channel["outbound"] else "inbound",
            "reservation": f"{channel['reservation'] // SECOND}s",
            "response_window": f"{channel['window'] // SECOND}s",
            "unknown_consent_allowed": True,
        }
        for name, channel in CHANNELS.items()
    }
    return {
        "catalog": {"name": "traces"},
        "channels": channels,
        "placements": {name: {"channel": name, "slots": channel["slots"]} for name, channel in CHANNELS.items()},
        "contact_policies": [{**limit, "window": f"{limit['window'] // SECOND}s"} for limit in limits],
        "suppressions": [{**mute, "window": f"{mute['window']}s", "pause": f"{mute['pause']}s"} for mute in MUTES],
        "issues": [{"id": "i", "title": "i", "groups": [{"id": group, "title": group} for group in "ab"]}],
        "actions": [
            {
                "id": name,
                "group": group,
                "title": name,
                "value": 100 - place,
                "prior": {"propensity": 0.1, "evidence": 100},
                "treatments": [{"id": channel, "channel": channel} for channel in CHANNELS],
            }
            for place, (name, group) in enumerate(ACTIONS.items())
        ],
    }


def catalogues(folder: Path) -> list[Catalog]:
    """Both rule sets, compiled."""
    found = []
    for name, limits in (("loose", LIMITS), ("tight", TIGHT)):
        place = folder / name
        place.mkdir(parents=True)
        (place / "catalog.yaml").write_text(json.dumps(document(limits)))
        found.append(compiled(place, name))
    return found


class Traces(RuleBasedStateMachine):
    """One customer, one trace. `desk` and `rules` are set by `run_traces`."""

    desk: Desk
    both: tuple[list[Catalog], list[dict[str, Any]]]
    numbers: Iterator[int]
    steps = 0
    traces = 0

    @initialize()
    def begin(self) -> None:
        """A customer nobody has seen."""
        Traces.traces += 1
        self.customer = f"t{next(self.numbers)}"
        self.asked: list[tuple[str, str, bytes]] = []
        self.decisions: dict[str, str] = {}
        self.events: list[tuple[int, str]] = []
        self.made = 0
        self.reference = Reference(self.both[1][0])
        self.desk.catalogs.live = self.both[0][0]

    @rule(channel=st.sampled_from(sorted(CHANNELS)))
    def decide(self, channel: str) -> None:
        """The same actions in the same order."""
        request_id = f"r{len(self.asked)}"
        answer, response = self.desk.decide(self.customer, channel, request_id)
        expected = self.reference.decide(response.decision_id, channel, self.desk.now)
        assert [action.action for action in response.actions] == expected
        self.asked.append((request_id, channel, answer))

    @precondition(lambda self: self.asked)
    @rule(place=st.integers(0, 30))
    def repeat(self, place: int) -> None:
        """The first answer again, whatever has happened; after an opt-out it has no actions any more."""
        request_id, channel, answer = self.asked[place % len(self.asked)]
        again, response = self.desk.decide(self.customer, channel, request_id)
        if self._opted_out(channel):
            assert response.decision_id == type(response).FromString(answer).decision_id
        else:
            assert again == answer

    @precondition(lambda self: self._own())
    @rule(
        place=st.integers(0, 30),
        kind=st.sampled_from(KINDS + MORE),
        ago=st.sampled_from((0, 0, 0, 5, 35)),
        again=st.booleans(),
    )
    def outcome(self, place: int, kind: str, ago: int, again: bool) -> None:
        """The same status; now and then with an event id that was used before."""
        own = self._own()
        number = place % len(own)
        entry, at = own[number], max(own[number].at, self.desk.now - ago * SECOND)
        used = [event for owner, event in self.events if owner == number]
        event = used[-1] if again and used else f"e{len(self.events)}"
        expected = self.reference.outcome(entry, kind, at, event, self.desk.now)
        status = self.desk.outcome(entry.decision, entry.action, kind, event_id=event, occurred_ms=at)
        assert status == expected
        self.events.append((number, event))

    @precondition(lambda self: self.events)
    @rule(place=st.integers(0, 30))
    def withdraw(self, place: int) -> None:
        """What is taken back counts for nothing."""
        number, event = self.events[place % len(self.events)]
        entry = self._own()[number]
        expected = self.reference.withdraw(entry, event, self.desk.now)
        status = self.desk.outcome(
            entry.decision, entry.action, "withdrawn", withdraws=event, event_id=f"w{len(self.events)}-{place}"
        )
        assert status == expected

    @rule(channel=st.sampled_from(sorted(CHANNELS)), ahead=st.sampled_from((-20, 0, 15, 45)))
    def contact(self, channel: str, ahead: int) -> None:
        """A contact made elsewhere, or planned there."""
        self.made += 1
        at = self.desk.now + ahead * SECOND
        assert self.desk.contact(self.customer, f"m{self.made}", channel, "a1", at)
        until = at + int(CHANNELS[channel]["window"])
        self.reference.entries.append(Entry(f"x:m{self.made}", "a1", channel, at, until=until))

    @rule(seconds=st.sampled_from((1, 7, 20, 31, 61, 130)), served=st.booleans())
    def wait(self, seconds: int, served: bool) -> None:
        """Time passes, and the timers are served at once or later."""
        self.desk.advance(seconds * SECOND)
        if served:
            self.desk.expire()
            self.reference.expire(self.desk.now)

    @rule(number=st.integers(0, 1))
    def change_rules(self, number: int) -> None:
        """Another catalogue goes live."""
        self.desk.catalogs.live = self.both[0][number]
        self.reference.rules = self.both[1][number]

    def teardown(self) -> None:
        """The ledger in the end: what counts, and every reaction."""
        if not hasattr(self, "customer"):
            return
        Traces.steps += len(self.asked) + len(self.events) + self.made
        now = self.desk.now
        ledger = self.desk.state(self.customer).ledger
        stored = sorted((c.decision_id or c.id, c.action, c.counts_at(now), _marks(c.reactions)) for c in ledger)
        entries = self.reference.entries
        counted = sorted((e.decision, e.action, self.reference.counts(e, now), _own_marks(e)) for e in entries)
        assert stored == counted

    def _own(self) -> list[Entry]:
        entries = self.reference.entries if hasattr(self, "reference") else []
        return [entry for entry in entries if not entry.decision.startswith("x:")]

    def _opted_out(self, channel: str) -> bool:
        return any(mark[0] == "opted_out" for entry in self._own() for mark in entry.marks)


def _marks(reactions: Any) -> list[tuple[str, int, str, bool]]:
    return [(r.type, r.at_ms, r.event_id, r.withdrawn) for r in reactions]


def _own_marks(entry: Entry) -> list[tuple[str, int, str, bool]]:
    return [(mark[0], mark[1], mark[2], mark[3]) for mark in entry.marks]


@contextmanager
def desk_at(url: str, folder: Path) -> Iterator[tuple[Desk, list[Catalog]]]:
    """A desk on a fresh replay store."""
    loop = asyncio.new_event_loop()
    try:
        store = loop.run_until_complete(Store.open(url, kind="replay", seed=1))
        both = catalogues(folder)
        loop.run_until_complete(store.clock.advance(1_767_225_600_000))
        yield Desk(loop, store, both[0]), both
        loop.run_until_complete(store.close())
    finally:
        loop.close()


def run_traces(url: str, folder: Path, *, traces: int, steps: int = 14, seed: int | None = None) -> dict[str, int]:
    """Runs random traces; raises at the first difference, with the shortest trace that shows it."""
    with desk_at(url, folder) as (desk, both):
        machine = type("SeededTraces", (Traces,), {})
        machine.desk, machine.both = desk, (both, [rule_set(LIMITS), rule_set(TIGHT)])  # type: ignore[attr-defined]
        machine.numbers = iter(range(10**9))  # type: ignore[attr-defined]
        Traces.traces = Traces.steps = 0
        chosen = settings(
            max_examples=traces,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=seed is None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        )
        run_state_machine_as_test(machine, settings=chosen)
    return {"traces": Traces.traces, "steps": Traces.steps}
