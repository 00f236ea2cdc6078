"""What the log says of a call: which decision it was and why it failed, and nothing that a caller made up."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from nba_server.errors import StoreUnavailable
from nba_server.observability.metrics import Metrics
from nba_server.observability.tracing import NoTracing
from nba_server.transport.grpc.call import Call, Handler
from nba_server.transport.grpc.interceptors.observe import observe
from nba_server.transport.grpc.passage import Passage

METHOD = "/nba.v1.DecisionService/GetDecision"
DECISION = "032-1m808ydsn-dyza71ygwct26sb96xpgktvzs5t4m44c2x0tbmjy2e"


async def logged(handler: Handler, caplog: pytest.LogCaptureFixture, decision_id: str = "") -> Mapping[str, Any]:
    """The fields of the line that the call leaves in the log."""
    stack = [observe(Metrics(CollectorRegistry()), NoTracing(), access_log=True)]
    wrapped = Passage(METHOD, stack).around(handler)
    caplog.set_level(logging.INFO, "nba.access")
    with contextlib.suppress(StoreUnavailable):
        await wrapped(b"", Call(METHOD, {}, decision_id=decision_id))
    (record,) = caplog.records
    return vars(record)


async def fine(request: bytes, call: Call) -> bytes:
    """Answers nothing."""
    return b""


async def refused(request: bytes, call: Call) -> bytes:
    """Fails as a store does that takes no writes."""
    raise StoreUnavailable("The store refused a command.", detail="MISCONF no space left")


async def test_the_decision_is_named(caplog: pytest.LogCaptureFixture) -> None:
    """The id of a decision is in the line of its call."""
    assert (await logged(fine, caplog, DECISION))["decision_id"] == DECISION


@pytest.mark.parametrize("sent", ["anna@example.org", "+49 30 1234567", "000-xxx", f"{DECISION}\nforged"])
async def test_what_is_no_id_stays_out(sent: str, caplog: pytest.LogCaptureFixture) -> None:
    """A caller may send personal data or a line break in place of an id; the log takes neither."""
    assert "decision_id" not in await logged(fine, caplog, sent)


async def test_an_operator_learns_why(caplog: pytest.LogCaptureFixture) -> None:
    """The caller hears only that the store refused; the log has the store's own words."""
    fields = await logged(refused, caplog)
    assert (fields["code"], fields["reason"]) == ("UNAVAILABLE", "STORE_UNAVAILABLE")
    assert fields["detail"] == "MISCONF no space left"
