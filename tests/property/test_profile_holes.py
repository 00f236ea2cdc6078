"""A real catalogue with CEL rules, and customers with random holes: missing is a value, nothing ever raises."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from nba_models import definition_file
from nba_models.scorer import PriorScorer
from nba_server.adapters.catalog.compiling import compile_text
from nba_server.adapters.model_scorer import DomainScorer
from nba_server.domain.decision import DecisionInput, DecisionRequest, PlacementRequest, decide
from nba_server.domain.engagement import Activity, CustomerState
from nba_server.domain.profile import Profile
from nba_server.domain.reasons import ReasonCode, Stage
from tests.unit.domain.builder import GRANTED, NOW_MS

ROOT = Path(__file__).parents[2]
RULES = {
    "adult": "customer.age >= 18",
    "german": 'customer.country == "DE" || customer.country == "AT"',
    "bearable": "customer.debt < 0.4 * customer.income",
    "member": '"vip" in customer.segments',
    "small": "context.basket < 100.0",
    "fresh": "history.presented_30d == 0 && contact.count_7d < 3",
    "free": "!has(context.open_order) || !context.open_order",
    "bought": "activity.days_since_purchase < 30.0",
}
SHOP = compile_text(
    (ROOT / "tests/golden/catalog.yaml").read_text(encoding="utf-8"),
    json.dumps(
        {
            "actions": [
                {
                    "id": f"act_{name}",
                    "title": name,
                    "group": "cards",
                    "value": 1,
                    "treatments": [{"id": "w", "channel": "web"}],
                    "eligibility": [{"id": name, "when": when}],
                }
                for name, when in RULES.items()
            ]
        }
    ),
).catalog
SCORER = DomainScorer(
    PriorScorer(definition_file.parse((ROOT / "models/definitions/affinity.yaml").read_text(encoding="utf-8")))
)
COMPLETE = {"age": 30, "country": "DE", "income": 2000.0, "debt": 0.0, "open_complaint": False}


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    kept=st.sets(st.sampled_from(sorted(COMPLETE))),
    context=st.fixed_dictionaries({}, optional={"basket": st.floats(0, 200), "open_order": st.booleans()}),
    segments=st.lists(st.sampled_from(["vip", "new"]), unique=True),
    bought=st.booleans(),
)
def test_holes_never_raise(kept: set[str], context: dict[str, object], segments: list[str], bought: bool) -> None:
    """Whatever is missing, every action is decided, and only for missing data where data are missing."""
    state = CustomerState(
        profile=Profile({name: COMPLETE[name] for name in kept}, tuple(segments), known=True),
        consents=GRANTED,
        activity=Activity(1, NOW_MS, NOW_MS, 1.0, 1.0) if bought else Activity(),
    )
    request = DecisionRequest("c", "", "web", (PlacementRequest("side", slots=8),), context)  # type: ignore[arg-type]
    decision = decide([DecisionInput(request, state, NOW_MS, 1, "d")], SHOP, SCORER, trace=True)[0]
    funnel = decision.funnels[0]
    missing = {
        "adult": "age" not in kept,
        "german": "country" not in kept,
        "bearable": not {"debt", "income"} <= kept,
        "small": "basket" not in context,
        "bought": not bought,
    }
    for name in RULES:
        index = SHOP.index[f"act_{name}"]
        if missing.get(name):
            assert funnel.stage[index] == Stage.ELIGIBILITY
            assert funnel.reasons[index][0].code is ReasonCode.MISSING_DATA
        elif funnel.stage[index]:
            assert funnel.reasons[index][0].code is ReasonCode.RULE_FAILED
