"""Errors as statuses: one ErrorInfo each, details where they fit, small enough for trailers."""

from __future__ import annotations

import asyncio

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from google.rpc.status_pb2 import Status

from nba_server import errors
from nba_server.errors import Violation
from nba_server.transport.grpc import status


def details(found: Status, kind: type[Message]) -> list[Message]:
    """The details of one kind."""
    unpacked = []
    for packed in found.details:
        if packed.Is(kind.DESCRIPTOR):
            message = kind()
            packed.Unpack(message)
            unpacked.append(message)
    return unpacked


ERRORS: list[tuple[errors.NbaError, grpc.StatusCode]] = [
    (errors.InvalidArgument([Violation("a", "b")]), grpc.StatusCode.INVALID_ARGUMENT),
    (errors.NotFound("gone"), grpc.StatusCode.NOT_FOUND),
    (errors.Conflict("slow", reason="VERSION_MISMATCH", metadata={"version": "3"}), grpc.StatusCode.ABORTED),
    (errors.Conflict("used", reason="REQUEST_ID_REUSED"), grpc.StatusCode.ALREADY_EXISTS),
    (errors.FailedPrecondition("no"), grpc.StatusCode.FAILED_PRECONDITION),
    (errors.Unauthenticated("who"), grpc.StatusCode.UNAUTHENTICATED),
    (errors.PermissionDenied("not you"), grpc.StatusCode.PERMISSION_DENIED),
    (errors.StoreUnavailable("down"), grpc.StatusCode.UNAVAILABLE),
    (errors.Overloaded("busy", retry_after_s=0.25), grpc.StatusCode.RESOURCE_EXHAUSTED),
    (errors.Overloaded("busy", retry_after_s=0.25, reason="RATE_LIMITED"), grpc.StatusCode.RESOURCE_EXHAUSTED),
    (errors.CatalogInvalid(["a.yaml:1:1 x"]), grpc.StatusCode.FAILED_PRECONDITION),
    (errors.ModelInvalid("broken"), grpc.StatusCode.FAILED_PRECONDITION),
]


@pytest.mark.parametrize(("error", "code"), ERRORS, ids=lambda value: type(value).__name__)
def test_one_error_info(error: errors.NbaError, code: grpc.StatusCode) -> None:
    """Each error has its code, its message and exactly one ErrorInfo with reason, domain and metadata."""
    found = status.rich_status(error)
    assert (found.code, found.message) == (code.value[0], error.message)
    infos = details(found, error_details_pb2.ErrorInfo)
    assert [(i.reason, i.domain, dict(i.metadata)) for i in infos] == [(error.reason, "nba-server", error.metadata)]


def test_every_error_is_mapped() -> None:
    """Each class of the error tree has a case above, so that none becomes INTERNAL by accident."""
    tree = {kind for kind in errors.NbaError.__subclasses__() if kind.__module__ == errors.__name__}
    assert {type(error) for error, _ in ERRORS} == tree


def test_violations_become_a_bad_request() -> None:
    """All violations of a request are field violations of one BadRequest."""
    violations = [Violation("channel", "is unknown"), Violation("request_id", "is too long")]
    found = details(status.rich_status(errors.InvalidArgument(violations)), error_details_pb2.BadRequest)
    assert [(v.field, v.description) for v in found[0].field_violations] == [
        ("channel", "is unknown"),
        ("request_id", "is too long"),
    ]


def test_a_thousand_violations_fit_into_trailers() -> None:
    """However many faults there are, the status stays small and says how many more there were."""
    error = errors.InvalidArgument([Violation(f"items[{n}]", "x" * 500) for n in range(1_000)])
    found = status.rich_status(error)
    assert found.ByteSize() < 6_500
    assert "more violations" in details(found, error_details_pb2.BadRequest)[0].field_violations[-1].description


def test_overload_and_store_say_when_to_come_back() -> None:
    """RetryInfo is there when a retry can help, and only then."""
    busy = details(status.rich_status(errors.Overloaded("busy", retry_after_s=0.25)), error_details_pb2.RetryInfo)
    assert busy[0].retry_delay.ToMilliseconds() == 250
    assert details(status.rich_status(errors.StoreUnavailable("down")), error_details_pb2.RetryInfo)
    assert not details(status.rich_status(errors.NotFound("gone")), error_details_pb2.RetryInfo)


def test_cancelled_and_deadline_are_not_internal() -> None:
    """A caller who has gone or waited too long is no fault of the server."""
    assert status.code(asyncio.CancelledError()) is grpc.StatusCode.CANCELLED
    assert status.code(TimeoutError()) is grpc.StatusCode.DEADLINE_EXCEEDED
    assert status.code(errors.NbaError("gone", reason="CANCELLED")) is grpc.StatusCode.CANCELLED
    assert status.code(ValueError("x")) is grpc.StatusCode.INTERNAL
