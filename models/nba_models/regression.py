"""A logistic regression for each action, with how sure each of its weights is: a model for few rows and for tastes that change.

It stands where LightGBM's booster stands and answers the same calls, on the encoder's matrix. The fit is the training's work.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from nba_models.features import Floats

KIND = "regression"


@dataclass(frozen=True, slots=True)
class Term:
    """One input: the standardised number of a column, or with `word` whether the column has this code. Missing is 0."""

    column: int
    mean: float
    scale: float
    word: int = -1


@dataclass(frozen=True, slots=True)
class Regression:
    """Weights by action code, the last row for actions that it does not know; the intercept comes first, then `terms`.

    `weights` and `variances` (of the posterior) are (actions + 1, terms + 1). `action`: the matrix's column with the code, or -1.
    """

    columns: int
    action: int
    terms: tuple[Term, ...]
    weights: Floats
    variances: Floats

    def num_feature(self) -> int:
        """How many columns a matrix must have."""
        return self.columns

    def predict(
        self, matrix: Floats, *, raw_score: bool = False, pred_contrib: bool = False, num_threads: int = 1
    ) -> Floats:
        """Log odds of each row; with `pred_contrib` what each column adds, and last an unknown action's intercept."""
        rows, inputs = self._rows(matrix), self.inputs(matrix)
        if pred_contrib:
            return self._contributions(rows, inputs)
        found: Floats = self.weights[rows, 0].copy()
        for place in range(
            len(self.terms)
        ):  # in this order whatever else is in the batch, so that the bits are the same
            found += self.weights[rows, place + 1] * inputs[:, place]
        return found

    @property
    def usual_odds(self) -> float:
        """The odds of an action that it does not know, for a customer of whom all numbers are usual."""
        return math.exp(float(self.weights[-1, 0]))

    def variance(self, matrix: Floats) -> Floats:
        """Of each row's log odds, as far as the weights are not known; weights taken as independent."""
        rows, inputs = self._rows(matrix), self.inputs(matrix)
        found: Floats = self.variances[rows, 0].copy()
        for place in range(len(self.terms)):
            found += self.variances[rows, place + 1] * inputs[:, place] ** 2
        return found

    def feature_importance(self, importance_type: str = "gain") -> Floats:
        """The spread of each column's weights over the known actions: what it moves, in squared log odds."""
        found = np.zeros(self.columns)
        known = self.weights[:-1] if len(self.weights) > 1 else self.weights
        for place, term in enumerate(self.terms, start=1):
            found[term.column] += float(np.mean(known[:, place] ** 2))
        if self.action >= 0:
            found[self.action] += float(np.var(known[:, 0]))
        return found

    def inputs(self, matrix: Floats) -> Floats:
        """(rows, terms)."""
        found = np.empty((len(matrix), len(self.terms)))
        for place, term in enumerate(self.terms):
            values = matrix[:, term.column]
            found[:, place] = values == term.word if term.word >= 0 else (values - term.mean) / term.scale
        return np.nan_to_num(found, nan=0.0)

    def _rows(self, matrix: Floats) -> np.ndarray:
        unknown = len(self.weights) - 1
        if self.action < 0:
            return np.full(len(matrix), unknown)
        return np.nan_to_num(matrix[:, self.action], nan=float(unknown)).astype(np.intp)

    def _contributions(self, rows: np.ndarray, inputs: Floats) -> Floats:
        found = np.zeros((len(rows), self.columns + 1))
        for place, term in enumerate(self.terms):
            found[:, term.column] += self.weights[rows, place + 1] * inputs[:, place]
        found[:, -1] = self.weights[-1, 0]
        found[:, self.action] += self.weights[rows, 0] - self.weights[-1, 0]
        return found

    def model_to_string(self) -> str:
        """As the artifact keeps it; numbers keep all their bits."""
        return json.dumps(
            {
                "kind": KIND,
                "columns": self.columns,
                "action": self.action,
                "terms": [[term.column, term.mean, term.scale, term.word] for term in self.terms],
                "weights": self.weights.tolist(),
                "variances": self.variances.tolist(),
            }
        )

    @staticmethod
    def read(text: str) -> Regression:
        """Reads `model_to_string`. Raises `ValueError`, `KeyError` or `TypeError` for anything else."""
        data: dict[str, Any] = json.loads(text)
        terms = tuple(Term(int(a), float(b), float(c), int(d)) for a, b, c, d in data["terms"])
        weights, variances = (np.array(data[name], dtype=np.float64) for name in ("weights", "variances"))
        found = Regression(int(data["columns"]), int(data["action"]), terms, weights, variances)
        if data["kind"] != KIND or weights.ndim != 2 or weights.shape != variances.shape:
            raise ValueError("a regression needs weights and variances of one shape")
        if weights.shape[1] != len(terms) + 1 or not -1 <= found.action < found.columns:
            raise ValueError("a regression needs a weight for each term")
        if not (np.isfinite(weights).all() and np.isfinite(variances).all() and (variances >= 0).all()):
            raise ValueError("a regression's numbers must be finite, its variances not negative")
        if any(not 0 <= term.column < found.columns or not term.scale > 0 for term in terms):
            raise ValueError("a regression's terms must name its columns")
        return found


def written(text: str) -> bool:
    """Whether a model file is a regression's."""
    return text.startswith('{"kind": "' + KIND)
