"""Calibration: raw scores (log odds of the trees) to probabilities that mean what they say.

Plain numpy. Element by element, so that a row's probability does not depend on the rows beside it.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nba_models.features import Floats

Labels = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SigmoidCalibration:
    """p = 1 / (1 + exp(-(slope * score + offset))), after Platt (1999)."""

    slope: float
    offset: float

    def __call__(self, scores: Floats) -> Floats:
        """Probabilities of the scores."""
        logits = self.slope * scores + self.offset
        # As `sigmoid` does, element by element: the array library's exp differs from processor to processor, this one does not.
        down = np.maximum(-np.abs(logits), -700.0)
        grown = np.fromiter(map(math.exp, down.tolist()), dtype=np.float64, count=len(down))
        return np.asarray(np.where(logits >= 0, 1.0, grown) / (1.0 + grown))

    def to_json(self) -> bytes:
        """The form that the artifact keeps."""
        return json.dumps({"kind": "sigmoid", "slope": self.slope, "offset": self.offset}).encode()


@dataclass(frozen=True, slots=True)
class IsotonicCalibration:
    """Piecewise linear through the centres of the pooled blocks: rises strictly between them, so that ranks survive."""

    scores: tuple[float, ...]
    rates: tuple[float, ...]

    def __call__(self, scores: Floats) -> Floats:
        """Probabilities of the scores."""
        return np.asarray(np.interp(scores, self.scores, self.rates), dtype=np.float64)

    def to_json(self) -> bytes:
        """The form that the artifact keeps."""
        return json.dumps({"kind": "isotonic", "scores": self.scores, "rates": self.rates}).encode()


Calibration = SigmoidCalibration | IsotonicCalibration


def from_json(payload: bytes) -> Calibration:
    """Reads `to_json`. Raises `ValueError`, `KeyError` or `TypeError` for anything else."""
    data = json.loads(payload)
    if data["kind"] == "sigmoid":
        return SigmoidCalibration(_finite(data["slope"]), _finite(data["offset"]))
    if data["kind"] != "isotonic":
        raise ValueError(f"unknown calibration {data['kind']!r}")
    scores, rates = tuple(map(_finite, data["scores"])), tuple(map(_finite, data["rates"]))
    if not scores or len(scores) != len(rates) or list(scores) != sorted(scores):
        raise ValueError("isotonic calibration needs as many rates as ordered scores")
    return IsotonicCalibration(scores, rates)


def fit_sigmoid(scores: Floats, labels: Labels) -> SigmoidCalibration:
    """Maximum likelihood by Newton's method on Platt's smoothed targets. Needs rows of both labels to be of use."""
    positives = float(np.count_nonzero(labels))
    negatives = float(labels.size) - positives
    target = np.where(labels, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    slope, offset = 1.0, 0.0
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(slope * scores + offset, -35, 35)))
        weight = np.maximum(p * (1 - p), 1e-12)
        error = p - target
        gradient = np.array([np.dot(error, scores), error.sum()])
        cross = np.dot(weight, scores)
        hessian = np.array([[np.dot(weight, scores * scores) + 1e-9, cross], [cross, weight.sum() + 1e-9]])
        step = np.linalg.solve(hessian, gradient)
        slope, offset = slope - float(step[0]), offset - float(step[1])
        if float(np.abs(step).max()) < 1e-10:
            break
    if not (math.isfinite(slope) and math.isfinite(offset)) or slope <= 0:
        return SigmoidCalibration(1e-9, _log_odds((positives + 1) / (labels.size + 2)))
    return SigmoidCalibration(slope, offset)


def fit_isotonic(scores: Floats, labels: Labels) -> IsotonicCalibration:
    """Pool adjacent violators; each block is smoothed by half a positive and half a negative, so no rate is 0 or 1.

    Rows of one score are one block from the start: they can have one rate only.
    """
    distinct, place, rows_of = np.unique(scores, return_inverse=True, return_counts=True)
    positives_of = np.bincount(place, labels, len(distinct))
    blocks: list[list[float]] = []  # positives, rows, sum of scores
    for score, yes, rows in zip(distinct.tolist(), positives_of.tolist(), rows_of.tolist(), strict=True):
        blocks.append([float(yes), float(rows), score * rows])
        while len(blocks) > 1 and blocks[-2][0] * blocks[-1][1] >= blocks[-1][0] * blocks[-2][1]:
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
    centres = np.maximum.accumulate([total / rows for _, rows, total in blocks])  # rounding must not undo the order
    rates = np.maximum.accumulate([(positives + 0.5) / (rows + 1.0) for positives, rows, _ in blocks])
    return IsotonicCalibration(tuple(centres.tolist()), tuple(float(rate) for rate in rates))


def sigmoid(value: float) -> float:
    """The logistic function without overflow."""
    if value >= 0:
        return 1.0 / (1.0 + math.exp(-value))
    grown = math.exp(max(value, -700.0))
    return grown / (1.0 + grown)


def _log_odds(rate: float) -> float:
    return math.log(rate / (1.0 - rate))


def _finite(value: object) -> float:
    number = float(value)  # type: ignore[arg-type]  # a TypeError is the answer for what is no number
    if not math.isfinite(number):
        raise ValueError("calibration holds a number that is not finite")
    return number
