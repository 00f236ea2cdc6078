"""Errors with what the server said, deadlines, keys and encryption."""

from __future__ import annotations

import threading

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2

from nba_client import AsyncClient, Client, Deadlines, Tls
from nba_client.channel import encryption, is_local
from nba_client.errors import (
    Conflict,
    DeadlineExceeded,
    FailedPrecondition,
    InvalidRequest,
    NbaClientError,
    NotFound,
    Overloaded,
    PermissionDenied,
    ServerFailed,
    Unauthenticated,
    Violation,
    from_item,
)
from tests.unit.client.flaky import PATIENT, Flaky, details


def test_all_violations_of_a_request_arrive_parsed(flaky: Flaky) -> None:
    """Field and sentence of each fault, and the stable reason."""
    violations = [
        error_details_pb2.BadRequest.FieldViolation(field="channel", description="there is no channel 'fax'"),
        error_details_pb2.BadRequest.FieldViolation(field="placements[0]", description="unknown"),
    ]
    bad = error_details_pb2.BadRequest(field_violations=violations)
    flaky.fail(grpc.StatusCode.INVALID_ARGUMENT, details=details("INVALID_ARGUMENT", bad))
    with Client(flaky.address, deadlines=PATIENT) as client, pytest.raises(InvalidRequest) as caught:
        client.decide("customer-1", channel="fax")
    assert caught.value.violations == (
        Violation("channel", "there is no channel 'fax'"),
        Violation("placements[0]", "unknown"),
    )
    assert caught.value.reason == "INVALID_ARGUMENT"
    assert caught.value.metadata == {"decision_id": "d"}


def test_an_overloaded_server_says_when_to_come_back(flaky: Flaky) -> None:
    """`retry_after` is in seconds."""
    retry = error_details_pb2.RetryInfo(retry_delay=Duration(seconds=1, nanos=500_000_000))
    flaky.fail(grpc.StatusCode.RESOURCE_EXHAUSTED, details=details("OVERLOADED", retry))
    with Client(flaky.address, deadlines=PATIENT) as client, pytest.raises(Overloaded) as caught:
        client.decide("customer-1", channel="web")
    assert caught.value.retry_after == 1.5
    assert caught.value.code == "RESOURCE_EXHAUSTED"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.NOT_FOUND, NotFound),
        (grpc.StatusCode.ABORTED, Conflict),
        (grpc.StatusCode.ALREADY_EXISTS, Conflict),
        (grpc.StatusCode.FAILED_PRECONDITION, FailedPrecondition),
        (grpc.StatusCode.UNAUTHENTICATED, Unauthenticated),
        (grpc.StatusCode.PERMISSION_DENIED, PermissionDenied),
        (grpc.StatusCode.INTERNAL, ServerFailed),
        (grpc.StatusCode.DATA_LOSS, ServerFailed),
    ],
)
async def test_each_status_has_its_error_in_both_faces(
    flaky: Flaky, code: grpc.StatusCode, kind: type[NbaClientError]
) -> None:
    """Users catch words of this package and never import grpc."""
    flaky.fail(code, code, details=details("SOME_REASON"))
    with Client(flaky.address, deadlines=PATIENT) as client, pytest.raises(kind) as blocking:
        client.explain("d")
    async with AsyncClient(flaky.address, deadlines=PATIENT) as client:
        with pytest.raises(kind) as asynchronous:
            await client.explain("d")
    assert blocking.value.reason == asynchronous.value.reason == "SOME_REASON"
    assert blocking.value.message == "as the test says"


async def test_a_slow_server_ends_at_the_deadline_in_both_faces(flaky: Flaky) -> None:
    """Better no proposal than a late one."""
    flaky.hold = threading.Event()
    short = Deadlines(decide=0.1)
    with Client(flaky.address, deadlines=short) as client, pytest.raises(DeadlineExceeded, match=flaky.address):
        client.decide("customer-1", channel="web")
    async with AsyncClient(flaky.address, deadlines=short) as client:
        with pytest.raises(DeadlineExceeded):
            await client.decide("customer-1", channel="web")
        with pytest.raises(DeadlineExceeded):
            await client.decide("customer-1", channel="web", timeout=0.05)


def test_the_api_key_travels_in_every_call(flaky: Flaky) -> None:
    """As the header `x-api-key`; without a key there is none."""
    with Client(flaky.address, api_key="secret", deadlines=PATIENT) as client:
        client.decide("customer-1", channel="web")
        client.explain("d")
    with Client(flaky.address, deadlines=PATIENT) as client:
        client.explain("d")
    assert [headers.get("x-api-key") for headers in flaky.headers] == ["secret", "secret", None]


@pytest.mark.parametrize(
    "address", ["127.0.0.1:50051", "localhost:1", "[::1]:50051", "unix:/run/x", "unix:///run/x", "ipv4:127.0.0.1:80"]
)
def test_this_machine_is_spoken_to_in_plain_text(address: str) -> None:
    """Loopback addresses and unix sockets."""
    assert is_local(address)
    assert encryption(address, None) is None


@pytest.mark.parametrize("address", ["nba.example:443", "10.0.0.1:50051", "dns:///nba.example:443"])
def test_any_other_address_is_encrypted_unless_said_otherwise(address: str) -> None:
    """A key must not travel readable by accident."""
    assert not is_local(address)
    assert encryption(address, None) == Tls()
    assert encryption(address, False) is None
    assert encryption("127.0.0.1:1", True) == Tls()


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("VERSION_MISMATCH: expected_version: the stored version is 3", Conflict, "VERSION_MISMATCH"),
        ("DECISION_NOT_FOUND: there is no such decision", NotFound, "DECISION_NOT_FOUND"),
        ("INVALID_ARGUMENT: value: must be above 0", InvalidRequest, "INVALID_ARGUMENT"),
    ],
)
def test_a_refused_record_of_a_batch_is_an_error_of_the_tree(
    text: str, kind: type[NbaClientError], reason: str
) -> None:
    """Single calls that travel as batches fail like single calls."""
    error = from_item(text)
    assert type(error) is kind
    assert error.reason == reason
    assert error.message == text.partition(": ")[2]
