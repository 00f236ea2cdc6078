"""Ports of the journal, read back: decisions as they were made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from nba_server.domain.decision import DecisionRequest
from nba_server.domain.engagement import CustomerState, StoredBlobs
from nba_server.domain.rollout import Arm


@dataclass(frozen=True, slots=True)
class JournaledDecision:
    """A decision read back: its inputs as they were, what was chosen, and what the store took.

    `taken` are indices into the picks, `substituted` those of them that the store took for a lost one. `payload` is
    the entry. `answer` are the bytes of the answer while the store keeps them, else empty: it can be encoded again
    from the recomputed decision, what was taken and `committed_ms`, the store's time of the commit. `caps` are the
    units that were left of caps, `arm` the customer's side of the rollout under way.
    """

    decision_id: str
    customer_ref: str
    caller: str
    request: DecisionRequest
    blobs: StoredBlobs
    state: CustomerState
    now_ms: int
    seed: int
    catalog_hash: str
    model_version: str
    payload: bytes
    taken: tuple[int, ...]
    answer: bytes
    substituted: tuple[int, ...] = ()
    committed_ms: int = 0
    caps: Mapping[str, int] = field(default_factory=dict)
    arm: Arm | None = None


class JournalReader(Protocol):
    """Finds decisions in the journal, or in the archive when they have left it."""

    async def find(self, decision_id: str) -> JournaledDecision | None:
        """None when it is unknown."""
