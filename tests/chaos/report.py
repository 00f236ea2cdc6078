"""From rows to chaos.json and to a table for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.chaos.engines import CLUSTER, EMBEDDED, TCP
from tests.chaos.sizes import Proof

KEYS = (
    *("decisions", "limit_violations", "acknowledged", "lost_acknowledged", "double_effects", "ghost_reservations"),
    *("stalled_p99_ms", "overload_goodput", "archive_missing", "archive_duplicates", "failover_violations"),
    *("strict_losses", "default_losses", "model_divergences"),
)
NEVER = (
    *("limit_violations", "lost_acknowledged", "double_effects", "ghost_reservations", "archive_missing"),
    *("archive_duplicates", "failover_violations", "strict_losses", "model_divergences"),
)
"""Keys that must be zero."""


def report(proofs: Sequence[Proof], rows: Sequence[dict[str, Any]], size: str) -> dict[str, Any]:
    """All keys in total and by engine, null where no row gives them; and every row with scale, kills, mode and engine."""
    facts: dict[str, Any] = {key: _value(key, proofs, rows) for key in KEYS}
    facts["engines"] = {
        engine: {key: _value(key, proofs, rows, engine) for key in KEYS} for engine in (EMBEDDED, TCP, CLUSTER)
    }
    facts["size"] = size
    facts["kills"] = sum(sum(kills_of(row).values()) for row in rows)
    facts["failures"] = [key for key in NEVER if facts[key]]
    facts["missing"] = {row["id"]: row["reason"] for row in rows if row["figures"] is None}
    facts["rows"] = [{**row, "scale": scale(row), "kills": kills_of(row)} for row in rows]
    return facts


def _value(key: str, proofs: Sequence[Proof], rows: Sequence[dict[str, Any]], engine: str = "") -> int | float | None:
    values: list[int | float] = [
        sum(row["figures"][name] for name in proof.counts[key])
        for proof, row in zip(proofs, rows, strict=True)
        if key in proof.counts and row["figures"] is not None and engine in ("", proof.engine)
    ]
    if not values:
        return None
    if key == "stalled_p99_ms":
        return max(values)
    return min(values) if key == "overload_goodput" else sum(values)


def kills_of(row: dict[str, Any]) -> dict[str, int]:
    """What was killed, by kind; empty for a row that is missing."""
    return dict(row["figures"]["kills"]) if row["figures"] else {}


def scale(row: dict[str, Any]) -> dict[str, int | float]:
    """How much a row did."""
    names = ("decisions", "acknowledged_outcomes", "traces", "calls", "failovers", "slots_moved", "answers_frozen")
    figures = row["figures"] or {}
    return {name: figures[name] for name in names if figures.get(name)}


def table(rows: Sequence[dict[str, Any]]) -> str:
    """A line a row: what it did, and what it found."""
    lines = [f"{'proof':42} {'engine':9} {'mode':15} {'s':>5}  scale, kills → found"]
    for row in rows:
        head = f"{row['scenario']} {row['name']:40} {row['engine']:9} {row['mode']:15}"
        if row["figures"] is None:
            lines.append(f"{head} {'–':>5}  not shown: {row['reason']}")
            continue
        did = ", ".join(f"{value:,} {name}" for name, value in scale(row).items())
        kills = ", ".join(f"{count} {name}" for name, count in kills_of(row).items() if count)
        lines.append(
            f"{head} {row['seconds']:5.0f}  {did}{'; killed: ' + kills if kills else ''} → {found(row['figures'])}"
        )
    return "\n".join(lines)


def found(figures: dict[str, Any]) -> str:
    """The figures that the row is about."""
    names = (
        *("limit_violations", "lost_decisions", "lost_outcomes", "double_effects", "unequal_answers"),
        *("unexplained_rows", "archive_duplicates", "ghost_reservations", "model_divergences", "stalled_p99_ms"),
        *(
            "back_to_normal_s",
            "flipped_byte_found",
            "caught",
            "goodput_push_back",
            "goodput_stubborn",
            "recovered_s",
            "failures",
        ),
    )
    zero = [name for name in names if figures.get(name) == 0 and name != "failures"]
    other = [f"{name} {figures[name]}" for name in names if figures.get(name)]
    return "; ".join([*other, *([f"0 {', '.join(zero)}"] if zero else [])])
