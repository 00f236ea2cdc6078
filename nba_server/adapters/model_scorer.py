"""The kernel's scorers as the domain's `Scorer`: the same numbers in the domain's records.

Knows nothing of where models come from.
"""

from __future__ import annotations

from collections.abc import Sequence

from nba_models.contributions import NotLogged, row_parts
from nba_models.scorer import CaseScorer, ModelScorer
from nba_server.domain.contribution import ScoreAccount, ScoreParts
from nba_server.domain.propensity import CaseScores, FeatureColumns, ScoringCase


class DomainScorer:
    """A scorer of the shared kernel, for `decide()`."""

    def __init__(self, scorer: CaseScorer) -> None:
        self._scorer = scorer
        self._version = scorer.version
        self._reads = scorer.reads

    @property
    def kernel(self) -> CaseScorer:
        """The scorer of the shared kernel."""
        return self._scorer

    @property
    def version(self) -> str:
        """`prior-…`, a model's version, or `<model>+<definition>` while another definition's features are logged."""
        return self._version

    @property
    def reads(self) -> frozenset[str]:
        """Names of the facts that the features use."""
        return self._reads

    def score(self, cases: Sequence[ScoringCase]) -> list[CaseScores]:
        """One result a case."""
        return [
            CaseScores(
                found.propensity,
                FeatureColumns(
                    definition_hash=found.features.definition_hash,
                    shared_numbers=found.features.shared_numbers,
                    shared_texts=found.features.shared_texts,
                    pair_numbers=found.features.pair_numbers,
                    pair_texts=found.features.pair_texts,
                    rows=found.features.rows,
                ),
                found.evidence,
                found.trials,
                found.value,
            )
            for found in self._scorer.score(cases)
        ]

    def account(self, features: FeatureColumns, rows: Sequence[int]) -> ScoreAccount:
        """What each feature added to the scores of some rows that this scorer logged; slow, for explanations alone."""
        scorer = self._scorer
        if not isinstance(scorer, ModelScorer):
            return ScoreAccount(missing="no model had learned yet: the propensity is the prior of the action")
        try:
            found = row_parts(scorer.model, scorer.logged, features, rows)
        except NotLogged as fault:
            return ScoreAccount(missing=str(fault))
        return ScoreAccount(tuple(ScoreParts(row.base, row.log_odds, row.raw, row.predicted) for row in found))
