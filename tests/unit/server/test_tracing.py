"""Tracing is off by default and costs nothing then."""

from __future__ import annotations

import sys

import pytest

from nba_server.errors import FailedPrecondition
from nba_server.observability.tracing import NoTracing, open_tracing


def test_without_an_endpoint_nothing_is_imported() -> None:
    """No endpoint, no tracing: OpenTelemetry stays unloaded."""
    before = {name for name in sys.modules if name.startswith("opentelemetry")}
    tracing = open_tracing("", "nba-server")
    tracing.end(tracing.begin("/nba.v1.DecisionService/Decide", {}), None)
    tracing.close()
    assert isinstance(tracing, NoTracing)
    assert {name for name in sys.modules if name.startswith("opentelemetry")} == before


def test_an_endpoint_needs_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """With an endpoint but without the extra the start is refused and the mend is named."""
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(FailedPrecondition, match=r"nba-server\[otel\]"):
        open_tracing("http://127.0.0.1:4317", "nba-server")
