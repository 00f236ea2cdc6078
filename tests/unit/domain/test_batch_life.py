"""What a decision leaves behind."""

from __future__ import annotations

import gc

from nba_server.domain.decision import decide
from nba_server.domain.funnel.work import Work
from tests.unit.domain.builder import Scorer, action, asking, catalog


def test_nothing_of_a_decision_waits_for_the_collector() -> None:
    """The working memory goes with the last reference to the decision: no cycle keeps a batch until a collection."""
    shop = catalog(action("gold"), action("silver"))
    gc.collect()
    gc.disable()
    try:
        decisions = decide([asking() for _ in range(8)], shop, Scorer())
        assert [decision.picks for decision in decisions]
        del decisions
        assert not [found for found in gc.get_objects() if isinstance(found, Work)]
    finally:
        gc.enable()
