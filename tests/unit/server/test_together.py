"""Calls that come together take each step of the stack together, and each ends as it would alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from nba_server.application.batching import Batcher, Wanted
from nba_server.errors import NbaError, NotFound
from nba_server.observability.metrics import Metrics
from nba_server.observability.tracing import NoTracing
from nba_server.pb import decision_pb2
from nba_server.transport.api_keys import ApiKeys, new_key
from nba_server.transport.grpc.call import Aborted, Call
from nba_server.transport.grpc.capacity import Capacity
from nba_server.transport.grpc.endpoints import Endpoint, Together, UnderWay, endpoints
from nba_server.transport.grpc.stack import call_stack

DECIDE = "/nba.v1.DecisionService/Decide"
Outcome = bytes | BaseException


class Waits:
    """Under way until somebody cancels it."""

    def __init__(self, call: Call, ended: Callable[[Sequence[tuple[Call, Outcome]]], None]) -> None:
        self._call, self._ended = call, ended

    def cancel(self) -> bool:
        """Tells so."""
        self._ended([(self._call, asyncio.CancelledError())])
        return True


class Servicer:
    """Keeps what it was asked; `end` ends some of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[Call, decision_pb2.DecideRequest]] = []
        self.end: Callable[[Sequence[tuple[Call, Outcome]]], None] = lambda outcomes: None

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("start_", "known_")):
            raise AttributeError(name)
        return self.decide

    async def decide(self, request: decision_pb2.DecideRequest, call: Call) -> bytes:
        """Not asked here."""
        raise NotFound("nobody")

    def start_all_decide(self, ended: Any) -> Any:
        """As `endpoints` wants it."""
        self.end = ended

        def start(asked: Sequence[tuple[Call, decision_pb2.DecideRequest]]) -> list[tuple[Call, UnderWay]]:
            self.asked += asked
            return [(call, Waits(call, ended)) for call, _ in asked]

        return start


class Told:
    """Writes down how calls end."""

    def __init__(self) -> None:
        self.answers: dict[int, bytes] = {}
        self.faults: dict[int, BaseException] = {}

    def well(self, answers: Sequence[tuple[Call, bytes]]) -> None:
        """Of `Ends`."""
        assert not {call.number for call, _ in answers} & (self.answers.keys() | self.faults.keys())
        self.answers |= {call.number: answer for call, answer in answers}

    def ill(self, call: Call, fault: BaseException) -> None:
        """Of `Ends`."""
        assert call.number not in self.answers.keys() | self.faults.keys()
        self.faults[call.number] = fault

    def codes(self) -> dict[int, int]:
        """By the number of the call."""
        return {number: fault.status.code for number, fault in self.faults.items() if isinstance(fault, Aborted)}


class World:
    """A servicer behind the whole stack."""

    def __init__(self, *, keys: ApiKeys | None = None, most: int = 100, access_log: bool = False) -> None:
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)
        self.capacity = Capacity(most, 1.0)
        self.servicer, self.told = Servicer(), Told()
        stack = call_stack(self.metrics, NoTracing(), keys, self.capacity, access_log=access_log)
        service = decision_pb2.DESCRIPTOR.services_by_name["DecisionService"]
        made = endpoints(service, self.servicer, stack)[DECIDE]
        assert isinstance(made, Endpoint)
        way = made.together(self.told)
        assert way is not None
        self.way: Together = way

    def begin(self, *metadata: dict[str, str | bytes], request: bytes | None = None) -> Sequence[tuple[Call, UnderWay]]:
        """A call for each, numbered from 1."""
        data = decision_pb2.DecideRequest(customer_id="anna").SerializeToString() if request is None else request
        return self.way.begin([(Call(DECIDE, one, number=n), data) for n, one in enumerate(metadata, 1)])

    def calls(self, code: str) -> float:
        """What the metric counts."""
        self.registry.collect()  # tells what is not told yet
        return self.registry.get_sample_value("nba_calls_total", {"method": "Decide", "code": code}) or 0.0


def test_all_are_begun_and_end_together() -> None:
    """Each has its own answer, nothing stays counted as under way, and the metric has all of them."""
    world, same = World(), dict[str, str | bytes]()
    begun = world.begin(*[same] * 5)
    assert [call.number for call, _ in begun] == [1, 2, 3, 4, 5]
    assert world.capacity.in_flight == 5
    assert {call.caller.name for call, _ in begun} == {"local"}
    world.servicer.end([(call, b"%d" % call.number) for call, _ in begun])
    assert world.told.answers == {n: b"%d" % n for n in range(1, 6)}
    assert (world.capacity.in_flight, world.capacity.arrived) == (0, 5)
    assert world.calls("OK") == 5


def test_each_is_let_in_by_who_it_is() -> None:
    """Same metadata, same caller; others are looked at by themselves, and a refused one has left what it had entered."""
    key, entry = new_key("shop", ["site"])
    feed, feeding = new_key("feed", ["import"])
    world = World(keys=ApiKeys([entry, feeding]))
    good: dict[str, str | bytes] = {"x-api-key": key}
    begun = world.begin(good, good, {"x-api-key": feed}, {}, good, {"x-api-key": key})
    assert [call.number for call, _ in begun] == [1, 2, 5, 6]
    assert {call.caller.name for call, _ in begun} == {"shop"}
    assert world.told.codes() == {3: 7, 4: 16}
    assert world.capacity.in_flight == 4
    assert (world.calls("PERMISSION_DENIED"), world.calls("UNAUTHENTICATED")) == (1, 1)


def test_as_many_as_there_is_room_for() -> None:
    """The first of them; the rest is refused with when to come back."""
    world = World(most=3)
    begun = world.begin(*[dict[str, str | bytes]()] * 5)
    assert [call.number for call, _ in begun] == [1, 2, 3]
    assert world.told.codes() == {4: 8, 5: 8}
    assert all(isinstance(fault, Aborted) and fault.retry_ms for fault in world.told.faults.values())
    assert (world.capacity.in_flight, world.capacity.arrived) == (3, 5)
    assert world.calls("RESOURCE_EXHAUSTED") == 2


def test_who_is_turned_away_is_told_before_anything_is_made_of_the_call() -> None:
    """As of one call: None as long as there is room, then the refusal that it ends with; both are counted."""
    world = World(most=2)
    assert world.way.turned_away(None) is None
    world.begin(*[dict[str, str | bytes]()] * 2)
    refusal = world.way.turned_away(None)
    assert isinstance(refusal, Aborted)
    assert (refusal.status.code, world.calls("RESOURCE_EXHAUSTED")) == (8, 1)


def test_what_is_no_request_is_told_to_its_caller_alone() -> None:
    """INVALID_ARGUMENT, and nothing reaches the servicer."""
    world = World()
    assert not world.begin({}, request=b"\xff")
    assert world.told.codes() == {1: 3}
    assert (world.capacity.in_flight, world.servicer.asked) == (0, [])


@pytest.mark.parametrize("access_log", [False, True])
def test_they_may_end_differently(access_log: bool) -> None:
    """Answers, our errors, bugs and cancellations, told in one go or by themselves."""
    world = World(access_log=access_log)
    (first, _), (second, _), (third, _), (_, fourth) = world.begin(*[dict[str, str | bytes]()] * 4)
    world.servicer.end([(first, b"1"), (second, NotFound("nobody")), (third, ValueError("a bug"))])
    assert fourth.cancel()
    assert world.told.answers == {1: b"1"}
    assert world.told.codes() == {2: 5, 3: 13}
    assert isinstance(world.told.faults[4], asyncio.CancelledError)
    assert world.capacity.in_flight == 0
    assert [world.calls(code) for code in ("OK", "NOT_FOUND", "INTERNAL", "CANCELLED")] == [1, 1, 1, 1]


async def test_the_batcher_tells_those_of_a_batch_in_one_go() -> None:
    """By their names; who has gone meanwhile was told so, and is not told again."""
    told: list[list[tuple[str, Any]]] = []
    go_on = asyncio.Event()
    dropped: list[str] = []

    async def process(items: Sequence[int], wanted: Wanted) -> list[str | NbaError]:
        await go_on.wait()
        return [NotFound("nobody") if item == 3 else f"answer {item}" for item in items]

    batcher: Batcher[int, str] = Batcher(process, dropped=dropped.append)
    waiting = batcher.put_all([(f"n{item}", item) for item in range(1, 6)], lambda those: told.append(list(those)))
    await asyncio.sleep(0)
    assert dict(waiting)["n2"].cancel()
    assert not dict(waiting)["n2"].cancel()
    go_on.set()
    await batcher.drain()
    (gone,), rest = told
    assert gone[0] == "n2"
    assert isinstance(gone[1], asyncio.CancelledError)
    assert [(name, str(one) if name != "n3" else type(one)) for name, one in rest] == [
        ("n1", "answer 1"),
        ("n3", NotFound),
        ("n4", "answer 4"),
        ("n5", "answer 5"),
    ]
    assert dropped == ["answer 2"]


async def test_whoever_cannot_be_told_keeps_nobody_from_being_told() -> None:
    """A fault of one crowd's callback is logged; the other crowd of the same batch hears its results."""
    told: list[Any] = []

    async def process(items: Sequence[int], wanted: Wanted) -> list[str | NbaError]:
        return [str(item) for item in items]

    def broken(those: Sequence[tuple[object, object]]) -> None:
        raise ValueError

    batcher: Batcher[int, str] = Batcher(process)
    batcher.put_all([("a", 1)], broken)
    batcher.put_all([("b", 2)], told.extend)
    assert await batcher.submit(3) == "3"
    await batcher.drain()
    assert told == [("b", "2")]
