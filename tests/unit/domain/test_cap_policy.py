"""Caps in the funnel: what cannot be afforded where the customer lives is not offered, and the reason names the cap."""

from __future__ import annotations

from dataclasses import replace

from nba_server.domain.cap import Cap
from nba_server.domain.decision import Decision, decide
from nba_server.domain.reasons import ReasonCode, Stage
from tests.unit.domain.builder import Scorer, action, asking, catalog

STOCK = Cap("stock", 3, actions=frozenset({"gold"}))
MONEY = Cap("money", 1000, money=True, groups=frozenset({"cards"}), smallest=100, largest=400)
SHOP = replace(
    catalog(action("gold", cost=4.0, value=50.0), action("silver", cost=1.0), action("bill", group="loans")),
    caps=(STOCK, MONEY),
)


def decided(caps: dict[str, int] | None) -> Decision:
    """A decision with these units left."""
    return decide([replace(asking(), caps=caps)], SHOP, Scorer(), trace=True)[0]


def held_back(decision: Decision) -> dict[str, list[str]]:
    """By action, the caps that are named as reasons."""
    return {
        SHOP.actions[index].id: [r.subject for r in reasons if r.code is ReasonCode.CAP_REACHED]
        for funnel in decision.funnels
        for index, reasons in funnel.reasons.items()
        if funnel.stage[index] == Stage.CONTACT_POLICY
    }


def test_only_what_can_be_afforded_is_offered() -> None:
    """A dear offer needs more of a budget than a cheap one; a cap that is not known has nothing."""
    assert held_back(decided({STOCK.key: 1, MONEY.key: 400})) == {}
    assert held_back(decided({STOCK.key: 0, MONEY.key: 400})) == {"gold": ["stock"]}
    assert held_back(decided({STOCK.key: 1, MONEY.key: 399})) == {"gold": ["money"]}
    assert held_back(decided({})) == {"gold": ["stock", "money"], "silver": ["money"]}


def test_without_knowledge_of_caps_they_hold_nothing_back() -> None:
    """In cases of the catalogue's own tests there is no store to ask."""
    assert held_back(decided(None)) == {}


def test_the_reason_says_what_of() -> None:
    """Contacts or money, and the window."""
    (funnel,) = decided({}).funnels
    texts = [reason.text for reason in funnel.reasons[SHOP.index["gold"]]]
    assert texts == [
        "Of 3 contacts over all customers nothing can be spent here now.",
        "Of 10 over all customers nothing can be spent here now.",
    ]
