"""Builds small catalogues and customers for tests of the domain, in plain records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from nba_server.domain.action import (
    ADVERTISING,
    NO_EXPLORATION,
    Action,
    Channel,
    Exploration,
    ExplorationKind,
    Group,
    Placement,
    Treatment,
)
from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import ANY_CHANNEL, Consent, ConsentStatus
from nba_server.domain.decision import DecisionInput, DecisionRequest, PlacementRequest
from nba_server.domain.engagement import Contact, ContactState, CustomerState, Direction, Reaction
from nba_server.domain.profile import Profile, Scalar
from nba_server.domain.propensity import CaseScores, FeatureColumns, ScoringCase
from nba_server.domain.reasons import Stage
from nba_server.domain.rule import Rule, RuleScope

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
NOW_MS = 1_768_478_400_000
"""2026-01-15T12:00:00Z, a Thursday."""

CHANNELS = {
    "web": Channel("web", Direction.INBOUND, HOUR_MS, DAY_MS),
    "email": Channel("email", Direction.OUTBOUND, HOUR_MS, 7 * DAY_MS),
}
GRANTED = (
    Consent(ANY_CHANNEL, "advertising", ConsentStatus.GRANTED, 0),
    Consent(ANY_CHANNEL, "profiling", ConsentStatus.GRANTED, 0),
)


def action(id_: str, **other: Any) -> Action:
    """An approved advertising action worth 10, with a treatment for each channel."""
    fields: dict[str, Any] = {
        "group": "cards",
        "issue": "sales",
        "title": id_.title(),
        "approved": True,
        "start_ms": 0,
        "end_ms": 0,
        "value": 10.0,
        "weights": 0.0,
        "class_": ADVERTISING,
        "purpose": ADVERTISING,
        "treatments": (Treatment("w", "web", (), {}), Treatment("m", "email", (), {})),
    }
    return Action(id_, **(fields | other))


def rule(
    id_: str,
    predicate: Callable[[Mapping[str, Scalar]], bool | None],
    actions: Sequence[int],
    *reads: str,
    stage: Stage = Stage.ELIGIBILITY,
    scope: RuleScope = RuleScope.PAIR,
) -> Rule:
    """A rule with a plain function as its condition."""
    return Rule(id_, stage, scope, predicate, reads, tuple(actions), f"{id_} does not hold", id_)


def catalog(
    *actions: Action, epsilon: float = 0.0, slots: int = 1, exploration: Exploration = NO_EXPLORATION, **other: Any
) -> Catalog:
    """A catalogue of these actions with the placements hero and side (web) and mail (email)."""
    if epsilon:
        exploration = Exploration(ExplorationKind.EPSILON, epsilon)
    placements = {
        place: Placement(place, channel, slots, exploration=exploration)
        for place, channel in (("hero", "web"), ("side", "web"), ("mail", "email"))
    }
    fields: dict[str, Any] = {
        "name": "test",
        "hash": "00",
        "timezone": "Europe/Berlin",
        "currency": "EUR",
        "channels": CHANNELS,
        "placements": placements,
        "groups": {name: Group(name, "sales", name) for name in {found.group for found in actions}},
        "issues": {"sales": "Sales"},
        "actions": actions,
        "index": {found.id: row for row, found in enumerate(actions)},
        "attributes": {},
        "context": {},
        "action_attributes": {},
        "rules": (),
        "limits": (),
        "suppressions": (),
        "context_weights": (),
        "treatments": {(place.channel, place.id): _treatments(actions, place) for place in placements.values()},
        "approved": np.array([found.approved for found in actions], dtype=np.bool_),
        "start_ms": np.array([found.start_ms for found in actions], dtype=np.int64),
        "end_ms": np.array([found.end_ms for found in actions], dtype=np.int64),
        "values": np.array([found.value for found in actions], dtype=np.float64),
        "levers": np.array([1.0 + found.weights / 100.0 for found in actions], dtype=np.float64),
        "prior_propensity": np.array([found.prior_propensity for found in actions], dtype=np.float64),
        "prior_evidence": np.array([found.prior_evidence for found in actions], dtype=np.float64),
        "ledger_retention_ms": 400 * DAY_MS,
    }
    return Catalog(**(fields | other))


def _treatments(actions: Sequence[Action], place: Placement) -> npt.NDArray[np.int32]:
    fitting = (
        [
            number
            for number, treatment in enumerate(found.treatments)
            if treatment.channel == place.channel and (not treatment.placements or place.id in treatment.placements)
        ]
        for found in actions
    )
    return np.array([numbers[0] if numbers else -1 for numbers in fitting], dtype=np.int32)


@dataclass
class Scorer:
    """The priors, or propensities by action id. Keeps what it was asked."""

    by_action: Mapping[str, float] = field(default_factory=dict)
    reads: frozenset[str] = frozenset({"action.id"})
    version: str = "test"
    asked: list[list[ScoringCase]] = field(default_factory=list)

    def score(self, cases: Sequence[ScoringCase]) -> list[CaseScores]:
        """One result a case."""
        self.asked.append(list(cases))
        return [CaseScores(self._propensities(case), FeatureColumns("test")) for case in cases]

    def _propensities(self, case: ScoringCase) -> npt.NDArray[np.float64]:
        names = [str(pair.get("action.id")) for pair in case.pairs]
        return np.array([self.by_action.get(name, prior) for name, prior in zip(names, case.prior, strict=True)])


def customer(**other: Any) -> CustomerState:
    """A customer with a profile who consents to everything."""
    fields: dict[str, Any] = {"profile": Profile(known=True), "consents": GRANTED}
    return CustomerState(**(fields | other))


def asking(
    state: CustomerState | None = None, *, places: Sequence[str] = ("hero",), seed: int = 1, **other: Any
) -> DecisionInput:
    """A request on web at `NOW_MS`, for the customer who consents to everything unless another is given."""
    fields: dict[str, Any] = {
        "customer_id": "c",
        "visitor_id": "",
        "channel": "web",
        "placements": tuple(PlacementRequest(place) for place in places),
    }
    request = DecisionRequest(**(fields | other))
    return DecisionInput(request, customer() if state is None else state, NOW_MS, seed, "d")


def contact(action_id: str, at_ms: int, *reactions: Reaction, **other: Any) -> Contact:
    """A confirmed contact of ours on web, a decision of its own, whose response window was a day."""
    fields: dict[str, Any] = {
        "id": f"d{at_ms}:{action_id}",
        "at_ms": at_ms,
        "expires_ms": at_ms + HOUR_MS,
        "state": ContactState.CONFIRMED,
        "channel": "web",
        "direction": Direction.INBOUND,
        "class_": ADVERTISING,
        "group": "cards",
        "action": action_id,
        "decision_id": f"d{at_ms}",
        "respond_until_ms": at_ms + DAY_MS,
        "reactions": reactions,
    }
    return Contact(**(fields | other))
