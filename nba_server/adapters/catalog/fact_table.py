"""The table of facts for the documentation, drawn from the one vocabulary."""

from __future__ import annotations

from dataclasses import dataclass

from nba_server.domain.facts import FACTS
from nba_server.domain.rule import RuleScope

_EVALUATED = {
    RuleScope.OFFER: "once, when the catalogue loads",
    RuleScope.CUSTOMER: "once a request",
    RuleScope.PAIR: "once a customer and action",
}


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact as documented."""

    name: str
    type: str
    evaluated: str
    meaning: str


def fact_rows() -> list[FactRow]:
    """The fixed facts, then the forms of the catalogue's own."""
    fixed = [FactRow(name, fact.type.value, _EVALUATED[fact.scope], fact.meaning) for name, fact in FACTS.items()]
    own = [
        ("customer.<attribute>", RuleScope.CUSTOMER, "an attribute of the customer, declared under `attributes:`"),
        ("context.<field>", RuleScope.CUSTOMER, "a field of the live context, declared under `context:`"),
        ("action.<attribute>", RuleScope.OFFER, "an attribute of the action, declared under `action_attributes:`"),
    ]
    return fixed + [FactRow(name, "as declared", _EVALUATED[scope], meaning) for name, scope, meaning in own]


def fact_table() -> str:
    """A Markdown table."""
    lines = ["| fact | type | worked out | meaning |", "|---|---|---|---|"]
    lines += [f"| `{row.name}` | {row.type} | {row.evaluated} | {row.meaning} |" for row in fact_rows()]
    return "\n".join(lines) + "\n"
