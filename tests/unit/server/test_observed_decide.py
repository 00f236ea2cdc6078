"""Decisions are counted the same whichever way they were made, and made again only for those who look closer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from nba_server.application.express import ExpressUse, Made, decision_of
from nba_server.application.ports import Stored
from nba_server.domain.decision import PlacementRequest
from nba_server.domain.engagement import CustomerState
from nba_server.errors import NbaError
from nba_server.observability.decisions import ObservedDecide, Sample
from nba_server.observability.express import ExpressWatching
from nba_server.observability.metrics import Metrics
from nba_server.observability.reasons import ReasonSampler
from nba_server.observability.shadow import ShadowScoring
from tests.fakes import FakeModels, FakeScorer, FakeStore
from tests.plain_formats import PlainAnswers, PlainJournal
from tests.plain_lane import PlainLane
from tests.unit.application.conftest import Desk

HERO = (PlacementRequest("hero"),)


@dataclass
class Looks:
    """Looks at all that is made."""

    look: Callable[[Made], None]

    def __call__(self, made: Made) -> None:
        """At this one too."""
        self.look(made)

    def due(self, decisions: int) -> bool:
        """Always."""
        return True

    def passed(self, decisions: int) -> None:
        """Never."""
        raise AssertionError


class Observed:
    """A desk whose decisions are counted, with a lane or without."""

    def __init__(self, desk: Desk | None = None, *, express: bool = True, samples: Sequence[Sample] = ()) -> None:
        self.desk = desk or Desk()
        self.registry = CollectorRegistry()
        metrics = Metrics(self.registry)
        self.watch = ExpressWatching(metrics)
        store = self.desk.store
        self.lane = PlainLane(store, store, PlainAnswers(), PlainJournal())
        decide = self.desk.deciding(ExpressUse(self.lane, self.watch, 2) if express else None)
        self.metrics = metrics
        self.decide = ObservedDecide(decide, metrics, samples)

    async def __call__(self, *names: str, **other: Any) -> None:
        """A batch of decisions."""
        commands = [self.desk.command(name, **({"placements": HERO} | other)) for name in names]
        await self.decide(commands, lambda place: True)

    def counted(self, *prefixes: str) -> dict[tuple[str, ...], float]:
        """What counters of these names say."""
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in self.registry.collect()
            for sample in family.samples
            if sample.name.startswith(prefixes) and sample.name.endswith("_total") and sample.value
        }


async def test_both_ways_are_counted_alike() -> None:
    """Outcomes and what the stages removed are the same numbers; only how the decisions were made differs."""
    found = []
    for express in (True, False):
        observed = Observed(express=express)
        for _ in range(2):  # the second time the day's one advertising contact is used up
            await observed("ada", "bob", "")
        await observed("ada", preview=True)
        found.append(observed.counted("nba_decisions_total", "nba_stage"))
        assert observed.counted("nba_decisions_by_path") == {
            ("nba_decisions_by_path_total", "express" if express else "ordinary"): 6.0
        }
    assert found[0] == found[1]
    assert found[0]["nba_decisions_total", "web", "hero", "offered"] == 6.0


async def test_a_lost_race_is_counted_as_one() -> None:
    """Who was to be offered something and got nothing in the end has the reason of a race that was lost."""
    desk = Desk()
    ref = desk.identity.customer("ada")

    async def faster() -> None:
        other = Desk(desk.catalog, desk.store)
        if desk.store.reads == 1:
            await other.decided("ada", placements=HERO, excluded_actions=frozenset({"receipt"}))

    observed = Observed(desk)
    desk.store.after_read = faster
    await observed("ada", excluded_actions=frozenset({"receipt"}))
    assert len(desk.store.state(ref).ledger) == 1
    assert observed.counted("nba_decisions_total") == {
        ("nba_decisions_total", "web", "hero", "reservation_lost_race"): 1.0
    }


async def test_checks_and_differences_are_counted_and_told(caplog: pytest.LogCaptureFixture) -> None:
    """Every second decision is checked; the first difference is in the log with the fields' names and ends the service."""
    observed = Observed()
    await observed("a", "b", "c")
    assert observed.counted("nba_express") == {("nba_express_audits_total", "same"): 2.0}
    observed.lane.spoiled = lambda taken: taken._replace(picks=(7,))
    with caplog.at_level(logging.ERROR, "nba.express"):
        await observed("d", "e", "f")
        await observed("g")
    assert observed.counted("nba_express_audits") == {
        ("nba_express_audits_total", "same"): 2.0,
        ("nba_express_audits_total", "different"): 1.0,
    }
    (record,) = caplog.records
    assert record.differences == ["picks"]  # type: ignore[attr-defined]
    assert observed.counted("nba_decisions_by_path")["nba_decisions_by_path_total", "ordinary"] == 4.0


async def test_failures_are_counted_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """Each batch that the lane fails at counts; the log has the first one with its cause."""
    observed = Observed()
    observed.lane.broken = True
    with caplog.at_level(logging.ERROR, "nba.express"):
        await observed("a", "b")
        await observed("c")
    assert observed.counted("nba_express") == {("nba_express_failures_total",): 2.0}
    (record,) = caplog.records
    assert record.exc_info


async def test_a_decision_is_made_again_only_for_who_looks_closer() -> None:
    """The samples of both kinds count every decision of the lane, and ask for it when it is its turn."""
    desk = Desk(models=FakeModels(FakeScorer("old"), FakeScorer("new")))
    told: list[bool] = []

    class Tally:
        def add(self, version: str, *, same: bool, micros: int) -> None:
            told.append(same)

    metrics = Metrics(CollectorRegistry())
    sampler = ReasonSampler(desk.catalogs, desk.models, metrics, every=5)
    shadow = ShadowScoring(desk.catalogs, desk.models, Tally(), metrics, every=3)
    asked: list[str] = []

    def looks(made: Made) -> None:
        asked.append(made.model_version)

    observed = Observed(desk, samples=(sampler, shadow, Looks(looks)))
    await observed(*(f"c{number}" for number in range(10)))
    assert told == [True] * 4
    assert metrics.samples._value.get() == 2.0
    assert asked == ["old"] * 10


@pytest.mark.parametrize("prefers", ["loan", "card"])
@pytest.mark.parametrize("tells", [True, False])
async def test_a_shadow_takes_the_lane_where_that_tells_what_it_chose(tells: bool, prefers: str) -> None:
    """The comparison is the same as on the ordinary path; there is no decision to make on that then."""
    challenger = FakeScorer("new", by_action={"card": 0.9, "loan": 0.1} if prefers == "card" else {})
    desk = Desk(models=FakeModels(FakeScorer("old"), challenger))
    told: list[bool] = []

    class Tally:
        def add(self, version: str, *, same: bool, micros: int) -> None:
            told.append(same)

    shadow = ShadowScoring(desk.catalogs, desk.models, Tally(), Metrics(CollectorRegistry()), every=2)
    observed = Observed(desk, samples=(shadow,))
    observed.lane.tells = tells
    await observed(*(f"c{number}" for number in range(4)))
    assert told == [prefers == "loan"] * 2
    assert [version for version, _ in observed.lane.batches] == ["old", *["new"] * (2 if tells else 0)]


async def test_who_looks_closer_fails_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """A decision that cannot be made again was answered already."""

    class Fragile(FakeStore):
        damaged = False

        def decode(self, stored: Stored) -> CustomerState:
            if self.damaged:
                raise ValueError("secret")
            return super().decode(stored)

    store = Fragile()

    def asks(made: Made) -> None:
        store.damaged = True
        decision_of(made)

    desk = Desk(store=store)
    observed = Observed(desk, samples=(Looks(asks),))
    with caplog.at_level(logging.WARNING, "nba.decisions"):
        results = await observed.decide([desk.command("ada", placements=HERO)], lambda place: True)
    assert not isinstance(results[0], NbaError)
    assert len(caplog.records) == 1
