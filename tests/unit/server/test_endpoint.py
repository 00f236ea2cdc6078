"""A call passes the same steps whether somebody awaits its end or is told of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from nba_server.errors import InvalidArgument, NotFound
from nba_server.pb import decision_pb2
from nba_server.transport.grpc.call import Aborted, Call
from nba_server.transport.grpc.endpoints import Endpoint, endpoints
from nba_server.transport.grpc.interceptors.errors import Errors
from nba_server.transport.grpc.passage import Passage, Step

DECIDE = "/nba.v1.DecisionService/Decide"
REQUEST = decision_pb2.DecideRequest(customer_id="anna").SerializeToString()


class Noted(Step):
    """Writes down who enters and leaves; the one named `door` refuses when it is told to."""

    def __init__(self, name: str, notes: list[str], refusal: Exception | None = None) -> None:
        self._name, self._notes, self._refusal = name, notes, refusal

    def enter(self, call: Call) -> None:
        """May raise."""
        if self._refusal is not None:
            raise self._refusal
        self._notes.append(f"+{self._name}")

    def leave(self, call: Call, fault: BaseException | None) -> BaseException | None:
        """With the fault as it is called here."""
        self._notes.append(f"-{self._name} {type(fault).__name__ if fault else 'well'}")
        return fault


class Servicer:
    """Answers at once, or later, or not at all."""

    def __init__(self) -> None:
        self.ended: Callable[[bytes | BaseException], None] = lambda outcome: None

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("start_", "known_")):
            raise AttributeError(name)
        return self.decide

    async def decide(self, request: decision_pb2.DecideRequest, call: Call) -> bytes:
        """The customer's name."""
        if not request.customer_id:
            raise NotFound("nobody")
        return request.customer_id.encode()

    def start_decide(
        self, request: decision_pb2.DecideRequest, call: Call, ended: Callable[[bytes | BaseException], None]
    ) -> Servicer:
        """Keeps whom to tell."""
        if not request.customer_id:
            raise NotFound("nobody")
        self.ended = ended
        return self

    def cancel(self) -> bool:
        """Tells so."""
        self.ended(asyncio.CancelledError())
        return True


def endpoint(servicer: Servicer, notes: list[str], refusal: Exception | None = None) -> Endpoint:
    """The method Decide behind three steps."""
    stack = (Errors, lambda _: Noted("outer", notes), lambda _: Noted("door", notes, refusal))
    service = decision_pb2.DESCRIPTOR.services_by_name["DecisionService"]
    made = endpoints(service, servicer, stack)[DECIDE]
    assert isinstance(made, Endpoint)
    return made


async def ended(made: Endpoint, request: bytes, *, awaited: bool, servicer: Servicer) -> bytes | BaseException:
    """How the call ends, in either form."""
    if awaited:
        try:
            return await made(request, Call(DECIDE, {}))
        except Aborted as refusal:
            return refusal
    told = list[bytes | BaseException]()
    if made.begin(request, Call(DECIDE, {}), told.append) is not None:
        assert not told
        servicer.ended(b"anna")
    (outcome,) = told
    return outcome


@pytest.mark.parametrize("awaited", [True, False])
async def test_steps_are_left_in_the_opposite_order(awaited: bool) -> None:
    """From the outside in, and back; the answer is the handler's."""
    servicer, notes = Servicer(), list[str]()
    assert await ended(endpoint(servicer, notes), REQUEST, awaited=awaited, servicer=servicer) == b"anna"
    assert notes == ["+outer", "+door", "-door well", "-outer well"]


@pytest.mark.parametrize("awaited", [True, False])
async def test_who_refuses_does_not_see_the_call_leave(awaited: bool) -> None:
    """Only the steps further out do; the caller has the status."""
    servicer, notes = Servicer(), list[str]()
    made = endpoint(servicer, notes, InvalidArgument([]))
    refusal = await ended(made, REQUEST, awaited=awaited, servicer=servicer)
    assert isinstance(refusal, Aborted)
    assert refusal.status.code == 3
    assert notes == ["+outer", "-outer InvalidArgument"]


@pytest.mark.parametrize("awaited", [True, False])
@pytest.mark.parametrize(("request_", "code"), [(b"", 5), (b"\xff", 3)])
async def test_a_fault_leaves_as_a_status(request_: bytes, code: int, awaited: bool) -> None:
    """The handler's, and that of bytes that are no request."""
    servicer, notes = Servicer(), list[str]()
    refusal = await ended(endpoint(servicer, notes), request_, awaited=awaited, servicer=servicer)
    assert isinstance(refusal, Aborted)
    assert refusal.status.code == code
    assert [note.split()[0] for note in notes] == ["+outer", "+door", "-door", "-outer"]


async def test_a_call_that_is_cancelled_leaves_so() -> None:
    """It is told at once, and as what it is."""
    servicer, notes, told = Servicer(), list[str](), list[bytes | BaseException]()
    under_way = endpoint(servicer, notes).begin(REQUEST, Call(DECIDE, {}), told.append)
    assert under_way is not None
    assert under_way.cancel()
    assert [type(outcome) for outcome in told] == [asyncio.CancelledError]
    assert notes[2:] == ["-door CancelledError", "-outer CancelledError"]


async def test_a_handler_without_steps_is_itself() -> None:
    """An empty stack adds nothing."""

    async def fine(request: bytes, call: Call) -> bytes:
        return request

    assert await Passage(DECIDE, ()).around(fine)(b"x", Call(DECIDE, {})) == b"x"
