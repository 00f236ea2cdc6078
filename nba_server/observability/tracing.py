"""Traces by OpenTelemetry: off unless an endpoint is set, and nothing of it is imported while it is off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from nba_server.errors import FailedPrecondition


class Tracing(Protocol):
    """Spans around calls."""

    def begin(self, method: str, metadata: Mapping[str, str | bytes]) -> Any:
        """A span for one call, a child of the caller's where its metadata name one (`traceparent`)."""

    def end(self, span: Any, fault: BaseException | None) -> None:
        """The call has ended."""

    def close(self) -> None:
        """Sends what is left."""


class NoTracing:
    """Does nothing, at no cost."""

    def begin(self, method: str, metadata: Mapping[str, str | bytes]) -> None:
        """No span."""

    def end(self, span: None, fault: BaseException | None) -> None:
        """Nothing has begun."""

    def close(self) -> None:
        """Nothing is left."""


class OtelTracing:
    """Spans sent to an OTLP endpoint in batches. `provider` is an OpenTelemetry `TracerProvider`."""

    def __init__(self, provider: Any) -> None:
        from opentelemetry.trace import SpanKind, Status, StatusCode
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider = provider
        self._tracer = provider.get_tracer("nba_server")
        self._kind = SpanKind.SERVER
        self._failed = Status(StatusCode.ERROR)
        self._propagator = TraceContextTextMapPropagator()

    def begin(self, method: str, metadata: Mapping[str, str | bytes]) -> Any:
        """A server span named after the method."""
        parent = self._propagator.extract({k: v for k, v in metadata.items() if isinstance(v, str)})
        service, _, name = method.removeprefix("/").partition("/")
        return self._tracer.start_span(
            method.removeprefix("/"),
            context=parent,
            kind=self._kind,
            attributes={"rpc.system": "grpc", "rpc.service": service, "rpc.method": name},
        )

    def end(self, span: Any, fault: BaseException | None) -> None:
        """Exceptions mark it failed by their kind, without their text."""
        if fault is not None:
            span.set_attribute("error.type", type(fault).__name__)
            span.set_status(self._failed)
        span.end()

    def close(self) -> None:
        """Flushes and ends the exporter."""
        self._provider.shutdown()


def open_tracing(endpoint: str, service: str) -> Tracing:
    """Tracing to `endpoint`, or none when it is empty. Raises `FailedPrecondition` without the extra `otel`."""
    if not endpoint:
        return NoTracing()
    try:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as fault:
        raise FailedPrecondition(
            "--otel-endpoint needs the extra `otel`: pip install 'nba-server[otel]'", reason="EXTRA_MISSING"
        ) from fault
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, insecure="https" not in endpoint))
    )
    return OtelTracing(provider)
