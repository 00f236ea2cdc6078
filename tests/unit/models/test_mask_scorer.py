"""A model gives the same propensities and logs the same features whether the facts come as columns or one by one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from nba_models.features import Floats, Scalar, number
from nba_models.scorer import ModelScorer, load
from tests.unit.models.small import ACTIONS, FactCase, sealed

OFFERS: list[Mapping[str, Scalar]] = [
    {"action.id": name, "action.group": "things"} | ({} if name == "beta" else {"action.value": 0.2 + place / 5})
    for place, name in enumerate((*ACTIONS, "unheard-of"))
]


class Columns(list[Mapping[str, Any]]):
    """Pair facts that can also be had by the column, as serving has them."""

    def __init__(self, rows: list[int], facts: list[Mapping[str, Scalar]]) -> None:
        super().__init__({**OFFERS[row], **own} for row, own in zip(rows, facts, strict=True))
        self.offers = OFFERS
        self.rows = np.array(rows, dtype=np.intp)

    def column(self, name: str) -> Floats:
        """One number a candidate."""
        return np.array([number(facts.get(name)) for facts in self])


def test_columns_and_single_facts_give_the_same_bits() -> None:
    """For random facts with holes, unknown words and actions, and for a decision without candidates."""
    rng = np.random.default_rng(11)
    scorer = ModelScorer(load(*sealed()))
    cases = []
    for count in (5, 0, 1, 30):
        rows = rng.integers(0, len(OFFERS), count).tolist()
        own: list[Mapping[str, Scalar]] = [
            {"history.presented_30d": int(rng.integers(0, 4))} if rng.random() < 0.7 else {} for _ in range(count)
        ]
        shared: dict[str, Scalar] = {"request.channel": str(rng.choice(["web", "é", "new"]))}
        if rng.random() < 0.7:
            shared["customer.age"] = int(rng.integers(18, 90))
        cases.append(FactCase(shared, Columns(rows, own), rng.uniform(0.01, 0.2, count), rng.uniform(1, 100, count)))
    plain = [dataclasses.replace(case, pairs=[dict(facts) for facts in case.pairs]) for case in cases]
    for by_column, one_by_one in zip(scorer.score(cases), scorer.score(plain), strict=True):
        assert by_column.features == one_by_one.features
        assert by_column.propensity.tobytes() == one_by_one.propensity.tobytes()
        assert by_column.evidence.tobytes() == one_by_one.evidence.tobytes()
