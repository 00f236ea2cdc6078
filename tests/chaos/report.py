"""From rows to chaos.json: all keys in total and by engine, every row, and what does not hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.chaos.bars import FLOORS, broken, totals
from tests.chaos.engines import CLUSTER, EMBEDDED, TCP
from tests.chaos.proof import Proof

KEYS = (
    *("decisions", "limit_violations", "acknowledged", "lost_acknowledged", "double_effects", "ghost_reservations"),
    *("stalled_p99_ms", "overload_goodput", "archive_missing", "archive_duplicates", "failover_violations"),
    *("strict_losses", "default_losses", "model_divergences"),
)
ENGINES = (EMBEDDED, TCP, CLUSTER)
Rows = Sequence[dict[str, Any]]


def report(proofs: Sequence[Proof], rows: Rows, size: str) -> dict[str, Any]:
    """What chaos.json says. `rows` are in the order of `proofs`; `unmet` is empty when everything was shown."""
    facts: dict[str, Any] = {key: _value(key, proofs, rows) for key in KEYS}
    facts["engines"] = {engine: {key: _value(key, proofs, rows, engine) for key in KEYS} for engine in ENGINES}
    facts["null_because"] = {
        f"{engine}.{key}": _reason(key, proofs, rows, engine)
        for engine in ENGINES
        for key in KEYS
        if facts["engines"][engine][key] is None
    }
    facts["size"] = size
    facts["totals"] = totals(rows)
    facts["missing"] = {row["id"]: row["reason"] for row in rows if row["figures"] is None}
    facts["unmet"] = unmet(proofs, rows)
    facts["rows"] = [{**row, "scale": scale(row), "kills": kills_of(row)} for row in rows]
    return facts


def unmet(proofs: Sequence[Proof], rows: Rows) -> list[str]:
    """Every missing row, every bar that a row misses, every floor that the run does not reach."""
    found = []
    for proof, row in zip(proofs, rows, strict=True):
        if row["figures"] is None:
            found.append(f"{proof.id}: not shown: {row['reason']}")
            continue
        found += [f"{proof.id}: {words}" for words in broken(proof.bars, known(row))]
    return [*found, *(f"the whole run: {words}" for words in broken(FLOORS, totals(rows)))]


def known(row: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a row with its kills by kind, as bars name them."""
    return {**row["figures"], **{f"{name}_kills": count for name, count in row["figures"]["kills"].items()}}


def _feeding(key: str, proofs: Sequence[Proof], rows: Rows, engine: str) -> list[tuple[Proof, dict[str, Any]]]:
    both = zip(proofs, rows, strict=True)
    return [(proof, row) for proof, row in both if key in proof.counts and engine in ("", proof.engine)]


def _value(key: str, proofs: Sequence[Proof], rows: Rows, engine: str = "") -> int | float | None:
    values: list[int | float] = [
        sum(row["figures"][name] for name in proof.counts[key])
        for proof, row in _feeding(key, proofs, rows, engine)
        if row["figures"] is not None
    ]
    if not values:
        return None
    if key == "stalled_p99_ms":
        return max(values)
    return min(values) if key == "overload_goodput" else sum(values)


def _reason(key: str, proofs: Sequence[Proof], rows: Rows, engine: str) -> str:
    feeding = _feeding(key, proofs, rows, engine)
    if feeding:
        return "; ".join(f"{proof.id}: {row['reason']}" for proof, row in feeding)
    others = ", ".join(sorted({proof.engine for proof, _ in _feeding(key, proofs, rows, "")}))
    return f"shown on: {others}"


def kills_of(row: dict[str, Any]) -> dict[str, int]:
    """What was killed, by kind; empty for a row that is missing."""
    return dict(row["figures"]["kills"]) if row["figures"] else {}


def scale(row: dict[str, Any]) -> dict[str, int | float]:
    """How much a row did."""
    names = ("decisions", "acknowledged_outcomes", "traces", "calls", "failovers", "slots_moved", "answers_frozen")
    figures = row["figures"] or {}
    return {name: figures[name] for name in names if figures.get(name)}
