"""CEL expressions: `has()`, types, missing facts, scopes."""

from __future__ import annotations

import pytest

from nba_server.adapters.catalog.expression_tokens import facts_used, flat_has
from nba_server.adapters.catalog.expressions import Expression, ExpressionCompiler, Vocabulary
from nba_server.domain.catalog import FieldType
from nba_server.domain.facts import FACTS
from nba_server.domain.profile import Scalar
from nba_server.domain.rule import RuleScope

COMPILER = ExpressionCompiler(
    Vocabulary.of(
        {
            "age": FieldType.INTEGER,
            "income": FieldType.NUMBER,
            "since": FieldType.TIME,
            "langs": FieldType.STRINGS,
            "vip": FieldType.BOOLEAN,
        },
        {"reason": FieldType.STRING},
        {"tier": FieldType.STRING},
    )
)
DAY = 86_400_000


def compiled(source: str) -> Expression:
    """The expression, which must compile."""
    result = COMPILER.compile(source)
    assert isinstance(result, Expression), result
    return result


@pytest.mark.parametrize(
    ("source", "facts", "wanted"),
    [
        ("customer.age >= 18", {"customer.age": 18}, True),
        ("customer.age >= 18", {"customer.age": 17}, False),
        ("customer.age >= 18", {}, None),
        ("customer.income > 10.0", {"customer.income": 11}, True),
        ("'de' in customer.langs", {"customer.langs": ("de", "fr")}, True),
        ("customer.langs.exists(l, l.startsWith('f'))", {"customer.langs": ("de", "fr")}, True),
        ("now - customer.since > duration('48h')", {"now": 3 * DAY, "customer.since": 0}, True),
        ("now - customer.since > duration('48h')", {"now": 2 * DAY, "customer.since": 0}, False),
        ("customer.since < timestamp('2026-01-01T00:00:00Z')", {"customer.since": 0}, True),
        ("has(customer.age)", {}, False),
        ("has(customer.age)", {"customer.age": 0}, True),
        ("!has(customer.age) || customer.age < 30", {}, True),
        ("has(customer.age) && customer.age < 30", {}, False),
        ("customer.vip || customer.age > 3", {"customer.age": 4}, True),
        ("customer.vip && customer.age > 3", {"customer.age": 3}, False),
        ("100 / customer.age > 3", {"customer.age": 0}, None),
        ("customer.age > 3", {"customer.age": "x"}, None),
        ("customer.since < now", {"customer.since": 10**18, "now": 0}, None),
        ("context.reason == 'has(customer.age)'", {"context.reason": "has(customer.age)"}, True),
    ],
)
def test_predicate(source: str, facts: dict[str, Scalar], wanted: bool | None) -> None:
    """True, False, or None where a fact is missing or the evaluation fails; never an exception."""
    assert compiled(source).predicate(facts) is wanted


def test_has_keeps_every_place() -> None:
    """`has(fact)` becomes a variable of the same length, also with blanks and line breaks inside, not in texts."""
    source = "has( customer.age ) &&\n  has(customer.vip) // has(customer.age)\n && 'has(customer.age)' != r'has(customer.age)'"
    flat = flat_has(source, {"customer.age", "customer.vip"})
    assert len(flat.text) == len(source)
    assert flat.text.index("&& '") == source.index("&& '")
    assert flat.text.startswith("has_customer.age_   &&\n  has_customer.vip_ // has(customer.age)")
    assert flat.asked == ("customer.age", "customer.vip")


def test_facts_used_are_those_outside_of_texts() -> None:
    """Only names in the expression itself count; a method behind a fact does not hide it."""
    source = "customer.langs.exists(x, x == 'customer.age') && now.getHours() > 3 // customer.vip"
    facts = {"customer.langs", "customer.age", "customer.vip", "now"}
    assert facts_used(source, facts) == ("customer.langs", "now")


@pytest.mark.parametrize(
    ("source", "scope"),
    [
        ("action.tier == 'gold'", RuleScope.OFFER),
        ("true", RuleScope.OFFER),
        ("customer.age > 3", RuleScope.CUSTOMER),
        ("customer.age > 3 && context.reason == 'x'", RuleScope.CUSTOMER),
        ("has(customer.age)", RuleScope.CUSTOMER),
        ("customer.age > 3 && action.tier == 'gold'", RuleScope.PAIR),
        ("!history.holds_product", RuleScope.PAIR),
        ("has(history.days_since_presented)", RuleScope.PAIR),
    ],
)
def test_scope_follows_from_what_is_read(source: str, scope: RuleScope) -> None:
    """Offer facts alone: once a load; shared facts alone: once a request; both: once a pair."""
    assert compiled(source).scope is scope


def test_reads_name_all_facts_once() -> None:
    """A rule says what it reads, so that nothing else needs to be worked out."""
    assert compiled("has(customer.age) && customer.age > 3 && action.tier == 'x'").reads == (
        "action.tier",
        "customer.age",
    )


def test_every_fixed_fact_can_be_used() -> None:
    """Each fact of the vocabulary compiles with its type, in a comparison and in has()."""
    literals = {
        FieldType.STRING: "== 'x'",
        FieldType.INTEGER: "== 1",
        FieldType.NUMBER: "== 1.0",
        FieldType.BOOLEAN: "== true",
        FieldType.STRINGS: "== ['x']",
        FieldType.TIME: "== timestamp('2026-01-01T00:00:00Z')",
    }
    for name, fact in FACTS.items():
        expression = compiled(f"has({name}) && {name} {literals[fact.type]}")
        assert expression.reads == (name,)
        assert expression.predicate({}) is False


def test_equal_expressions_are_compiled_once() -> None:
    """Ten thousand actions with the same rule cost one compilation."""
    assert compiled("customer.age >= 21") is compiled("customer.age >= 21")
