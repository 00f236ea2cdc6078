"""Small logs whose truth is known, for tests of off-policy evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from nba_models.definition import Feature, FeatureKind, FeatureScope, ModelDefinition
from nba_models.features import FeatureLayout, RawColumns
from nba_training.logs.builder import ChoicesBuilder
from nba_training.logs.choice import LoggedCandidate, LoggedChoice
from nba_training.ope.choices import Choices, LeftOut

RATES = {"alpha": (0.10, 0.40), "beta": (0.30, 0.10), "gamma": (0.20, 0.20)}
"""Chance of a reward for customers of the old and of the new kind."""

LAYOUT = FeatureLayout(
    ModelDefinition("tests", "", (Feature("customer.new", FeatureKind.NUMBER, FeatureScope.SHARED),), hash="tests")
)


def built(choices: Iterable[LoggedChoice]) -> tuple[Choices, LeftOut]:
    """As the readers build them."""
    builder = ChoicesBuilder({"tests": LAYOUT})
    builder.collect(choices)
    return builder.build()


def small_log(
    n: int, seed: int, logging: Sequence[float] = (0.5, 0.3, 0.2), *, slots: int = 1, known: bool = True
) -> list[LoggedChoice]:
    """`n` decisions of three customers a time with `slots` positions; each position draws among what is left."""
    rng = np.random.default_rng(seed)
    names = tuple(RATES)
    found = []
    for number in range(n):
        kind = number // 3 % 2
        features = RawColumns("tests", np.array([float(kind)], dtype="<f8").tobytes())
        left = list(range(3))
        for position in range(1, slots + 1):
            chances = np.array([logging[place] for place in left]) / sum(logging[place] for place in left)
            at = int(rng.choice(len(left), p=chances))
            found.append(
                LoggedChoice(
                    customer=f"{number // 3 * 2:016x}",
                    at_ms=number,
                    slate=str(number),
                    position=position,
                    candidates=tuple(
                        LoggedCandidate(names[place], float(chance) if known else np.nan, row=0)
                        for place, chance in zip(left, chances, strict=True)
                    ),
                    chosen=at,
                    pick_probability=float(chances[at]),
                    reward=float(rng.random() < RATES[names[left[at]]][kind]),
                    features=features,
                    rows=1,
                )
            )
            del left[at]
    return found
