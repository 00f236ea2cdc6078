"""Settings of the store's connections and what a store must be."""

from __future__ import annotations

from dataclasses import dataclass

BUCKETS = 256
FORMAT = "1"

LIVE = "live"
REPLAY = "replay"
ANY = "any"

MINIMUM_VERSION = (7, 0)

EVICTION = "eviction"
APPEND_ONLY = "append-only"
VERSION = "version"
MIN_REPLICAS = "min-replicas"
CHECKS = (EVICTION, APPEND_ONLY, VERSION, MIN_REPLICAS)
"""Names of the start checks, as `allow` takes them."""


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """How the store is reached, and for how long it remembers request ids."""

    connect_timeout_s: float = 1.0
    """Longest wait for a connection."""
    read_timeout_s: float = 2.0
    """Longest wait for an answer; then the effect is unknown and the caller retries with the same id."""
    patience_s: float = 0.2
    """Least wait of a decision for the store before it counts as silent; longer where the store is slow all the time. Calls with
    many customers have the read timeout."""
    strict: int = 0
    """Strict mode: how many replicas must have a write before it is acknowledged. 0: none is waited for."""
    replica_wait_s: float = 0.2
    """How long the replicas may take in strict mode."""
    retries: int = 1
    """Retries after a lost connection, none after a silent store. Every call is idempotent: a second run changes nothing."""
    connections: int = 64
    """Most connections of one process."""
    remember_requests_ms: int = 24 * 3600 * 1000
    """How long the answer to a request id is kept."""
