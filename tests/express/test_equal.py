"""The express lane makes the decisions of the Python path: the bytes that the store gets, the picks, what each stage removed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from nba_server.adapters.express import compiled
from nba_server.adapters.express.lane import CompiledLane
from nba_server.adapters.journal_codec import JournalCodec
from nba_server.adapters.redis.decision_writer import RedisDecisionWriter
from nba_server.adapters.redis.reader import RedisReader
from nba_server.application.ports import Asked, Taken
from nba_server.domain.reasons import Stage
from nba_server.transport.grpc.codec.answer import AnswerCodec
from tests.express.worlds import World, world
from tests.plain_lane import PlainLane

pytestmark = pytest.mark.skipif(bool(compiled()), reason=f"no express lane: {compiled()}")
SEEDS = range(45)
TREES = (1, 2, 4, 5, 7, 8, 10, 11)
"""Worlds with models of trees."""
TOGETHER = 8
REMEMBER_MS = 86_400_000
PARTS = ("meta", "ledger", "suppressions", "entry", "answer")
NO_STORE = None  # decoding and packing ask no store


def express() -> CompiledLane:
    """The lane, as a server has it."""
    return CompiledLane(AnswerCodec(), remember_ms=REMEMBER_MS, server_version="1.2.3")


def plain() -> PlainLane:
    """The Python path in the lane's clothes."""
    reader, writer = RedisReader(NO_STORE), RedisDecisionWriter(NO_STORE, REMEMBER_MS)  # type: ignore[arg-type]
    return PlainLane(reader, writer, AnswerCodec(), JournalCodec("1.2.3"))


def differences(asked: Asked, taken: Taken, usual: Taken | None) -> list[str]:
    """What differs, in words."""
    if usual is None:
        return [f"{asked.request.request_id} was taken, and Python offers nothing"]
    found = [
        f"{asked.request.request_id}: {name}"
        for name, one, other in zip(PARTS, taken.packed, usual.packed, strict=True)
        if one != other
    ]
    if taken.picks != usual.picks:
        found.append(f"picks {taken.picks} and {usual.picks}")
    removed = [*usual.removed, *[0] * (len(taken.removed) - len(usual.removed))]
    if list(taken.removed) != removed:
        found.append(f"removed {taken.removed} and {removed}")
    return found


class Compared(NamedTuple):
    """How many the lane took, how many it left although Python made an offer, all differences, and the most candidates."""

    taken: int
    left: int
    found: list[str]
    candidates: int


def compared(given: World) -> Compared:
    """Both ways."""
    lane, reference = express(), plain()
    lane.ready(given.catalog, given.scorer)
    taken = lane.take(given.asked, given.catalog, given.scorer)
    usual = reference.take(given.asked, given.catalog, given.scorer)
    found = [
        text
        for asked, one, other in zip(given.asked, taken, usual, strict=True)
        if one is not None
        for text in differences(asked, one, other)
    ]
    left = sum(one is None and other is not None for one, other in zip(taken, usual, strict=True))
    scored = [[one.removed[0], *one.removed[Stage.SCORING :]] for one in taken if one is not None]
    candidates = max(map(sum, scored), default=0)
    return Compared(sum(one is not None for one in taken), left, found, candidates)


@pytest.fixture(params=["wide", "narrow"])
def width(request: pytest.FixtureRequest) -> Iterator[str]:
    """Eight candidates scored at once, where the processor can, and one after another."""
    library = express().library
    if library.wide(request.param == "wide") != (request.param == "wide"):
        pytest.skip("this processor has no AVX-512: a server on it scores the narrow way, which is compared")
    yield request.param
    library.wide(True)


@pytest.mark.usefixtures("width")
def test_equal_bytes_in_many_worlds() -> None:
    """Catalogues with rules of every form, models and priors, customers with every kind of past: never another bit."""
    sums = [0, 0]
    for seed in SEEDS:
        taken, left, found, _ = compared(world(seed))
        assert not found, (seed, found[:5])
        sums[0] += taken
        sums[1] += left
    assert sums[0] > 800, "or this shows nothing"
    assert sums[1] < sums[0] / 3, f"{sums[1]} decisions with an offer were left to Python, {sums[0]} taken"


def test_equal_bytes_for_long_ledgers() -> None:
    """Of hundreds of contacts, those of one decision count once, as in a short ledger."""
    counted = 0
    for seed in range(6):
        taken, _, found, _ = compared(world(seed, requests=30, longest=150))
        assert not found, (seed, found[:5])
        counted += taken
    assert counted > 30, "or this shows nothing"


@pytest.mark.usefixtures("width")
def test_equal_bytes_for_many_candidates() -> None:
    """Several rows of eight and a rest, of customers with contacts and without."""
    most = []
    for seed in TREES:
        made = compared(world(seed, requests=12, actions=200))
        assert not made.found, (seed, made.found[:5])
        most.append(made.candidates)
    assert sum(candidates > 2 * TOGETHER for candidates in most) >= 3, "or this shows nothing"


def test_no_request_waits_for_the_shape_that_others_had_before_a_swap() -> None:
    """At the start each placement's own is made with the tables, at a swap those that were asked for."""
    given, lane = world(1), express()
    again = dataclasses.replace(given.catalog)
    lane.ready(given.catalog, given.scorer)
    first = lane.core(given.catalog, given.scorer)
    assert first is not None
    assert [key[1].placement for key in first.shapes] == list(given.catalog.placements)
    lane.take(given.asked, given.catalog, given.scorer)
    lane.ready(again, given.scorer)
    second = lane.core(again, given.scorer)
    assert second is not None
    assert list(second.shapes) == list(first.shapes)
    assert second.shapes is not first.shapes


def test_shapes_that_were_not_made_ready_are_made_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server with hundreds of placements is ready without them, and its lane decides the same."""
    usual = compared(given := world(1))
    monkeypatch.setattr("nba_server.adapters.express.lane.MADE_READY", 0)
    lane = express()
    lane.ready(given.catalog, given.scorer)
    core = lane.core(given.catalog, given.scorer)
    assert core is not None
    assert not core.shapes
    assert compared(given) == usual
