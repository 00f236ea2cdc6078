"""A learned value stands in for the catalogue's V, candidate by candidate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nba_server.domain.decision import decide
from nba_server.domain.propensity import CaseScores, ScoringCase
from tests.unit.domain.builder import Scorer, action, asking, catalog


@dataclass
class Valuing(Scorer):
    """Says that `b` is worth 50, and of the others nothing."""

    def score(self, cases: Sequence[ScoringCase]) -> list[CaseScores]:
        """One result a case."""
        found = super().score(cases)
        return [
            replace(scores, value=np.array([50.0 if p["action.id"] == "b" else np.nan for p in case.pairs]))
            for case, scores in zip(cases, found, strict=True)
        ]


def test_learned_values_rank_and_are_in_the_candidates() -> None:
    """With equal propensities the action with the greater learned value wins; where none is known the catalogue's counts."""
    shop = catalog(action("a", value=20.0), action("b", value=5.0))
    plain, learned = (decide([asking()], shop, scorer)[0] for scorer in (Scorer(), Valuing()))
    assert [shop.actions[plain.candidates[pick.candidate].action].id for pick in plain.picks][:1] == ["a"]
    assert [shop.actions[learned.candidates[pick.candidate].action].id for pick in learned.picks][:1] == ["b"]
    assert {shop.actions[c.action].id: c.value for c in learned.candidates} == {"a": 20.0, "b": 50.0}


def test_a_batch_keeps_values_apart() -> None:
    """In a batch each decision has its own values, the same bits as alone."""
    shop = catalog(action("a", value=20.0), action("b", value=5.0))
    together = decide([asking(seed=1), asking(seed=2)], shop, Valuing())
    alone = decide([asking(seed=2)], shop, Valuing())[0]
    assert together[1].candidates == alone.candidates
