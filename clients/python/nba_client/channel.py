"""How a channel to the server is opened: address, encryption, and the retry policy as gRPC's service config."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

import grpc

from nba_client.settings import Retry, Tls

BUSY_OR_AWAY = ["UNAVAILABLE", "RESOURCE_EXHAUSTED"]
IDEMPOTENT: dict[str, tuple[str, ...]] = {
    "nba.v1.DecisionService": ("Decide", "GetDecision", "ActivateDecision"),
    "nba.v1.OutcomeService": ("RecordOutcome", "RecordOutcomes"),
    "nba.v1.ContactService": ("RecordContact", "RecordContacts", "GetContacts"),
    "nba.v1.EventService": ("RecordPurchases",),
    "nba.v1.CustomerService": ("GetCustomer",),
    "nba.v1.CatalogService": ("GetCatalog", "GetCaps", "DescribeCatalog", "ReloadCatalog", "ListCatalogs"),
    "nba.v1.ModelService": ("ListModels", "GetModel"),
}
"""Calls whose repetition has no second effect. A profile change with an expected version, a deletion, a promotion and a
rollback are not among them: their repetition would answer something else, or go back twice."""

TAKEN_BACK = {"service": "nba.v1.DecisionService", "method": "ReleaseDecision"}
"""Sent behind the caller's back, so that it may wait: it is repeated also when the server is busy."""


def service_config(retry: Retry) -> str:
    """The policy as JSON: `UNAVAILABLE` only, for idempotent calls only, and throttled when most calls fail."""
    if retry.attempts == 1:
        return json.dumps({"methodConfig": []})
    policy = {
        "maxAttempts": retry.attempts,
        "initialBackoff": f"{retry.initial_backoff}s",
        "maxBackoff": f"{retry.max_backoff}s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }
    names = [{"service": service, "method": method} for service, methods in IDEMPOTENT.items() for method in methods]
    return json.dumps(
        {
            "methodConfig": [
                {"name": names, "retryPolicy": policy},
                {
                    "name": [TAKEN_BACK],
                    "retryPolicy": policy | {"maxAttempts": 5, "retryableStatusCodes": BUSY_OR_AWAY},
                },
            ],
            "retryThrottling": {"maxTokens": 100, "tokenRatio": 0.1},
        }
    )


def options(retry: Retry, tls: Tls | None) -> list[tuple[str, Any]]:
    """Channel options; a service config from DNS must not replace ours."""
    chosen: list[tuple[str, Any]] = [
        ("grpc.service_config", service_config(retry)),
        ("grpc.service_config_disable_resolution", 1),
        ("grpc.enable_retries", 1),
        ("grpc.primary_user_agent", "nba-client-python"),
        ("grpc.max_receive_message_length", 64 * 1024 * 1024),
    ]
    if tls is not None and tls.server_name:
        chosen.append(("grpc.ssl_target_name_override", tls.server_name))
    return chosen


def encryption(address: str, tls: Tls | bool | None) -> Tls | None:
    """None for plain text. By default everything but this machine is encrypted, so that no key travels readable."""
    if isinstance(tls, Tls):
        return tls
    encrypted = not is_local(address) if tls is None else tls
    return Tls() if encrypted else None


def is_local(address: str) -> bool:
    """Whether the address is a unix socket or a loopback address."""
    if address.startswith(("unix:", "unix-abstract:")):
        return True
    host = address.removeprefix("dns:///").removeprefix("ipv4:").removeprefix("ipv6:").rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def credentials(tls: Tls) -> Any:
    """grpc's credentials."""
    return grpc.ssl_channel_credentials(tls.root_certificates, tls.private_key, tls.certificate_chain)


def headers(api_key: str) -> tuple[tuple[str, str], ...]:
    """The metadata of every call."""
    return (("x-api-key", api_key),) if api_key else ()
