"""Canary rows: a few rows of raw features with the propensities that the trainer computed for them.

They travel in the artifact. Whoever loads it must get the same bits, else model, encoder and code do not fit together.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

import numpy as np

from nba_models.features import Floats, RawTable
from nba_models.scorer import Background, LoadedModel


@dataclass(frozen=True, slots=True)
class CanaryRows:
    """Rows, what is known of their actions, and the wanted propensities."""

    table: RawTable
    background: Background
    wanted: Floats

    def to_json(self) -> bytes:
        """The form that the artifact keeps; numbers keep all their bits."""
        return json.dumps(
            {
                "numbers": _packed(self.table.numbers),
                "texts": self.table.texts,
                "actions": list(self.background.actions),
                "groups": list(self.background.groups),
                "prior": _packed(self.background.prior),
                "evidence": _packed(self.background.evidence),
                "wanted": _packed(self.wanted),
            },
            ensure_ascii=False,
        ).encode()

    @classmethod
    def from_json(cls, payload: bytes) -> CanaryRows:
        """Reads `to_json`. Raises `ValueError`, `KeyError` or `TypeError` for anything else."""
        data = json.loads(payload)
        actions, groups = ([str(name) for name in data[key]] for key in ("actions", "groups"))
        rows = len(actions)
        numbers = _unpacked(data["numbers"])
        width = numbers.size // rows if rows else 0
        table = RawTable(numbers.reshape(rows, width), tuple(list(map(str, column)) for column in data["texts"]))
        prior, evidence, wanted = (_unpacked(data[name]) for name in ("prior", "evidence", "wanted"))
        return cls(table, Background(actions, groups, prior, evidence), wanted)

    def fault(self, model: LoadedModel) -> str:
        """Empty when the model gives the wanted propensities, else what is wrong."""
        found = model.propensity(self.table, self.background)
        if found.shape != self.wanted.shape or not np.all((found > 0) & (found < 1)):
            return "canary rows do not get one propensity in (0, 1) each"
        if not np.array_equal(found, self.wanted):
            gap = float(np.max(np.abs(found - self.wanted)))
            return f"canary rows get other propensities than at the training (largest gap {gap:.3g})"
        if model.has_values and np.any(np.isinf(model.values_of(self.table, self.background.actions))):
            return "canary rows get values that are no numbers"
        return ""


def choose(model: LoadedModel, table: RawTable, background: Background, count: int = 64) -> CanaryRows:
    """`count` rows spread evenly over the table, with the model's propensities, and one row of holes only."""
    rows = np.unique(np.linspace(0, len(table) - 1, min(count, len(table))).astype(np.int64)).tolist()
    numbers = np.vstack([table.numbers[rows], np.full((1, table.numbers.shape[1]), np.nan)])
    chosen = RawTable(numbers, tuple([column[row] for row in rows] + [""] for column in table.texts))
    known = Background(
        [*(background.actions[row] for row in rows), ""],
        [*(background.groups[row] for row in rows), ""],
        np.append(background.prior[rows], 0.05),
        np.append(background.evidence[rows], 100.0),
    )
    return CanaryRows(chosen, known, model.propensity(chosen, known))


def _packed(values: Floats) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f8").tobytes()).decode()


def _unpacked(value: str) -> Floats:
    return np.frombuffer(base64.b64decode(value, validate=True), dtype="<f8").astype(np.float64)
