"""`nba explain`: the trace of a decision as a table."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nba_server.commands.connection import Server, connection_options
from nba_server.commands.output import emit, output_options, plain
from nba_server.commands.words import number

if TYPE_CHECKING:
    from rich.console import Console

    from nba_client import ActionTrace, Explanation

STRONGEST = 8
"""Contributions that are shown each by itself."""

FUNNEL = (
    "availability",
    "consent",
    "eligibility",
    "applicability",
    "suitability",
    "contact_policy",
    "scoring",
    "arbitration",
    "slate",
    "holdout",
    "reservation",
    "offered",
)


@click.command()
@click.argument("decision_id", metavar="DECISION")
@click.option("--action", "actions", multiple=True, help="Only this action, with all its reasons and features.")
@click.option("--scores", is_flag=True, help="What each feature added to the model's score of what was proposed.")
@connection_options
@output_options
def explain(
    decision_id: str, actions: tuple[str, ...], scores: bool, server: Server, as_json: bool, out: Path | None
) -> None:
    """Show what happened to every action of the catalogue in a decision, and why.

    The trace is recomputed from the journal; the last line says whether it equals the original bit for bit.
    """
    with server.client() as client:
        explanation = client.explain(decision_id, scores=scores)
    unknown = set(actions) - {trace.action for trace in explanation.trace}
    if unknown:
        raise click.BadParameter(
            f"not in this decision's catalogue: {', '.join(sorted(unknown))}", param_hint="--action"
        )
    if actions:
        data = plain(explanation) | {"trace": plain([trace for trace in explanation.trace if trace.action in actions])}
        emit(data, human=lambda console: draw_actions(console, explanation, actions), as_json=as_json, out=out)
    else:
        emit(explanation, human=lambda console: draw(console, explanation), as_json=as_json, out=out)


def draw(console: Console, explanation: Explanation) -> None:
    """The trace as a table, what came furthest first; the demo draws with it too."""
    from rich.markup import escape
    from rich.table import Table

    decision = explanation.decision
    context = ", ".join(f"{key}={value}" for key, value in explanation.context.items())
    console.print(f"[bold]decision {decision.decision_id}[/bold]")
    console.print(
        f"{decision.decided_at:%Y-%m-%d %H:%M:%S} UTC · channel {explanation.channel}"
        f"{' · ' + escape(context) if context else ''} · catalogue {decision.catalog_hash[:12]} · model "
        f"{decision.model_version} · seed {explanation.seed}"
    )
    table = Table()
    for name in ("placement", "action", "stage", "why"):
        table.add_column(name, overflow="fold")
    for name in ("P", "C", "V", "L", "priority"):
        table.add_column(name, justify="right", no_wrap=True)
    for trace in sorted(explanation.trace, key=_depth, reverse=True):
        style = "bold green" if trace.stage == "offered" else ("" if trace.priority is not None else "dim")
        table.add_row(*(escape(text) for text in _row(trace)), style=style)
    console.print(table)
    draw_scores(console, explanation, {score.action for score in explanation.scores})
    console.print(verdict(explanation), markup=False)


def draw_actions(console: Console, explanation: Explanation, actions: tuple[str, ...]) -> None:
    """All reasons and features of some actions."""
    for trace in explanation.trace:
        if trace.action not in actions:
            continue
        console.print(f"[bold]{trace.action}[/bold] in {trace.placement}: {trace.stage}")
        for reason in trace.reasons:
            subject = f" [{reason.subject}]" if reason.subject else ""
            console.print(f"  {reason.text} ({reason.code}){subject}", markup=False)
        for reason in trace.shadows:
            console.print(f"  in shadow mode only: {reason.text} ({reason.code}) [{reason.subject}]", markup=False)
        if trace.factors is not None:
            factors = trace.factors
            console.print(
                f"  priority {number(trace.priority)} = P {number(factors.propensity)} x C {number(factors.context_weight)} "
                f"x V {number(factors.value)} x L {number(factors.lever)}"
            )
        for name, value in trace.features.items():
            shown = number(value) if isinstance(value, float) else str(value if value is not None else "missing")
            console.print(f"    {name} = {shown}", markup=False)
    draw_scores(console, explanation, set(actions))


def draw_scores(console: Console, explanation: Explanation, actions: Collection[str]) -> None:
    """What the model made of some of the proposed actions, where that was asked for."""
    if explanation.scores_missing:
        console.print(f"no scores: {explanation.scores_missing}", markup=False)
    for score in explanation.scores:
        if score.action not in actions:
            continue
        console.print(f"[bold]{score.action}[/bold] in {score.placement}: the model expects {number(score.predicted)}")
        if score.explored:
            console.print("  it was chosen to learn; this is not why it was proposed", markup=False)
        shown, rest = score.contributions[:STRONGEST], score.contributions[STRONGEST:]
        for item in shown:
            console.print(f"  {item.text}", markup=False)
        others = f", {len(rest)} others {sum(item.log_odds for item in rest):+.2f}" if rest else ""
        console.print(
            f"  log odds {score.raw_score:+.2f} = {score.base:+.2f} on average, those above "
            f"{sum(item.log_odds for item in shown):+.2f}{others}",
            markup=False,
        )


def verdict(explanation: Explanation) -> str:
    """Whether the recomputation equals the journal."""
    if explanation.identical:
        return "recomputed: identical to the journal, bit for bit"
    return "recomputed: DIFFERENT from the journal\n" + "\n".join(f"  {line}" for line in explanation.differences)


def _depth(trace: ActionTrace) -> tuple[int, float]:
    stage = FUNNEL.index(trace.stage) if trace.stage in FUNNEL else -1
    return stage, trace.priority if trace.priority is not None else float("-inf")


def _row(trace: ActionTrace) -> tuple[str, ...]:
    factors = trace.factors
    why = trace.reasons[0].text if trace.reasons else ""
    more = len(trace.reasons) - 1
    return (
        trace.placement,
        trace.action,
        trace.stage.replace("_", " "),
        f"{why} (+{more})" if more > 0 and trace.stage != "offered" else why,
        number(trace.propensity),
        number(factors.context_weight if factors else None),
        number(factors.value if factors else None),
        number(factors.lever if factors else None),
        number(trace.priority),
    )
