"""Health as gRPC defines it, per service."""

from __future__ import annotations

from grpc_health.v1 import health_pb2

from nba_client.call import Call


def health_call(service: str) -> Call[str]:
    """The call of `Check`; empty: the whole server."""
    request = health_pb2.HealthCheckRequest(service=service)
    answer = health_pb2.HealthCheckResponse
    status = health_pb2.HealthCheckResponse.ServingStatus
    return Call("Health", "Check", request, answer, lambda m: status.Name(m.status).lower(), "read", "grpc.health.v1")
