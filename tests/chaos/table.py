"""chaos.json for people: a line a row, and what does not hold."""

from __future__ import annotations

from typing import Any

FOUND = (
    *("limit_violations", "lost_decisions", "lost_outcomes", "double_effects", "unequal_answers"),
    *("unexplained_rows", "archive_duplicates", "ghost_reservations", "ok_while_it_failed", "model_divergences"),
    *("stalled_p99_ms", "back_to_normal_s", "flipped_byte_found", "violations_of_the_mutant"),
    *(
        "best_per_second",
        "goodput_push_back",
        "goodput_stubborn",
        "refusal_p99_ms_in_server",
        "refusal_processor_ms",
        "served_processor_ms",
    ),
    "recovered_s",
)
"""The figures that rows are about."""


def table(facts: dict[str, Any]) -> str:
    """All rows, the totals, and everything that is unmet."""
    lines = [f"{'proof':26} {'engine':9} {'mode':15} {'s':>5}  scale; kills → found", *map(_line, facts["rows"])]
    total = facts["totals"]
    shares = (total["met_a_limit"], total["raced_for_the_last_slot"])
    met, raced = (f"{part / max(1, total['decisions_under_limits']):.0%}" for part in shares)
    lines += [
        "",
        f"{total['decisions']:,} decisions, {total['kills']} kills; under limits {met} met one, {raced} raced for a last slot",
        *(f"NOT MET  {words}" for words in facts["unmet"]),
    ]
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    head = f"{row['scenario']} {row['name']:24} {row['engine']:9} {row['mode']:15}"
    if row["figures"] is None:
        return f"{head} {'–':>5}  not shown: {row['reason']}"
    did = ", ".join(f"{value:,} {name}" for name, value in row["scale"].items())
    kills = ", ".join(f"{count} {name}" for name, count in row["kills"].items() if count)
    return f"{head} {row['seconds']:5.0f}  {did}{'; killed: ' + kills if kills else ''} → {found(row['figures'])}"


def found(figures: dict[str, Any]) -> str:
    """What is not zero by name and value, then what is zero."""
    zero = [name for name in FOUND if figures.get(name) == 0 and figures[name] is not False]
    other = [f"{name} {figures[name]}" for name in FOUND if figures.get(name)]
    return "; ".join([*other, *([f"0 {', '.join(zero)}"] if zero else [])])
