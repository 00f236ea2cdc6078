"""What a rule says as a tree is what the CEL engine says, on any facts, missing ones and odd ones included."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nba_server.adapters.catalog.expressions import Expression, ExpressionCompiler, Vocabulary
from nba_server.domain.catalog import FieldType
from nba_server.domain.profile import Scalar
from nba_server.domain.reasons import Stage
from nba_server.domain.rule import Rule, RuleScope
from nba_server.domain.rule_table import RuleTable

FIELDS = {
    "age": FieldType.INTEGER,
    "score": FieldType.NUMBER,
    "country": FieldType.STRING,
    "late": FieldType.BOOLEAN,
    "tags": FieldType.STRINGS,
}
COMPILER = ExpressionCompiler(
    Vocabulary.of(FIELDS, {"page": FieldType.STRING}, {"least": FieldType.NUMBER, "land": FieldType.STRING})
)
WORDS = ("DE", "AT", "é", "")

words = st.sampled_from(WORDS)
order = st.sampled_from(("<", "<=", ">", ">=", "==", "!="))
equal = st.sampled_from(("==", "!="))
integers = st.integers(-3, 3)
numbers = st.sampled_from((-2.5, 0.0, 1.0, 2.5))

atoms = st.one_of(
    st.builds("customer.age {} {}".format, order, integers),
    st.builds("{} {} customer.age".format, integers, order),
    st.builds("customer.score {} {}".format, order, numbers),
    st.builds("customer.score + {} {} action.least * {}".format, numbers, order, numbers),
    st.builds("customer.score - action.least {} customer.score".format, order),
    st.builds("customer.age {} history.presented_30d".format, order),
    st.builds("customer.country {} '{}'".format, equal, words),
    st.builds("customer.country {} action.land".format, equal),
    st.builds("customer.country in ['{}', \"{}\"]".format, words, words),
    st.builds("context.page {} '{}'".format, equal, words),
    st.builds("'{}' in customer.tags".format, words),
    st.builds("customer.late {} true".format, equal),
    st.sampled_from(
        ("customer.late", "!customer.late", "has(customer.age)", "!has(customer.country)", "has(action.land)")
    ),
    st.sampled_from(("has(customer.score)", "has(context.page)", "history.holds_product")),
)
expressions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!({})".format, inner),
    ),
    max_leaves=5,
)


def maybe(values: st.SearchStrategy[Scalar]) -> st.SearchStrategy[Scalar | None]:
    """A value, or nothing."""
    return st.one_of(st.none(), values)


customers = st.fixed_dictionaries(
    {
        "customer.age": maybe(integers),
        "customer.score": maybe(numbers),
        "customer.country": maybe(st.sampled_from((*WORDS, "elsewhere"))),
        "customer.late": maybe(st.booleans()),
        "customer.tags": maybe(st.lists(words, max_size=2).map(tuple)),
        "context.page": maybe(words),
    }
)
offers = st.fixed_dictionaries({"action.least": maybe(numbers), "action.land": maybe(words)})
pairs = st.fixed_dictionaries({"history.presented_30d": integers, "history.holds_product": st.booleans()})


def known(facts: dict[str, Scalar | None]) -> dict[str, Scalar]:
    """Without the facts that are missing."""
    return {name: value for name, value in facts.items() if value is not None}


@settings(max_examples=400, deadline=None)
@given(st.lists(expressions, min_size=1, max_size=6), st.lists(customers, min_size=1, max_size=3), offers, pairs)
def test_a_rule_as_a_tree_says_what_the_engine_says(
    sources: list[str],
    people: list[dict[str, Scalar | None]],
    offer: dict[str, Scalar | None],
    pair: dict[str, Scalar],
) -> None:
    """For every rule, customer and action the table removes exactly where the engine does not say true."""
    rules = []
    for number, source in enumerate(sources):
        expression = COMPILER.compile(source)
        assert isinstance(expression, Expression)
        assert expression.condition is not None, source
        rule = Rule(
            str(number),
            Stage.ELIGIBILITY,
            RuleScope.PAIR,
            expression.predicate,
            expression.reads,
            (number, 6),
            "",
            source,
        )
        rules.append(
            Rule(**{name: getattr(rule, name) for name in Rule.__slots__} | {"condition": expression.condition})
        )
    table = RuleTable(rules, [known(offer)] * 7)
    vectors = [table.vector(known(person)) for person in people]
    assert all(vector is not None for vector in vectors)
    told = np.stack([vector for vector in vectors if vector is not None])
    removed = table.removed(told, lambda name: np.full((len(people), 7), pair[name], dtype=np.float64))
    for person, found in zip(people, removed, strict=True):
        facts = known(person) | known(offer) | pair
        holds = [rule.predicate(facts) is True for rule in rules]
        assert found.tolist()[: len(rules)] == [not held for held in holds]
        assert found[6] == (not all(holds))


def test_what_a_number_cannot_tell_exactly_is_left_to_the_engine() -> None:
    """A fact of another type than declared, or an integer beyond the exact ones, makes the table give up on the request."""
    expression = COMPILER.compile("customer.age >= 3")
    assert isinstance(expression, Expression)
    rule = Rule(
        "r", Stage.ELIGIBILITY, RuleScope.CUSTOMER, expression.predicate, (), (0,), "", "", (), expression.condition
    )
    table = RuleTable([rule], [{}])
    assert table.vector({"customer.age": 2**60}) is None
    assert table.vector({"customer.age": "old"}) is None
    assert table.vector({"customer.age": 4}) is not None
