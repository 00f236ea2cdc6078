"""The stack of every call: errors outermost, scopes for every method, limits, counters."""

from __future__ import annotations

import asyncio
import logging

import pytest
from google.rpc import error_details_pb2
from prometheus_client import CollectorRegistry

from nba_server.errors import NotFound
from nba_server.observability.metrics import Metrics
from nba_server.observability.tracing import NoTracing
from nba_server.pb import (
    catalog_pb2,
    contact_pb2,
    customer_pb2,
    decision_pb2,
    event_pb2,
    matter_pb2,
    model_pb2,
    outcome_pb2,
)
from nba_server.transport.api_keys import ApiKeys, new_key
from nba_server.transport.grpc.call import Aborted, Call, Handler
from nba_server.transport.grpc.capacity import Capacity
from nba_server.transport.grpc.endpoints import snake_case
from nba_server.transport.grpc.passage import Passage
from nba_server.transport.grpc.scopes import SCOPES, Scope
from nba_server.transport.grpc.stack import call_stack

FILES = (catalog_pb2, contact_pb2, customer_pb2, decision_pb2, event_pb2, matter_pb2, model_pb2, outcome_pb2)
DECIDE = "/nba.v1.DecisionService/Decide"


def stacked(
    handler: Handler, *, keys: ApiKeys | None = None, registry: CollectorRegistry | None = None, most: int = 10
) -> Handler:
    """The handler behind the whole stack, as the method Decide."""
    metrics = Metrics(registry or CollectorRegistry())
    stack = call_stack(metrics, NoTracing(), keys, Capacity(most, 1.0), access_log=False)
    return Passage(DECIDE, stack).around(handler)


async def fine(request: bytes, call: Call) -> bytes:
    """Answers who called."""
    return call.caller.name.encode()


async def refused(handler: Handler, call: Call) -> tuple[int, str, str]:
    """Code, reason and message of the status that the call ends with."""
    with pytest.raises(Aborted) as raised:
        await handler(b"", call)
    info = error_details_pb2.ErrorInfo()
    raised.value.status.details[0].Unpack(info)
    return raised.value.status.code, info.reason, raised.value.status.message


def test_scopes_cover_exactly_the_methods_of_the_protocol() -> None:
    """Every method of every service has scopes, and none is in the table that does not exist."""
    services = [service for file in FILES for service in file.DESCRIPTOR.services_by_name.values()]
    methods = {f"/{service.full_name}/{method.name}" for service in services for method in service.methods}
    assert set(SCOPES) == methods
    assert all(SCOPES.values())


def test_operators_alone_change_what_serves() -> None:
    """Promoting, rolling back and reloading need the scope admin; a site key reads no profile."""
    changing = [m for m in SCOPES if m.endswith(("PromoteModel", "RollbackModel", "ReloadCatalog", "RollbackCatalog"))]
    assert {SCOPES[method] for method in changing} == {frozenset({Scope.ADMIN})}
    assert Scope.SITE not in SCOPES["/nba.v1.CustomerService/GetCustomer"]


async def test_without_keys_the_caller_is_local() -> None:
    """On loopback without a key file everybody is `local` and may do everything."""
    assert await stacked(fine)(b"", Call(DECIDE, {})) == b"local"


@pytest.mark.parametrize("header", ["x-api-key", "authorization"])
async def test_a_key_names_its_caller(header: str) -> None:
    """A key is taken from x-api-key or as a bearer token and names the caller."""
    key, entry = new_key("shop", ["site"])
    metadata = {header: key if header == "x-api-key" else f"Bearer {key}"}
    assert await stacked(fine, keys=ApiKeys([entry]))(b"", Call(DECIDE, metadata)) == b"shop"


async def test_no_key_and_a_wrong_key_are_told_apart() -> None:
    """A missing key and an unknown one are both UNAUTHENTICATED, with reasons of their own."""
    keys = ApiKeys([new_key("shop", ["site"])[1]])
    assert (await refused(stacked(fine, keys=keys), Call(DECIDE, {})))[:2] == (16, "API_KEY_MISSING")
    wrong = Call(DECIDE, {"x-api-key": "nba_wrong"})
    assert (await refused(stacked(fine, keys=keys), wrong))[:2] == (16, "API_KEY_INVALID")


async def test_a_scope_that_is_missing_is_named() -> None:
    """A key without a fitting scope is refused, and the message says which scope would do."""
    key, entry = new_key("feed", ["import"])
    found = await refused(stacked(fine, keys=ApiKeys([entry])), Call(DECIDE, {"x-api-key": key}))
    assert found[:2] == (7, "SCOPE_MISSING")
    assert "agent, site" in found[2]


async def test_an_uncaught_exception_leaks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """What the caller sees of a bug is a correlation id; the log has the cause under it."""

    async def broken(request: bytes, call: Call) -> bytes:
        raise ValueError("customer 4711 has debts")

    with caplog.at_level(logging.ERROR, "nba"):
        code, reason, message = await refused(stacked(broken), Call(DECIDE, {}))
    assert (code, reason) == (13, "INTERNAL")
    assert "4711" not in message
    record = next(record for record in caplog.records if record.name == "nba.errors")
    assert record.__dict__["correlation_id"] in message
    assert "4711" in str(record.exc_info)


async def test_our_errors_pass_with_their_reason() -> None:
    """An error of ours reaches the caller as it is."""

    async def unknown(request: bytes, call: Call) -> bytes:
        raise NotFound("no decision has this id", reason="DECISION_NOT_FOUND")

    found = await refused(stacked(unknown), Call(DECIDE, {}))
    assert found == (5, "DECISION_NOT_FOUND", "no decision has this id")


async def test_too_many_calls_are_refused_at_once() -> None:
    """A call beyond the limit is refused while the others go on, and there is room again when they have ended."""
    gate = asyncio.Event()

    async def slow(request: bytes, call: Call) -> bytes:
        await gate.wait()
        return b"done"

    handler = stacked(slow, most=2)
    waiting = [asyncio.create_task(handler(b"", Call(DECIDE, {}))) for _ in range(2)]
    await asyncio.sleep(0)
    assert (await refused(handler, Call(DECIDE, {})))[:2] == (8, "OVERLOADED")
    gate.set()
    assert await asyncio.gather(*waiting) == [b"done", b"done"]
    assert await handler(b"", Call(DECIDE, {})) == b"done"


async def test_who_is_turned_away_is_counted_like_who_is_refused() -> None:
    """A flood is told the same before anything is made of its calls: one status, one time to come back, the same figures."""
    found = []
    for early in (False, True):
        registry, capacity = CollectorRegistry(), Capacity(1, 1.0)
        metrics = Metrics(registry)
        passage = Passage(DECIDE, call_stack(metrics, NoTracing(), None, capacity, access_log=False))
        assert passage.turned_away(None) is None
        passage.enter(first := Call(DECIDE, {}))
        if early:
            refusal = passage.turned_away(None)
        else:
            with pytest.raises(Aborted) as raised:
                passage.enter(Call(DECIDE, {}))
            refusal = raised.value
        assert isinstance(refusal, Aborted)
        assert (capacity.in_flight, capacity.arrived) == (1, 2)
        passage.leave(first)
        metrics.tally.settle()
        counts = {
            (sample.name, *sample.labels.values()): sample.value
            for metric in registry.collect()
            for sample in metric.samples
            if sample.name.endswith(("_total", "_count", "_in_flight"))
        }
        found.append((refusal.status, refusal.retry_ms, counts))
    assert found[0] == found[1]
    assert found[0][2]["nba_calls_total", "Decide", "RESOURCE_EXHAUSTED"] == 1.0


async def test_where_all_calls_are_seen_nobody_is_turned_away_early() -> None:
    """An access log has a line for each."""
    capacity = Capacity(0, 1.0)
    passage = Passage(DECIDE, call_stack(Metrics(CollectorRegistry()), NoTracing(), None, capacity, access_log=True))
    assert passage.turned_away(None) is None
    with pytest.raises(Aborted):
        passage.enter(Call(DECIDE, {}))


async def test_calls_are_counted_by_code_and_cancelled_ones_are_not_internal() -> None:
    """Counters have method and code, and nothing is in flight at the end."""
    registry = CollectorRegistry()

    async def never(request: bytes, call: Call) -> bytes:
        await asyncio.Event().wait()
        return b""

    task = asyncio.create_task(stacked(never, registry=registry)(b"", Call(DECIDE, {})))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    labels = {"method": "Decide", "code": "CANCELLED"}
    assert registry.get_sample_value("nba_calls_total", labels) == 1
    assert registry.get_sample_value("nba_calls_in_flight") == 0


def test_names_of_methods() -> None:
    """A method's handler is its name in snake case."""
    assert [snake_case(name) for name in ("Decide", "GetDecision", "RecordOutcomes")] == [
        "decide",
        "get_decision",
        "record_outcomes",
    ]
