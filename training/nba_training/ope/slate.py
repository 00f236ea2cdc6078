"""Slates: each position by itself (item-position model), or as a cascade in which the reader stops.

Chances are per position given the earlier ones, "no offer" being a candidate. Independent positions weigh a choice by its own
ratio; the cascade also by the ratios of the earlier positions of its slate (Kiyohara et al. 2022).
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from nba_training.ope.choices import Integers
from nba_training.ope.estimators import Terms
from nba_training.ope.log import Floats


class Slate(StrEnum):
    """How the positions of a slate hang together."""

    INDEPENDENT = "independent"
    CASCADE = "cascade"


def earlier_weights(weights: Floats, slate: Integers, position: Integers) -> Floats:
    """The product of the weights of the earlier positions of each row's slate; 1 for the first."""
    order = np.lexsort((position, slate))
    found = np.ones(len(weights))
    running, before = 1.0, None
    for row in order.tolist():
        if slate[row] != before:
            running, before = 1.0, slate[row]
        found[row] = running
        running *= float(weights[row])
    return found


def cascaded(terms: Terms, earlier: Floats, *, normalised: bool) -> Terms:
    """An estimate's terms weighted by the earlier positions; a normalised one (SNIPS) also in its denominator."""
    return Terms(terms.numerator * earlier, terms.denominator * earlier if normalised else terms.denominator)
