"""The report of one run as plain data: what was read, learned, compared and decided. report_page.py draws it.

It goes into the artifact, so that a model can always say where it comes from.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nba_models.definition import ModelDefinition
from nba_models.features import Floats
from nba_training.dataset import Dataset
from nba_training.evaluate import Metrics, calibration_curve
from nba_training.extract import Extract
from nba_training.gate import Check
from nba_training.ope.intervals import Estimate
from nba_training.split import Parts
from nba_training.value_gate import Judged

Report = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Challenger, live model and base rate on the test rows, and the gain with its interval."""

    propensity: Floats
    challenger: Metrics
    live: Metrics
    live_version: str
    live_damaged: str
    base: Metrics
    gain: Estimate


def opening(definition: ModelDefinition, read: Extract, parts: Parts) -> Report:
    """What every report has, also that of a run without enough data."""
    return {
        "definition": {"model": definition.model, "title": definition.title, "hash": definition.hash},
        "read": {
            "archive_version": read.table_version,
            "as_of_ms": read.as_of_ms,
            "contacts": read.contacts,
            "outcomes": read.outcomes,
            "rows": len(read.dataset),
            "skipped": dict(read.skipped),
            "share_of_customers": read.sample,
        },
        "split": {
            "fit": _part(parts.fit),
            "calibrate": _part(parts.calibrate),
            "test": _part(parts.test),
            "purged": parts.purged,
        },
    }


def comparison(found: Comparison, parts: Parts, importance: Mapping[str, float], own: Sequence[str] = ()) -> Report:
    """What the comparison on the test rows adds."""
    return {
        "test": {
            "challenger": asdict(found.challenger),
            "live": asdict(found.live),
            "live_version": found.live_version,
            "live_damaged": found.live_damaged,
            "base_rate": asdict(found.base),
        },
        "gain": asdict(found.gain),
        "calibration": [asdict(part) for part in calibration_curve(found.propensity, parts.test.positive)],
        "importance": dict(importance),
        "own_models": list(own),
        "actions": _actions(parts.test, found.propensity),
    }


def value(judged: Judged, alpha: float) -> Report:
    """What the value of the policies adds: estimates, difference and diagnostics, or why the log could not answer."""
    found = judged.evaluation
    if found is None:
        return {"value": {"judged": False, "why_not": judged.why_not, "alpha": alpha}}
    return {
        "value": {
            "judged": True,
            "alpha": alpha,
            "choices": found.n,
            "estimates": {name: asdict(item) for name, item in found.estimates.items()},
            "difference": {name: asdict(item) for name, item in (found.difference or {}).items()},
            "diagnostics": asdict(found.diagnostics),
        }
    }


def verdict(checks: tuple[Check, ...], version: str, status: str, seconds: float) -> Report:
    """How it ended."""
    return {
        "status": status,
        "version": version,
        "seconds": round(seconds, 3),
        "gate": [asdict(check) for check in checks],
    }


def to_json(report: Mapping[str, Any]) -> bytes:
    """JSON without NaN: numbers that do not exist are null."""
    return json.dumps(_plain(report), ensure_ascii=False, indent=1, allow_nan=False).encode()


def _part(dataset: Dataset) -> Report:
    times = dataset.at_ms
    return {
        "rows": len(dataset),
        "positives": int(np.count_nonzero(dataset.positive)),
        "customers": len(np.unique(dataset.customer)),
        "first_ms": int(times[0]) if len(times) else 0,
        "last_ms": int(times[-1]) if len(times) else 0,
    }


def _actions(test: Dataset, propensity: Floats) -> list[Report]:
    """Claimed and observed rate of each action on the test rows, most rows first."""
    names, inverse, rows = np.unique(np.array(test.actions, dtype=np.str_), return_inverse=True, return_counts=True)
    claimed = np.bincount(inverse, propensity, len(names)) / rows
    observed = np.bincount(inverse, test.positive, len(names)) / rows
    found = [
        {"action": str(name), "rows": int(count), "claimed": float(said), "observed": float(seen)}
        for name, count, said, seen in zip(names, rows, claimed, observed, strict=True)
    ]
    return sorted(found, key=lambda item: (-item["rows"], item["action"]))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
