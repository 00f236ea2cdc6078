"""Random catalogues, customers and requests, whose rules are plain functions so that a test can check them again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from nba_server.domain.action import Action, ContextWeight, Treatment
from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import Consent, ConsentStatus
from nba_server.domain.contact import ContactLimit
from nba_server.domain.engagement import (
    Contact,
    ContactState,
    CustomerState,
    Direction,
    Reaction,
    Suppression,
    SuppressionLevel,
)
from nba_server.domain.profile import Profile, Scalar
from nba_server.domain.reasons import Stage
from nba_server.domain.rule import Rule, RuleScope
from nba_server.domain.suppression import SuppressionRule
from tests.unit.domain.builder import DAY_MS, GRANTED, NOW_MS, action, asking, catalog, contact

NAMES = ("a", "b", "c", "d", "e")
GROUPS = ("cards", "loans")


def at_least(fact: str, bound: int) -> Any:
    """A predicate: the fact is at least the bound; None when it is missing or no number."""

    def holds(facts: Mapping[str, Scalar]) -> bool | None:
        value = facts.get(fact)
        return value >= bound if isinstance(value, int | float) else None

    return holds


@st.composite
def actions(draw: st.DrawFn, name: str) -> Action:
    """An action that may fail at any stage."""
    channels = draw(st.sampled_from([("web",), ("email", "web"), ("web",), ("email", "web"), ("email",)]))
    return action(
        name,
        group=draw(st.sampled_from(GROUPS)),
        approved=draw(st.sampled_from([True, True, True, True, True, True, False])),
        start_ms=draw(st.sampled_from([0, 0, NOW_MS - 1, NOW_MS, NOW_MS + 1])),
        end_ms=draw(st.sampled_from([0, 0, 0, NOW_MS + 1, NOW_MS])),
        value=draw(st.sampled_from([1.0, 1.0, 2.0, 5.0, 0.0])),
        weights=draw(st.sampled_from([0.0, 0.0, 50.0, 5000.0, -100.0])),
        purpose=draw(st.sampled_from(["advertising", "service", "advertising", "service", "research"])),
        class_=draw(st.sampled_from(["advertising", "service"])),
        mandatory=draw(st.sampled_from([False] * 8 + [True])),
        transactional=draw(st.booleans()),
        fallback=draw(st.sampled_from([False] * 6 + [True])),
        attributes={"line": draw(st.sampled_from(["x", "y"]))},
        treatments=tuple(Treatment(c, c, (), {}, min_width=draw(st.sampled_from([0, 300]))) for c in channels),
    )


@st.composite
def rules(draw: st.DrawFn, number: int) -> Rule:
    """A rule of any stage and scope."""
    scope, fact, bound = draw(
        st.sampled_from(
            [
                (RuleScope.OFFER, "action.value", 2),
                (RuleScope.CUSTOMER, "customer.age", 18),
                (RuleScope.CUSTOMER, "contact.count_30d", 1),
                (RuleScope.PAIR, "history.presented_30d", 1),
                (RuleScope.PAIR, "history.group_positives_365d", 0),
            ]
        )
    )
    stage = draw(st.sampled_from([Stage.ELIGIBILITY, Stage.APPLICABILITY, Stage.SUITABILITY]))
    bound_actions = tuple(sorted(draw(st.sets(st.integers(0, len(NAMES) - 1), max_size=3))))
    return Rule(f"r{number}", stage, scope, at_least(fact, bound), (fact,), bound_actions, f"r{number}", fact)


@st.composite
def limits(draw: st.DrawFn, number: int) -> ContactLimit:
    """A limit on some channel, group or class."""
    return ContactLimit(
        f"l{number}",
        cap=draw(st.sampled_from([2, 1, 3, 0])),
        window_ms=draw(st.integers(1, 10)) * DAY_MS,
        channels=draw(st.sampled_from([frozenset(), frozenset({"web"})])),
        groups=draw(st.sampled_from([frozenset(), frozenset({"cards"})])),
        classes=draw(st.sampled_from([frozenset(), frozenset({"advertising"})])),
        shadow=draw(st.booleans()),
    )


@st.composite
def shops(draw: st.DrawFn) -> Catalog:
    """A catalogue of five actions."""
    return catalog(
        *(draw(actions(name)) for name in NAMES),
        epsilon=draw(st.sampled_from([0.0, 0.1, 1.0])),
        slots=draw(st.integers(1, 3)),
        rules=tuple(draw(rules(number)) for number in range(draw(st.integers(0, 3)))),
        limits=tuple(draw(limits(number)) for number in range(draw(st.integers(0, 2)))),
        suppressions=(
            SuppressionRule("s", frozenset({"rejected"}), 1, 0, DAY_MS, SuppressionLevel.RELATED, attribute="line"),
        ),
        context_weights=(ContextWeight("reason", "order", "group", "cards", 100.0),),
    )


@st.composite
def contacts(draw: st.DrawFn, number: int) -> Contact:
    """A ledger entry in any state, past or planned, with reactions."""
    at = NOW_MS + draw(st.integers(-12, 6)) * DAY_MS
    types = draw(st.lists(st.sampled_from(["impression", "clicked", "rejected", "no_response"]), max_size=2))
    channel, direction = draw(st.sampled_from([("web", Direction.INBOUND), ("email", Direction.OUTBOUND)]))
    return contact(
        draw(st.sampled_from([*NAMES, "gone", ""])),
        at,
        *(Reaction(type_, min(at, NOW_MS), withdrawn=draw(st.booleans())) for type_ in types),
        id=f"k{number}",
        decision_id=draw(st.sampled_from(["", "d1", "d2"])),
        state=draw(st.sampled_from(ContactState)),
        channel=channel,
        direction=direction,
        group=draw(st.sampled_from([*GROUPS, ""])),
    )


@st.composite
def customers(draw: st.DrawFn) -> CustomerState:
    """A customer with holes anywhere: attributes missing or of odd types, no consents, any ledger."""
    values = st.one_of(st.integers(-5, 99), st.floats(allow_nan=False), st.text(max_size=3), st.booleans())
    consents = st.builds(
        Consent,
        channel=st.sampled_from(["*", "web", "email"]),
        purpose=st.sampled_from(["advertising", "service", "research", "profiling"]),
        status=st.sampled_from([ConsentStatus.GRANTED, ConsentStatus.GRANTED, *ConsentStatus]),
        valid_from_ms=st.sampled_from([0, NOW_MS - 1, NOW_MS, NOW_MS + 1]),
        valid_to_ms=st.sampled_from([0, 0, NOW_MS, NOW_MS + 1]),
    )
    levels = st.sampled_from(
        [(SuppressionLevel.ACTION, "a"), (SuppressionLevel.GROUP, "loans"), (SuppressionLevel.RELATED, "line=x")]
    )
    level, key = draw(levels)
    muted = Suppression(level, key, draw(st.sampled_from(["*", "web"])), 0, NOW_MS + 1, "s", "left")
    ledger = [draw(contacts(number)) for number in range(draw(st.integers(0, 4)))]
    return CustomerState(
        profile=Profile(
            draw(st.dictionaries(st.sampled_from(["age", "city"]), values)),
            tuple(draw(st.lists(st.sampled_from(["s1", "s2"]), unique=True))),
            known=draw(st.booleans()),
        ),
        consents=(*draw(st.sampled_from([GRANTED, GRANTED, ()])), *draw(st.lists(consents, max_size=2))),
        ledger=tuple(sorted(ledger, key=lambda entry: entry.at_ms)),
        suppressions=draw(st.sampled_from([(), (), (muted,)])),
    )


@st.composite
def requests(draw: st.DrawFn) -> Any:
    """A request on web for one or two placements."""
    context = draw(st.sampled_from([{}, {"reason": "order"}, {"reason": ("order", "x")}]))
    return asking(
        draw(customers()),
        places=draw(st.sampled_from([("hero",), ("hero", "side"), ()])),
        seed=draw(st.integers(0, 2**64 - 1)),
        context=context,
        excluded_actions=draw(st.sampled_from([frozenset(), frozenset(), frozenset({"a", "gone"})])),
    )
