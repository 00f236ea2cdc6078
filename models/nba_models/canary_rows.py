"""Canary rows: a few rows of raw features with the propensities that the trainer computed for them.

They travel in the artifact. Whoever loads it must get the same bits, else model, encoder and code do not fit together.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nba_models.features import Floats, RawTable
from nba_models.scorer import LoadedModel


@dataclass(frozen=True, slots=True)
class CanaryRows:
    """Rows with the action, prior and evidence of each, and the wanted propensities."""

    table: RawTable
    actions: tuple[str, ...]
    prior: Floats
    evidence: Floats
    wanted: Floats

    def to_json(self) -> bytes:
        """The form that the artifact keeps; numbers keep all their bits."""
        return json.dumps(
            {
                "numbers": _packed(self.table.numbers),
                "texts": self.table.texts,
                "actions": self.actions,
                "prior": _packed(self.prior),
                "evidence": _packed(self.evidence),
                "wanted": _packed(self.wanted),
            },
            ensure_ascii=False,
        ).encode()

    @classmethod
    def from_json(cls, payload: bytes) -> CanaryRows:
        """Reads `to_json`. Raises `ValueError`, `KeyError` or `TypeError` for anything else."""
        data = json.loads(payload)
        actions = tuple(str(action) for action in data["actions"])
        rows = len(actions)
        numbers = _unpacked(data["numbers"])
        width = numbers.size // rows if rows else 0
        table = RawTable(numbers.reshape(rows, width), tuple(list(map(str, column)) for column in data["texts"]))
        prior, evidence, wanted = (_unpacked(data[name]) for name in ("prior", "evidence", "wanted"))
        return cls(table, actions, prior, evidence, wanted)

    def fault(self, model: LoadedModel) -> str:
        """Empty when the model gives the wanted propensities, else what is wrong."""
        found = model.propensity(self.table, self.actions, self.prior, self.evidence)
        if found.shape != self.wanted.shape or not np.all((found > 0) & (found < 1)):
            return "canary rows do not get one propensity in (0, 1) each"
        if not np.array_equal(found, self.wanted):
            gap = float(np.max(np.abs(found - self.wanted)))
            return f"canary rows get other propensities than at the training (largest gap {gap:.3g})"
        return ""


def choose(
    model: LoadedModel, table: RawTable, actions: Sequence[str], prior: Floats, evidence: Floats, count: int = 64
) -> CanaryRows:
    """`count` rows spread evenly over the table, with the model's propensities, and one row of holes only."""
    rows = np.unique(np.linspace(0, len(table) - 1, min(count, len(table))).astype(np.int64)).tolist()
    numbers = np.vstack([table.numbers[rows], np.full((1, table.numbers.shape[1]), np.nan)])
    chosen = RawTable(numbers, tuple([column[row] for row in rows] + [""] for column in table.texts))
    names = (*(actions[row] for row in rows), "")
    p0, weight = np.append(prior[rows], 0.05), np.append(evidence[rows], 100.0)
    return CanaryRows(chosen, names, p0, weight, model.propensity(chosen, names, p0, weight))


def _packed(values: Floats) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f8").tobytes()).decode()


def _unpacked(value: str) -> Floats:
    return np.frombuffer(base64.b64decode(value, validate=True), dtype="<f8").astype(np.float64)
