"""The retry policy as gRPC applies it, against a real server that fails first."""

from __future__ import annotations

import socket
import time

import grpc
import pytest

from nba_client import AsyncClient, Client, Deadlines, Retry
from nba_client.channel import IDEMPOTENT
from nba_client.errors import DeadlineExceeded, Overloaded, ServerFailed, Unavailable
from nba_client.pb import (
    catalog_pb2,
    contact_pb2,
    customer_pb2,
    decision_pb2,
    event_pb2,
    model_pb2,
    outcome_pb2,
)
from tests.unit.client.flaky import PATIENT, Flaky

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


def test_an_unavailable_server_is_tried_again_with_the_same_request_id(flaky: Flaky) -> None:
    """Three tries are one decision: the client sets the request id once, before the first."""
    flaky.fail(UNAVAILABLE, UNAVAILABLE)
    with Client(flaky.address, deadlines=PATIENT) as client:
        decision = client.decide("customer-1", channel="web")
    assert len(flaky.requests) == 3
    assert {request.request_id for request in flaky.requests} == {decision.request_id}
    assert decision.decision_id == f"d-{decision.request_id}"


async def test_the_async_client_repeats_as_the_blocking_one_does(flaky: Flaky) -> None:
    """The policy is the channel's, so both faces have it."""
    flaky.fail(UNAVAILABLE, UNAVAILABLE)
    async with AsyncClient(flaky.address, deadlines=PATIENT) as client:
        decision = await client.decide("customer-1", channel="web")
    assert [request.request_id for request in flaky.requests] == [decision.request_id] * 3


def test_the_callers_own_request_id_is_kept_over_all_tries(flaky: Flaky) -> None:
    """A caller who wants the same answer later names the request."""
    flaky.fail(UNAVAILABLE)
    with Client(flaky.address, deadlines=PATIENT) as client:
        client.decide("customer-1", channel="web", request_id="mine")
    assert [request.request_id for request in flaky.requests] == ["mine", "mine"]


def test_each_decision_has_a_request_id_of_its_own(flaky: Flaky) -> None:
    """Two decisions are never taken for one."""
    with Client(flaky.address, deadlines=PATIENT) as client:
        client.decide("customer-1", channel="web")
        client.decide("customer-1", channel="web")
    first, second = (request.request_id for request in flaky.requests)
    assert first != second
    assert len(first) == 32


def test_after_the_last_try_the_error_says_that_nobody_answered(flaky: Flaky) -> None:
    """Four tries by default, then `Unavailable`."""
    flaky.fail(*[UNAVAILABLE] * 9)
    with Client(flaky.address, deadlines=PATIENT) as client, pytest.raises(Unavailable, match="as the test says"):
        client.decide("customer-1", channel="web")
    assert len(flaky.requests) == 4


def test_retries_can_be_switched_off(flaky: Flaky) -> None:
    """One attempt is one call."""
    flaky.fail(UNAVAILABLE)
    with Client(flaky.address, deadlines=PATIENT, retry=Retry(attempts=1)) as client, pytest.raises(Unavailable):
        client.decide("customer-1", channel="web")
    assert len(flaky.requests) == 1


@pytest.mark.parametrize("code", [grpc.StatusCode.INTERNAL, grpc.StatusCode.RESOURCE_EXHAUSTED])
def test_only_unavailable_is_repeated(flaky: Flaky, code: grpc.StatusCode) -> None:
    """A fault of the server does not heal by asking again, and an overloaded one must not get more calls."""
    flaky.fail(code)
    with Client(flaky.address, deadlines=PATIENT) as client, pytest.raises((ServerFailed, Overloaded)):
        client.decide("customer-1", channel="web")
    assert len(flaky.requests) == 1


def test_calls_with_a_second_effect_are_not_repeated(flaky: Flaky) -> None:
    """A versioned profile change would be refused the second time, and a rollback would go back twice."""
    flaky.fail(UNAVAILABLE)
    with Client(flaky.address, deadlines=PATIENT) as client:
        with pytest.raises(Unavailable):
            client.customers.upsert("customer-1", {"age": 30}, expected_version=0)
        flaky.fail(UNAVAILABLE)
        with pytest.raises(Unavailable):
            client.models.rollback()
    assert len(flaky.requests) == 2


def test_the_deadline_covers_all_tries(flaky: Flaky) -> None:
    """A server that keeps failing costs no more time than one that hangs."""
    flaky.fail(*[UNAVAILABLE] * 9)
    slow = Retry(attempts=5, initial_backoff=60.0, max_backoff=60.0)
    started = time.monotonic()
    with (
        Client(flaky.address, deadlines=Deadlines(decide=0.3), retry=slow) as client,
        pytest.raises((DeadlineExceeded, Unavailable)),
    ):
        client.decide("customer-1", channel="web")
    assert time.monotonic() - started < 30.0


def test_a_server_that_is_not_there_is_named_in_the_error() -> None:
    """The sentence says where nobody answered."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with (
        Client(address, deadlines=PATIENT) as client,
        pytest.raises(Unavailable, match=f"no server answers at {address}"),
    ):
        client.decide("customer-1", channel="web")


@pytest.mark.parametrize("attempts", [0, 6])
def test_attempts_that_grpc_would_ignore_are_refused(attempts: int) -> None:
    """A wrong number fails at once and not silently."""
    with pytest.raises(ValueError, match="attempts"):
        Retry(attempts=attempts)


def test_every_method_of_the_policy_exists_in_the_protocol() -> None:
    """A misspelt name would silently be without retries."""
    modules = (catalog_pb2, contact_pb2, customer_pb2, decision_pb2, event_pb2, model_pb2, outcome_pb2)
    known = {
        service.full_name: {method.name for method in service.methods}
        for module in modules
        for service in module.DESCRIPTOR.services_by_name.values()
    }
    assert known.keys() == IDEMPOTENT.keys()
    for service, methods in IDEMPOTENT.items():
        assert set(methods) <= known[service]
