"""Propensity: P(positive outcome) of each candidate, by a model or by the smoothed prior.

`propensity` is never the chance that the policy picked something; that is `pick_probability` (exploration.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from nba_server.domain.profile import Scalar

PRIOR_VERSION = "prior"


@dataclass(frozen=True, slots=True)
class ScoringCase:
    """One decision's candidates: facts shared by all of them, and one mapping of pair facts each (columns, if `CandidateFacts`).

    `prior` and `evidence` are p0 and SE of the candidates' actions, for the smoothed cold start.
    """

    shared: Mapping[str, Scalar]
    pairs: Sequence[Mapping[str, Scalar]]
    prior: npt.NDArray[np.float64]
    evidence: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FeatureColumns:
    """Raw feature values as used, by the definition's column order; numbers float64 with NaN for missing,
    texts with "" for missing. `pair_*` are row-major, one row a candidate; `rows` says how many there are, 0 where a scorer does
    not say.
    """

    definition_hash: str
    shared_numbers: bytes = b""
    shared_texts: tuple[str, ...] = ()
    pair_numbers: bytes = b""
    pair_texts: tuple[str, ...] = ()
    rows: int = 0


@dataclass(frozen=True, slots=True)
class CaseScores:
    """Propensities of one case in the order of its pairs, each in (0, 1), and the features behind them.

    `evidence` is how many trials each propensity weighs like, the prior's among them; None: the prior's alone. `trials` are
    those of the action that the model learned from; None: none. `value` is what a positive answer is worth where the model has
    learned that; None, and NaN in it: the catalogue's value.
    """

    propensity: npt.NDArray[np.float64]
    features: FeatureColumns
    evidence: npt.NDArray[np.float64] | None = None
    trials: npt.NDArray[np.float64] | None = None
    value: npt.NDArray[np.float64] | None = None


class Scorer(Protocol):
    """Scores the candidates of many decisions in one pass."""

    @property
    def version(self) -> str:
        """The model's version, or `prior`."""

    @property
    def reads(self) -> frozenset[str]:
        """Names of the facts that the features use; only these need to be computed."""

    def score(self, cases: Sequence[ScoringCase]) -> list[CaseScores]:
        """One result a case. Missing facts are a value, never an exception."""
