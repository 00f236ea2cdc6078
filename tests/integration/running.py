"""A running server with its stubs, and the words that tests use with it."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status
from prometheus_client import CollectorRegistry

from nba_server.bootstrap import Serving, serving
from nba_server.pb import (
    catalog_pb2_grpc,
    consent_pb2,
    contact_pb2_grpc,
    customer_pb2,
    customer_pb2_grpc,
    decision_pb2,
    decision_pb2_grpc,
    event_pb2_grpc,
    matter_pb2_grpc,
    model_pb2_grpc,
    outcome_pb2,
    outcome_pb2_grpc,
    value_pb2,
)
from nba_server.settings import Settings
from nba_server.transport.grpc.codec.values import to_value

GRANTED = tuple(
    consent_pb2.Consent(channel="*", purpose=purpose, status=consent_pb2.CONSENT_STATUS_GRANTED)
    for purpose in ("advertising", "profiling")
)
ADULT = {"age": 40, "country": "DE", "data_used": 0.9, "plan": "basic"}


class Stubs:
    """One stub a service on a channel."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.decisions = decision_pb2_grpc.DecisionServiceStub(channel)
        self.outcomes = outcome_pb2_grpc.OutcomeServiceStub(channel)
        self.contacts = contact_pb2_grpc.ContactServiceStub(channel)
        self.customers = customer_pb2_grpc.CustomerServiceStub(channel)
        self.events = event_pb2_grpc.EventServiceStub(channel)
        self.matters = matter_pb2_grpc.MatterServiceStub(channel)
        self.catalogs = catalog_pb2_grpc.CatalogServiceStub(channel)
        self.models = model_pb2_grpc.ModelServiceStub(channel)
        self.decide_bytes = channel.unary_unary("/nba.v1.DecisionService/Decide")

    async def decide(
        self, customer_id: str = "anna", channel: str = "call", **fields: object
    ) -> decision_pb2.DecideResponse:
        """A decision; `context` may be plain values."""
        return await self.decisions.Decide(request(customer_id, channel, **fields))

    async def upsert(
        self,
        customer_id: str = "anna",
        attributes: Mapping[str, str | int | float | bool] = ADULT,
        consents: Sequence[consent_pb2.Consent] = GRANTED,
    ) -> customer_pb2.UpsertResult:
        """A customer with attributes and consents."""
        patch = customer_pb2.CustomerPatch(customer_id=customer_id, attributes=values(attributes), consents=consents)
        answer = await self.customers.UpsertCustomers(customer_pb2.UpsertCustomersRequest(customers=[patch]))
        return answer.results[0]

    async def react(
        self, decision_id: str, type_: str, action: str = "", **fields: object
    ) -> outcome_pb2.OutcomeResult:
        """An outcome by the name of its type."""
        outcome = outcome_pb2.Outcome(decision_id=decision_id, type=f"OUTCOME_TYPE_{type_}", action=action, **fields)
        return (await self.outcomes.RecordOutcome(outcome_pb2.RecordOutcomeRequest(outcome=outcome))).result


@dataclass(frozen=True, slots=True)
class Running:
    """A server in this process."""

    address: str
    stubs: Stubs
    serving: Serving
    registry: CollectorRegistry

    def metric(self, name: str, **labels: str) -> float:
        """A metric's value; 0 where it was never touched."""
        return self.registry.get_sample_value(name, labels) or 0.0


@asynccontextmanager
async def running_server(settings: Settings, *, sound: bool = True) -> AsyncIterator[Running]:
    """A server in this process, with a plain channel to it; if it is `sound` its express lane must have been right."""
    registry = CollectorRegistry()
    async with serving(settings, registry) as found:
        address = f"127.0.0.1:{found.port}"
        async with grpc.aio.insecure_channel(address) as channel:
            running = Running(address, Stubs(channel), found, registry)
            yield running
        gc.collect()  # a failed call that is kept by its traceback keeps its connection, and the server would wait for it
    if sound:
        assert running.metric("nba_express_audits_total", verdict="different") == 0.0
        assert running.metric("nba_express_failures_total") == 0.0


def request(customer_id: str = "anna", channel: str = "call", **fields: object) -> decision_pb2.DecideRequest:
    """A request for a decision."""
    context = values(fields.pop("context", {}))  # type: ignore[arg-type]
    return decision_pb2.DecideRequest(customer_id=customer_id, channel=channel, context=context, **fields)  # type: ignore[arg-type]


def values(plain: Mapping[str, str | int | float | bool]) -> dict[str, value_pb2.Value]:
    """Plain values as messages."""
    return {name: to_value(value) for name, value in plain.items()}


async def failure(call: object) -> tuple[grpc.StatusCode, Status]:
    """The code and rich status that a call fails with."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call  # type: ignore[misc]
    status = rpc_status.from_call(raised.value)
    assert status is not None
    return raised.value.code(), status


def detail(status: Status, kind: type[Message]) -> Message | None:
    """The one detail of a kind."""
    found = [packed for packed in status.details if packed.Is(kind.DESCRIPTOR)]
    if not found:
        return None
    assert len(found) == 1
    message = kind()
    found[0].Unpack(message)
    return message


def reason(status: Status) -> str:
    """The stable reason."""
    info = detail(status, error_details_pb2.ErrorInfo)
    assert isinstance(info, error_details_pb2.ErrorInfo)
    assert info.domain == "nba-server"
    return info.reason
