"""A small real gRPC server whose methods fail as a test says, and that remembers what it got."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2

from nba_client import Deadlines
from nba_client.pb import customer_pb2, customer_pb2_grpc, decision_pb2, decision_pb2_grpc, model_pb2, model_pb2_grpc

PATIENT = Deadlines(decide=20.0, write=20.0, read=20.0)
"""Where the deadline is not what is tested, a machine that stalls has time."""


@dataclass
class Flaky:
    """`failures` are (status, details) in the order of the calls; then calls succeed. `hold` keeps Decide waiting."""

    address: str = ""
    failures: list[tuple[grpc.StatusCode, tuple[Any, ...]]] = field(default_factory=list)
    requests: list[Any] = field(default_factory=list)
    headers: list[dict[str, Any]] = field(default_factory=list)
    hold: threading.Event | None = None

    def fail(self, *codes: grpc.StatusCode, details: tuple[Any, ...] = ()) -> None:
        """The next calls end with these statuses."""
        self.failures.extend((code, details) for code in codes)

    def take(self, request: Any, context: Any) -> None:
        """Remembers the call and ends it if it is to fail."""
        self.requests.append(request)
        self.headers.append(dict(context.invocation_metadata()))
        if self.failures:
            code, details = self.failures.pop(0)
            if details:
                packed = status_pb2.Status(code=code.value[0], message="as the test says")
                for detail in details:
                    message = AnyMessage()
                    message.Pack(detail)
                    packed.details.append(message)
                context.set_trailing_metadata((("grpc-status-details-bin", packed.SerializeToString()),))
            context.abort(code, "as the test says")


class _Decisions(decision_pb2_grpc.DecisionServiceServicer):
    def __init__(self, flaky: Flaky) -> None:
        self.flaky = flaky

    def Decide(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        self.flaky.take(request, context)
        if self.flaky.hold is not None:
            self.flaky.hold.wait(30)
        return decision_pb2.DecideResponse(decision_id=f"d-{request.request_id}")

    def GetDecision(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.flaky.take(request, context)
        return decision_pb2.GetDecisionResponse(identical=True)


class _Customers(customer_pb2_grpc.CustomerServiceServicer):
    def __init__(self, flaky: Flaky) -> None:
        self.flaky = flaky

    def UpsertCustomers(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.flaky.take(request, context)
        return customer_pb2.UpsertCustomersResponse(results=[customer_pb2.UpsertResult(version=1)])


class _Models(model_pb2_grpc.ModelServiceServicer):
    def __init__(self, flaky: Flaky) -> None:
        self.flaky = flaky

    def RollbackModel(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.flaky.take(request, context)
        return model_pb2.RollbackModelResponse()


def details(reason: str, *more: Any) -> tuple[Any, ...]:
    """Rich details as the server sends them."""
    return (error_details_pb2.ErrorInfo(reason=reason, domain="nba", metadata={"decision_id": "d"}), *more)


@contextmanager
def serving() -> Iterator[Flaky]:
    """A flaky server on a free loopback port."""
    flaky = Flaky()
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    decision_pb2_grpc.add_DecisionServiceServicer_to_server(_Decisions(flaky), server)
    customer_pb2_grpc.add_CustomerServiceServicer_to_server(_Customers(flaky), server)
    model_pb2_grpc.add_ModelServiceServicer_to_server(_Models(flaky), server)
    flaky.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield flaky
    finally:
        if flaky.hold is not None:
            flaky.hold.set()
        server.stop(0).wait()
