"""An evaluation as one JSON object for programs, and as a table for people."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nba_training.ope.diagnostics import Diagnostics
from nba_training.ope.evaluation import DEFAULT, Evaluation
from nba_training.ope.intervals import Estimate

if TYPE_CHECKING:
    from rich.console import Console

    from nba_training.evaluate_run import Question

_WORDS = {
    "ips": "inverse propensity scoring",
    "snips": "the same, self-normalised",
    "dm": "reward model alone",
    "dr": "doubly robust",
    "switch_dr": "DR without huge weights",
    "dros": "DR with shrunk weights",
    "replay": "rows that match",
}


def document(found: Evaluation) -> dict[str, Any]:
    """`n`, `estimates`, `difference`, `diagnostics`, `refused`: the object that `--json` prints."""
    diagnostics = _diagnostics(found.diagnostics) | {
        "substituted": found.left_out.substituted,
        "left_out": found.left_out.reasons,
        "seen_in_training": found.seen_in_training,
    }
    if found.versus is not None:
        diagnostics["versus"] = _diagnostics(found.versus)
    return {
        "n": found.n,
        "estimates": _plain(found.estimates),
        "difference": None if found.difference is None else _plain(found.difference),
        "diagnostics": diagnostics,
        "refused": found.refused,
    }


def draw(found: Evaluation, question: Question, console: Console) -> None:
    """The table, what was left out, and the verdict in a sentence."""
    from rich.table import Table

    if found.refused is not None:
        console.print(f"refused: {found.refused}", markup=False, style="bold red")
    else:
        table = Table(box=None, pad_edge=False)
        for name in ("", "", question.policy, "95 % interval", *(_versus(question))):
            table.add_column(name, justify="left" if name == "" else "right")
        for name, estimate in found.estimates.items():
            gap = found.difference.get(name) if found.difference is not None else None
            row = [name, _WORDS[name], f"{estimate.value:.5g}", _interval(estimate)]
            row += [f"{gap.value:+.5g}", _interval(gap)] if gap is not None else []
            table.add_row(*row, style="bold" if name in DEFAULT else None)
        console.print(table)
    seen = found.diagnostics
    console.print(
        f"{found.n:,} choices; effective sample size {seen.ess:,.0f}, largest weight {seen.max_weight:.4g}, mean weight "
        f"{seen.mean_weight:.4f} ± {seen.mean_weight_se:.4f}, {seen.unsupported:,} unsupported",
        markup=False,
    )
    if found.seen_in_training:
        console.print(
            f"{found.seen_in_training:,} of them are no later than what the model was trained on, which flatters it; --later "
            "leaves them out",
            style="yellow",
            markup=False,
        )
    left = {
        **found.left_out.reasons,
        **({"substituted": found.left_out.substituted} if found.left_out.substituted else {}),
    }
    if left:
        console.print("left out: " + ", ".join(f"{count:,} {reason}" for reason, count in left.items()), markup=False)


def _versus(question: Question) -> tuple[str, ...]:
    return (f"minus {question.versus}", "95 % interval") if question.versus else ()


def _interval(estimate: Estimate) -> str:
    return f"{estimate.low:.5g} to {estimate.high:.5g}"


def _diagnostics(found: Diagnostics) -> dict[str, Any]:
    return {
        "ess": found.ess,
        "max_weight": found.max_weight,
        "mean_weight": found.mean_weight,
        "unsupported": found.unsupported,
    }


def _plain(estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    return {name: dataclasses.asdict(estimate) for name, estimate in estimates.items()}
