"""A request for a decision, and everything the decision depends on besides catalogue and model.

Records only; they know nothing of how a decision is made.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from nba_server.domain.engagement import CustomerState
from nba_server.domain.profile import Scalar
from nba_server.domain.rollout import Arm


class PlacementRequest(NamedTuple):
    """One place to fill: `slots` 0 means the placement's own number; sizes in pixels, 0 unknown."""

    placement: str
    slots: int = 0
    width: int = 0
    height: int = 0


class DecisionRequest(NamedTuple):
    """A checked request: ids exist in the catalogue, context values have their declared types.

    `customer_id` and `visitor_id` are both empty for a fully anonymous visitor. `supersedes` is the id of the decision
    that this one takes the place of, or empty. With `deferred` the decision is inactive until something is heard of it.
    `planned_ms` is when the contact will be made; 0 or past: now.
    """

    customer_id: str
    visitor_id: str
    channel: str
    placements: tuple[PlacementRequest, ...]
    context: Mapping[str, Scalar] = MappingProxyType({})
    request_id: str = ""
    excluded_actions: Collection[str] = frozenset()
    preview: bool = False
    supersedes: str = ""
    deferred: bool = False
    planned_ms: int = 0


@dataclass(frozen=True, slots=True)
class DecisionInput:
    """Everything one decision depends on, besides catalogue and model.

    `caps` are the units of the catalogue's caps, by key, that may be spent where the customer lives; None: caps hold nothing
    back. `arm` is the customer's side of the rollout under way; None: there was none. Nothing is decided by it.
    """

    request: DecisionRequest
    state: CustomerState
    now_ms: int
    seed: int
    decision_id: str = ""
    caps: Mapping[str, int] | None = None
    arm: Arm | None = None

    @property
    def contact_ms(self) -> int:
        """When the contact will be made."""
        return max(self.request.planned_ms, self.now_ms)
