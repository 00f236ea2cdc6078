"""Which pages of other origins may call, by the setting: nobody by default, and never with cookies."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

PREFLIGHT_S = 7_200
"""As long as browsers keep a preflight's answer at most."""
SENT = (
    "authorization",
    "connect-accept-encoding",
    "connect-content-encoding",
    "connect-protocol-version",
    "connect-timeout-ms",
    "content-encoding",
    "content-type",
    "grpc-accept-encoding",
    "grpc-encoding",
    "grpc-timeout",
    "traceparent",
    "tracestate",
    "x-api-key",
    "x-grpc-web",
    "x-user-agent",
)
READ = (
    "content-encoding",
    "grpc-encoding",
    "grpc-message",
    "grpc-status",
    "grpc-status-details-bin",
    "retry-after",
    "trailer-grpc-retry-pushback-ms",
)


def cors(origins: Sequence[str]) -> list[Middleware]:
    """The middleware, or none. Who calls is told by a key or a token in a header, so credentials are never allowed."""
    if not origins:
        return []
    allowed = Middleware(
        CORSMiddleware,
        allow_origins=tuple(origins),
        allow_methods=("GET", "POST"),
        allow_headers=SENT,
        expose_headers=READ,
        allow_credentials=False,
        max_age=PREFLIGHT_S,
    )
    return [allowed]
