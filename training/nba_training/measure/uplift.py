"""Uplift curves: does a ranking put the customers first whom the treatment changes most?

Definitions of Devriendt et al. 2020 and Radcliffe 2007; areas are divided by those of a perfect ranking.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trial:
    """A randomised trial: outcome `y` 0/1, `treated` 0/1, one row a customer."""

    y: Floats
    treated: Floats


@dataclass(frozen=True, slots=True)
class Curve:
    """`x` customers targeted, `y` cumulative gain; starts at (0, 0)."""

    x: Floats
    y: Floats

    @property
    def area(self) -> float:
        """Area under the curve by trapezes."""
        return float(np.trapezoid(self.y, self.x))


def _cumulated(trial: Trial, score: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Counts at each distinct score, best first: all, treated, control, positives treated, positives control."""
    order = np.argsort(score, kind="mergesort")[::-1]
    y, treated, ranked = trial.y[order], trial.treated[order], score[order]
    ends = np.r_[np.nonzero(np.diff(ranked))[0], len(ranked) - 1]
    n_all = ends + 1.0
    n_treated = np.cumsum(treated)[ends]
    return n_all, n_treated, n_all - n_treated, np.cumsum(y * treated)[ends], np.cumsum(y * (1 - treated))[ends]


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole != 0)


def uplift_curve(trial: Trial, score: Floats) -> Curve:
    """(rate of treated - rate of controls) x customers, among the best-ranked."""
    n_all, n_treated, n_control, y_treated, y_control = _cumulated(trial, score)
    gain = (_share(y_treated, n_treated) - _share(y_control, n_control)) * n_all
    return Curve(np.r_[0.0, n_all], np.r_[0.0, gain])


def qini_curve(trial: Trial, score: Floats) -> Curve:
    """Positives of the treated - positives of the controls scaled to the treated, among the best-ranked."""
    n_all, n_treated, n_control, y_treated, y_control = _cumulated(trial, score)
    gain = y_treated - y_control * _share(n_treated, n_control)
    return Curve(np.r_[0.0, n_all], np.r_[0.0, gain])


def _normalised(actual: Curve, perfect: Curve) -> float:
    baseline = Curve(perfect.x[[0, -1]], perfect.y[[0, -1]]).area
    return (actual.area - baseline) / (perfect.area - baseline)


def uplift_area(trial: Trial, score: Floats) -> float:
    """Area between the uplift curve and a random ranking, over that of a perfect ranking."""
    control_responders = ((trial.y == 1) & (trial.treated == 0)).sum()
    treated_refusers = ((trial.y == 0) & (trial.treated == 1)).sum()
    tie_break = trial.y if control_responders > treated_refusers else trial.treated
    perfect = 2.0 * (trial.y == trial.treated) + tie_break
    return _normalised(uplift_curve(trial, score), uplift_curve(trial, perfect))


def qini_area(trial: Trial, score: Floats) -> float:
    """Area between the Qini curve and a random ranking, over that of a perfect ranking with negative effects."""
    perfect = trial.y * trial.treated - trial.y * (1 - trial.treated)
    return _normalised(qini_curve(trial, score), qini_curve(trial, perfect))


def uplift_at(trial: Trial, score: Floats, share: float) -> float:
    """Rate of treated - rate of controls among the best-ranked `share` of all customers."""
    best = np.argsort(score, kind="mergesort")[::-1][: int(len(score) * share)]
    y, treated = trial.y[best], trial.treated[best]
    return float(y[treated == 1].mean() - y[treated == 0].mean())


def uplift_at_by_group(trial: Trial, score: Floats, share: float) -> float:
    """The same with the best-ranked `share` taken in each arm on its own."""
    rates = []
    for arm in (1, 0):
        y, ranked = trial.y[trial.treated == arm], score[trial.treated == arm]
        rates.append(y[np.argsort(ranked, kind="mergesort")[::-1][: int(len(y) * share)]].mean())
    return float(rates[0] - rates[1])


def weighted_average_uplift(trial: Trial, score: Floats, *, bins: int = 5) -> float:
    """Uplift of each of `bins` equal slices of the ranking, weighted by how many of a slice were treated."""
    slices = np.array_split(np.argsort(score, kind="mergesort")[::-1], bins)
    arms = [(trial.y[part], trial.treated[part]) for part in slices]
    rates = [y[treated == 1].mean() - y[treated == 0].mean() for y, treated in arms]
    return float(np.average(rates, weights=[treated.sum() for _, treated in arms]))
