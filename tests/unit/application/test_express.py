"""Deciding by the express lane: who takes it, what is never committed, how it is checked and taken out of service."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nba_server.application.decide import DecideResult
from nba_server.application.express import ExpressUse
from nba_server.application.ports import Taken
from nba_server.application.warming import warm_up
from nba_server.domain.cap import Cap
from nba_server.domain.decision import PlacementRequest
from nba_server.errors import NbaError
from tests.fakes import FakeModels, FakeScorer
from tests.plain_formats import PlainAnswers, PlainJournal
from tests.plain_lane import PlainLane, PlainWatch
from tests.unit.application.conftest import Desk
from tests.unit.application.shop import shop

HERO = (PlacementRequest("hero"),)


class Express:
    """A desk with a lane."""

    def __init__(self, desk: Desk, every: int = 0, **lane: Any) -> None:
        self.desk = desk
        self.lane = PlainLane(desk.store, desk.store, PlainAnswers(), PlainJournal(), **lane)
        self.watch = PlainWatch()
        self.use = ExpressUse(self.lane, self.watch, every)
        desk.decide = desk.deciding(self.use)

    async def decided(self, customer: str = "ada", **other: Any) -> DecideResult:
        """One decision that must succeed."""
        return await self.desk.decided(customer, **({"placements": HERO} | other))


def spoilt(**parts: bytes) -> Any:
    """Changes parts of what the store is given."""
    names = ("meta", "ledger", "suppressions", "entry", "answer")

    def spoil(taken: Taken) -> Taken:
        packed = [parts.get(name, part) for name, part in zip(names, taken.packed, strict=True)]
        return taken._replace(packed=tuple(packed))  # type: ignore[arg-type]

    return spoil


async def test_what_the_lane_takes_is_committed_as_it_made_it(desk: Desk) -> None:
    """The answer, the ledger and the journal are those of the ordinary path; the decision itself is made when it is asked for."""
    usual = await Desk().decided(request_id="r1", placements=HERO)
    express = Express(desk)
    result = await express.decided(request_id="r1")
    assert (result.answer, result.decision_id, result.taken) == (usual.answer, usual.decision_id, usual.taken)
    assert result.decision is None
    assert result.express is not None
    assert usual.decision is not None
    assert result.relies is not None
    assert result.relies.name == result.express.asked.attempt
    assert result.express.decision().picks == usual.decision.picks
    assert len(desk.store.state(desk.identity.customer("ada")).ledger) == 1


async def test_what_it_leaves_takes_the_ordinary_path(desk: Desk) -> None:
    """In one batch some go one way and some the other; answers stay in their order, with one read and one commit."""
    express = Express(desk, takes=lambda asked: asked.request.customer_id != "bob")
    names = ("ada", "bob", "eve")
    results = await desk.decide([desk.command(name, placements=HERO) for name in names])
    made = [result for result in results if isinstance(result, DecideResult)]
    assert [result.express is not None for result in made] == [True, False, True]
    assert [desk.identity.customer_of(result.decision_id) for result in made] == [*map(desk.identity.customer, names)]
    assert (desk.store.reads, desk.store.commits, len(express.lane.batches)) == (1, 1, 1)


@pytest.mark.parametrize("other", [{"preview": True}, {"planned_ms": 1}, {"supersedes": True}])
async def test_only_plain_requests_are_shown_to_it(desk: Desk, other: dict[str, Any]) -> None:
    """Previews, planned contacts and what takes another decision's place are never the lane's."""
    if "supersedes" in other:
        other = {"supersedes": (await desk.decided(placements=HERO)).decision_id}
    express = Express(desk)
    assert (await express.decided(**other)).express is None
    assert express.lane.batches == []


async def test_it_sees_no_catalogue_with_caps(desk: Desk) -> None:
    """Units are lent and spent on the ordinary path alone."""
    express = Express(desk)
    desk.catalogs.live = replace(desk.catalog, caps=(Cap("most", 10),))
    assert (await express.decided()).express is None
    assert express.lane.batches == []


async def test_who_has_gone_gets_nothing_committed(desk: Desk) -> None:
    """Whether the caller still waits is asked when the lane has decided and nothing is committed yet."""
    Express(desk)
    commands = [desk.command(name, placements=HERO) for name in ("ada", "bob")]
    results = await desk.decide(commands, lambda place: place != 0)
    assert [type(result) for result in results] == [NbaError, DecideResult]
    assert list(desk.store.states) == [desk.identity.customer("bob").ref]


async def test_a_lane_that_fails_costs_no_answer(desk: Desk) -> None:
    """Whatever it raises, the ordinary path decides; it is asked again the next time."""
    express = Express(desk, broken=True)
    result = await express.decided("ada")
    assert result.answer.endswith(b"hero 1 loan\n")
    express.lane.broken = False
    assert (await express.decided("bob")).express is not None
    assert [type(fault) for fault in express.watch.faults] == [ZeroDivisionError]


async def test_the_first_and_then_every_nth_are_checked(desk: Desk) -> None:
    """The first one by a catalogue and model is made both ways, then every third; while both are the same nothing changes."""
    express = Express(desk, every=3)
    ids = [(await express.decided(f"c{number}")).decision_id for number in range(7)]
    assert express.watch.audits == [(ids[place], ()) for place in (0, 3, 6)]
    desk.catalogs.live = shop(hash_="shop-2")
    after = await express.decided("d1")
    assert express.watch.audits[3:] == [(after.decision_id, ())]


@pytest.mark.parametrize(
    ("part", "named"),
    [
        ("meta", "what the store checks"),
        ("ledger", "ledger"),
        ("suppressions", "suppressions"),
        ("entry", "entry: the entries differ"),
        ("answer", "answer"),
    ],
)
async def test_a_lane_that_lies_is_taken_out_of_service(desk: Desk, part: str, named: str) -> None:
    """Nothing of the batch in which it is found out is committed as it made it, and it is not asked any more."""
    express = Express(desk, every=1, spoiled=spoilt(**{part: b"a lie"}))
    results = await desk.decide([desk.command(name, placements=HERO) for name in ("ada", "bob")])
    made = [result for result in results if isinstance(result, DecideResult)]
    assert [(result.express, result.answer[-12:]) for result in made] == [(None, b"hero 1 loan\n")] * 2
    assert [differences for _, differences in express.watch.audits] == [(named,)]
    assert (await express.decided("eve")).express is None
    assert len(express.lane.batches) == 1


@pytest.mark.parametrize(("part", "told"), [("picks", (1,)), ("removed", [4, 1]), ("actions", (0,))])
async def test_what_is_told_beside_the_bytes_is_compared_too(desk: Desk, part: str, told: Any) -> None:
    """Which picks were taken, what they are, and how many actions each stage removed."""
    express = Express(desk, every=1, spoiled=lambda taken: taken._replace(**{part: told}))
    assert (await express.decided()).taken == (0,)
    assert [differences for _, differences in express.watch.audits] == [({"removed": "removals"}.get(part, part),)]


async def test_what_cannot_be_compared_is_different(desk: Desk) -> None:
    """An entry that nobody can read is the lane's fault, and no answer's."""

    class Strict(PlainJournal):
        def differences(self, journaled: bytes, recomputed: bytes) -> tuple[str, ...]:
            raise ValueError("secret")

    desk.journal = Strict()
    express = Express(desk, every=1, spoiled=spoilt(entry=b"a lie"))
    assert (await express.decided()).answer.endswith(b"hero 1 loan\n")
    assert [differences for _, differences in express.watch.audits] == [("cannot be compared: ValueError",)]


async def test_a_brisk_server_is_checked_by_the_clock(desk: Desk) -> None:
    """Where a thousand decisions take less than a second, the next check is the first turn behind that second."""
    now = [100.0]
    express = Express(desk, every=1_000)
    desk.decide = desk.deciding(replace(express.use, clock=lambda: now[0]))
    await express.decided()
    lane, given = desk.decide._express, (desk.catalog, desk.models.live)
    assert lane is not None
    assert [lane.lets_through(*given, 999), lane.lets_through(*given, 1)] == [True, True]
    now[0] += 1.0
    assert [lane.lets_through(*given, 999), lane.lets_through(*given, 1)] == [True, False]
    assert len(express.watch.audits) == 1


async def test_a_lane_can_be_left_unchecked(desk: Desk) -> None:
    """Zero checks none, not even the first one."""
    express = Express(desk)
    for number in range(5):
        assert (await express.decided(f"c{number}")).express is not None
    assert express.watch.audits == []


async def test_stale_decisions_of_the_lane_are_decided_again(desk: Desk) -> None:
    """A consent that changes between read and commit leads to one more decision, by the lane again."""
    express = Express(desk)
    ref = desk.identity.customer("ada")

    async def once() -> None:
        if desk.store.reads == 1:
            desk.store.states[ref.ref] = replace(desk.store.state(ref), guard_version=1)

    desk.store.after_read = once
    result = await express.decided()
    assert (desk.store.commits, result.attempts, len(express.lane.batches)) == (2, 2, 2)
    assert result.express is not None
    (first,), (second,) = (batch for _, batch in express.lane.batches)
    assert first.attempt != second.attempt


async def test_repeats_and_other_requests_under_the_same_id(desk: Desk) -> None:
    """A repeat has the first answer, whichever way that was made; the lane makes nothing of it."""
    usual = await desk.decided(request_id="r1", placements=HERO)
    Express(desk)
    again = await desk.decided(request_id="r1", placements=HERO)
    assert (again.answer, again.repeated, again.express) == (usual.answer, True, None)
    (refused,) = await desk.decide([desk.command(request_id="r1", placements=())])
    assert isinstance(refused, NbaError)
    assert refused.reason == "REQUEST_ID_REUSED"


async def test_each_side_of_a_rollout_has_its_own_call() -> None:
    """While a challenger decides for some, the lane is called once for each model, and told the side of each customer."""
    desk = Desk(models=FakeModels(FakeScorer("old"), FakeScorer("new"), 0.5))
    express = Express(desk, every=1000)
    names = [f"c{number}" for number in range(20)]
    results = await desk.decide([desk.command(name, placements=HERO) for name in names])
    assert all(isinstance(result, DecideResult) and result.express for result in results)
    assert [version for version, _ in express.lane.batches] == ["old", "new"]
    for version, batch in express.lane.batches:
        assert {(one.arm.challenger, one.arm.share, one.arm.challenged) for one in batch if one.arm} == {
            ("new", 0.5, version == "new")
        }
    assert sum(len(batch) for _, batch in express.lane.batches) == 20
    assert len(express.watch.audits) == 2, "the first one of each model"


async def test_one_who_cannot_be_decided_fails_alone(desk: Desk) -> None:
    """A customer whose record is damaged has an error; those of the lane and of the ordinary path have answers."""

    class Damaged(type(desk.store)):  # type: ignore[misc]
        def decode(self, stored):  # type: ignore[no-untyped-def]
            if stored.values[0].profile_version == 13:
                raise ValueError("secret")
            return super().decode(stored)

    store = Damaged()
    desk = Desk(store=store)
    ref = desk.identity.customer("bob")
    store.states[ref.ref] = replace(store.state(ref), profile_version=13)
    Express(desk, takes=lambda asked: asked.request.customer_id == "ada")
    results = await desk.decide([desk.command(name, placements=HERO) for name in ("ada", "bob", "eve")])
    assert [type(result) for result in results] == [DecideResult, NbaError, DecideResult]
    assert "secret" not in str(results[1])


async def test_the_tables_are_made_before_anybody_is_served() -> None:
    """Those of the model that serves and of its challenger; a lane that cannot make them is told of, and fails nothing."""
    desk = Desk(models=FakeModels(FakeScorer("old"), FakeScorer("new"), 0.5))
    express = Express(desk)
    await warm_up(desk.deciding(), desk.catalog, desk.models.assignment, express.use)
    assert express.lane.tables == [("shop-1", "old"), ("shop-1", "new")]
    express.lane.broken = True
    await warm_up(desk.deciding(), desk.catalog, desk.models.assignment, express.use)
    assert len(express.watch.faults) == 2
