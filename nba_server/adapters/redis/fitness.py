"""What an engine must be before the server starts on it: nothing evicted, everything written to disk, new enough."""

from __future__ import annotations

from collections.abc import Mapping

from nba_server.adapters.redis.client import StoreClient
from nba_server.adapters.redis.settings import (
    APPEND_ONLY,
    CHECKS,
    EVICTION,
    MIN_REPLICAS,
    MINIMUM_VERSION,
    VERSION,
)
from nba_server.errors import FailedPrecondition


async def check_fitness(client: StoreClient, allow: frozenset[str], strict: int = 0) -> tuple[str, str]:
    """The engine's name and version; `strict` is how many replicas are waited for.

    Raises `FailedPrecondition` with all faults and their mends at once.
    """
    unknown = sorted(allow.difference(CHECKS))
    if unknown:
        raise FailedPrecondition(f"Unknown start check(s) {', '.join(unknown)}: known are {', '.join(CHECKS)}.")
    servers = await client.facts()
    found = dict.fromkeys(fault for facts in servers for fault in (*_faults(facts), *_strict(facts, strict)))
    faults = [f"{text} (or allow `{name}`)" for name, text in found if name not in allow]
    if faults:
        raise FailedPrecondition("The store is not safe to run on: " + "; ".join(faults), reason="UNSAFE_STORE")
    facts = servers[0]
    if "valkey_version" in facts:
        return "valkey", str(facts["valkey_version"])
    return "redis", str(facts["redis_version"])


def replicas_of(facts: Mapping[str, object]) -> int:
    """How many replicas of a server have all its data and follow it."""
    slaves = (value for name, value in facts.items() if name.startswith("slave") and isinstance(value, Mapping))
    return sum(1 for slave in slaves if slave.get("state") == "online")


def _faults(facts: Mapping[str, object]) -> list[tuple[str, str]]:
    faults: list[tuple[str, str]] = []
    policy = str(facts.get("maxmemory_policy"))
    if policy != "noeviction":
        faults.append(
            (EVICTION, f"it evicts keys when memory is full: set maxmemory-policy to noeviction, not {policy}")
        )
    if str(facts.get("aof_enabled")) != "1":
        faults.append((APPEND_ONLY, "a restart forgets what was acknowledged: set appendonly to yes"))
    version = str(facts.get("redis_version"))
    if tuple(int(part) for part in version.split(".")[:2]) < MINIMUM_VERSION:
        wanted = ".".join(map(str, MINIMUM_VERSION))
        faults.append((VERSION, f"its version is {version}: use Redis or Valkey {wanted} or newer"))
    return faults


def _strict(facts: Mapping[str, object], strict: int) -> list[tuple[str, str]]:
    """In strict mode a server that is cut off from its replicas must stop taking writes by itself."""
    wanted = facts.get("min_replicas_to_write")
    if not strict or (isinstance(wanted, int) and wanted >= strict):
        return []
    told = f"not {wanted}" if wanted is not None else "which this server does not tell"
    return [(MIN_REPLICAS, f"strict mode waits for {strict} replicas: set min-replicas-to-write to {strict}, {told}")]
