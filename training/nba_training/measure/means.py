"""Two means, e.g. revenue a customer: Welch's interval of the difference and the delta method for the relative one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect with its interval and two-sided p value."""

    value: float
    low: float
    high: float
    p_value: float


def absolute(
    treated: npt.NDArray[np.float64], control: npt.NDArray[np.float64], *, level: float = 0.95, binary: bool = False
) -> Effect:
    """mean(treated) - mean(control), Welch. `binary`: 0/1 outcomes, whose variance is p(1 - p)."""
    (m_t, v_t, n_t), (m_c, v_c, n_c) = _moments(treated, binary), _moments(control, binary)
    return _effect(m_t - m_c, v_t + v_c, _freedom(v_t, n_t, v_c, n_c), level)


def relative(
    treated: npt.NDArray[np.float64], control: npt.NDArray[np.float64], *, level: float = 0.95, binary: bool = False
) -> Effect:
    """mean(treated) / mean(control) - 1, delta method with Welch's degrees of freedom; `binary` as in `absolute`."""
    (m_t, v_t, n_t), (m_c, v_c, n_c) = _moments(treated, binary), _moments(control, binary)
    variance = v_t / m_c**2 + v_c * m_t**2 / m_c**4
    return _effect(m_t / m_c - 1, variance, _freedom(v_t, n_t, v_c, n_c), level)


def _moments(x: npt.NDArray[np.float64], binary: bool) -> tuple[float, float, int]:
    """Mean, variance of the mean, and size."""
    return float(x.mean()), float(x.var(ddof=0 if binary else 1)) / len(x), len(x)


def _freedom(v_t: float, n_t: int, v_c: float, n_c: int) -> float:
    return float((v_t + v_c) ** 2 / (v_t**2 / (n_t - 1) + v_c**2 / (n_c - 1)))


def _effect(value: float, variance: float, freedom: float, level: float) -> Effect:
    error = math.sqrt(variance)
    half = float(student.ppf(0.5 + level / 2, freedom)) * error
    p_value = float(2 * student.sf(abs(value) / error, freedom)) if error else 1.0
    return Effect(float(value), float(value - half), float(value + half), p_value)
