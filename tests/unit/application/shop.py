"""A small catalogue for the use cases' tests: two channels, three placements, four actions, one limit, one suppression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nba_server.domain.action import ADVERTISING, Action, Channel, Group, Placement, Treatment
from nba_server.domain.catalog import Catalog, FieldType
from nba_server.domain.contact import ContactLimit
from nba_server.domain.engagement import Direction, SuppressionLevel
from nba_server.domain.suppression import SuppressionRule

DAY_MS = 86_400_000
MINUTE_MS = 60_000

CHANNELS = {
    "web": Channel("web", Direction.INBOUND, 5 * MINUTE_MS, DAY_MS, unknown_consent_allowed=True),
    "email": Channel("email", Direction.OUTBOUND, DAY_MS, 7 * DAY_MS),
}
PLACEMENTS = {
    "hero": Placement("hero", "web", slots=1),
    "side": Placement("side", "web", slots=2),
    "mail": Placement("mail", "email", slots=1),
}


def action(id_: str, value: float, **other: Any) -> Action:
    """An approved advertising action with a treatment for each channel."""
    fields: dict[str, Any] = {
        "group": "credit",
        "issue": "sales",
        "title": id_.title(),
        "approved": True,
        "start_ms": 0,
        "end_ms": 0,
        "value": value,
        "weights": 0.0,
        "class_": ADVERTISING,
        "purpose": ADVERTISING,
        "treatments": tuple(Treatment(f"{id_}-{channel}", channel, (), {"text": id_}) for channel in CHANNELS),
    }
    return Action(id_, **(fields | other))


ACTIONS = (
    action("card", 40.0),
    action("loan", 100.0, response_window_ms=3 * DAY_MS),
    action("receipt", 1.0, class_="service", purpose="transactional", transactional=True, group="service"),
    action("travel", 20.0, group="leisure"),
)
DAILY = ContactLimit("daily", cap=1, window_ms=DAY_MS, classes=frozenset({ADVERTISING}))
SHADOW = ContactLimit("tried", cap=0, window_ms=DAY_MS, shadow=True)
REJECTED = SuppressionRule("rejected", frozenset({"rejected"}), 1, 0, 30 * DAY_MS, SuppressionLevel.ACTION)


def shop(
    actions: Sequence[Action] = ACTIONS,
    limits: Sequence[ContactLimit] = (DAILY,),
    suppressions: Sequence[SuppressionRule] = (REJECTED,),
    hash_: str = "shop-1",
) -> Catalog:
    """The catalogue with these parts."""
    treatments = {
        (place.channel, place.id): np.array(
            [next((i for i, t in enumerate(a.treatments) if t.channel == place.channel), -1) for a in actions],
            dtype=np.int32,
        )
        for place in PLACEMENTS.values()
    }
    return Catalog(
        name="shop",
        hash=hash_,
        timezone="UTC",
        currency="EUR",
        channels=CHANNELS,
        placements=PLACEMENTS,
        groups={name: Group(name, "sales", name.title()) for name in ("credit", "service", "leisure")},
        issues={"sales": "Sales"},
        actions=tuple(actions),
        index={a.id: i for i, a in enumerate(actions)},
        attributes={"age": FieldType.INTEGER, "city": FieldType.STRING, "income": FieldType.NUMBER},
        context={"reason": FieldType.STRING, "basket": FieldType.NUMBER, "items": FieldType.INTEGER},
        action_attributes={},
        rules=(),
        limits=tuple(limits),
        suppressions=tuple(suppressions),
        context_weights=(),
        treatments=treatments,
        approved=_column([a.approved for a in actions], np.bool_),
        start_ms=_column([a.start_ms for a in actions], np.int64),
        end_ms=_column([a.end_ms for a in actions], np.int64),
        values=_column([a.value for a in actions], np.float64),
        levers=_column([1.0 for _ in actions], np.float64),
        prior_propensity=_column([a.prior_propensity for a in actions], np.float64),
        prior_evidence=_column([a.prior_evidence for a in actions], np.float64),
        ledger_retention_ms=400 * DAY_MS,
    )


def _column(values: list[Any], dtype: type[np.generic]) -> npt.NDArray[Any]:
    return np.array(values, dtype=dtype)
