"""What is worked out for a whole batch is what one customer alone would have been told."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nba_server.domain.catalog import Catalog
from nba_server.domain.contact import ContactLimit
from nba_server.domain.contact_table import ContactTable, contact_row
from nba_server.domain.decision import DecisionInput, decide
from nba_server.domain.engagement import Contact, ContactState, Direction, Reaction
from nba_server.domain.funnel import slate
from nba_server.domain.histories import BY_ACTION, SHARED, Histories
from nba_server.domain.ledger import admits
from nba_server.domain.moment import Moment
from nba_server.domain.pair_columns import PairColumns
from nba_server.domain.shared_facts import shared_facts
from tests.property.worlds import requests, shops
from tests.unit.domain.builder import NOW_MS, Scorer, action, catalog, customer

EXAMPLES = settings(max_examples=100, deadline=None, derandomize=True)
DAY_MS = 86_400_000
ACTIONS = ("gold", "silver", "tin")
SHOP = catalog(*(action(name) for name in ACTIONS))
KINDS = ("clicked", "rejected", "no_response", "converted", "delivered", "score")


def reactions() -> st.SearchStrategy[tuple[Reaction, ...]]:
    """Up to three outcomes, some withdrawn."""
    times = st.integers(NOW_MS - 400 * DAY_MS, NOW_MS + DAY_MS)
    one = st.builds(
        Reaction, st.sampled_from(KINDS), times, st.sampled_from(("e1", "e2", "e3")), st.none(), st.booleans()
    )
    return st.lists(one, max_size=3).map(tuple)


@st.composite
def ledgers(draw: st.DrawFn) -> tuple[Contact, ...]:
    """Contacts of the last year and a few planned ones, in order of time; some of one decision, some that lapse."""
    count = draw(st.integers(0, 8))
    times = sorted(draw(st.integers(NOW_MS - 100 * DAY_MS, NOW_MS + 2 * DAY_MS)) for _ in range(count))
    return tuple(
        Contact(
            id=f"c{place}",
            at_ms=at_ms,
            expires_ms=at_ms + draw(st.integers(0, 2 * DAY_MS)),
            state=draw(st.sampled_from(ContactState)),
            channel=draw(st.sampled_from(("web", "mail"))),
            direction=draw(st.sampled_from(Direction)),
            class_=draw(st.sampled_from(("advertising", "service"))),
            group=draw(st.sampled_from(("cards", "gone"))),
            action=draw(st.sampled_from((*ACTIONS, "gone"))),
            decision_id=draw(st.sampled_from(("", "", "d1", "d2"))),
            respond_until_ms=at_ms + DAY_MS,
            reactions=draw(reactions()),
            deferred=draw(st.booleans()),
        )
        for place, at_ms in enumerate(times)
    )


def limits() -> st.SearchStrategy[ContactLimit]:
    """Caps of one to three over windows of days and weeks, with and without filters."""
    return st.builds(
        ContactLimit,
        st.just("limit"),
        st.integers(0, 3),
        st.integers(1, 60).map(lambda days: days * DAY_MS),
        channels=st.sampled_from((frozenset(), frozenset({"web"}))),
        directions=st.sampled_from((frozenset(), frozenset({Direction.OUTBOUND}))),
        classes=st.sampled_from((frozenset(), frozenset({"advertising"}))),
        actions=st.sampled_from((frozenset(), frozenset({"gold"}))),
    )


def moments(found: list[tuple[Contact, ...]]) -> list[Moment]:
    """A customer for each ledger."""
    return [Moment(customer(ledger=ledger), "web", {}, SHOP, NOW_MS) for ledger in found]


@EXAMPLES
@given(st.lists(ledgers(), min_size=1, max_size=3), limits())
def test_histories_of_many_are_those_of_each(found: list[tuple[Contact, ...]], limit: ContactLimit) -> None:
    """Facts of the customer, of customer and action, and what a limit says, whoever else is in the batch."""
    each = moments(found)
    together = Histories(moments([ContactTable([contact_row(c) for c in ledger]) for ledger in found]))  # type: ignore[misc]
    for name in BY_ACTION:
        for place, moment in enumerate(each):
            alone = PairColumns(moment).column(name)
            assert np.array_equal(together.by_action(name)[place], alone, equal_nan=True), name
    for name, compute in SHARED.items():
        for moment, told in zip(each, compute(together), strict=True):
            assert shared_facts(moment, [name]).get(name) == told, name
    admitted, known = together.admits(limit, np.full(len(each), NOW_MS))
    for moment, said, sure in zip(each, admitted.tolist(), known.tolist(), strict=True):
        assert not sure or said is admits(moment.state.ledger, limit, NOW_MS, NOW_MS)


@EXAMPLES
@given(shops(), requests())
def test_a_ranked_slate_is_the_contested_one(shop: Catalog, asked: DecisionInput) -> None:
    """The list that fills positions gives the picks, chances and alternates of the general way."""
    ranked = decide([asked], shop, Scorer())[0]
    with patch.object(slate, "is_plain", return_value=False):
        contested = decide([asked], shop, Scorer())[0]
    assert ranked.picks == contested.picks
    assert ranked.candidates == contested.candidates
