"""`nba evaluate`: what a policy would have earned, from a log. Exit codes: 0 estimated, 3 refused with the reason, 1 failed."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from nba_server.commands.attachment import chosen, store_options
from nba_server.commands.output import emit, output_options
from nba_training.log_options import log_options

_REFUSED = 3
_MOMENT = click.DateTime(("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"))


@click.command()
@log_options
@click.option("--policy", required=True, metavar="POLICY", help="logged, uniform, action:ID or model:VERSION.")
@click.option("--versus", metavar="POLICY", help="Also the difference to this policy, on the same customers.")
@click.option(
    "--slate",
    type=click.Choice(["independent", "cascade"]),
    default="independent",
    show_default=True,
    help="Positions by themselves, or weighted by what stood before them.",
)
@click.option("--epsilon", type=click.FloatRange(0, 1), help="How a model explores. Default: as the placement says.")
@click.option("--channel", default="", help="Only this channel of the archive.")
@click.option("--since", type=_MOMENT, help="Of the archive: from this moment on (UTC).")
@click.option("--until", type=_MOMENT, help="Of the archive: before this moment (UTC).")
@click.option("--later", is_flag=True, help="Only choices later than what the model was trained on.")
@click.option("--draws", type=click.IntRange(100, 100_000), default=1000, show_default=True, help="Bootstrap samples.")
@click.option("--seed", type=int, default=20240229, show_default=True, help="Of bootstrap and folds.")
@store_options
@output_options
def evaluate(
    log: str,
    policy: str,
    versus: str | None,
    mapping: Path | None,
    reward: str,
    slate: str,
    epsilon: float | None,
    channel: str,
    placement: str,
    since: datetime | None,
    until: datetime | None,
    later: bool,
    draws: int,
    seed: int,
    data: str | None,
    store: str | None,
    archive: str | None,
    as_json: bool,
    out: Path | None,
) -> None:
    """Estimate from a log what another policy would have earned (docs/evaluation.md).

    \b
    Logs: the archive; JSON Lines of choices; VowpalWabbit's dsjson; CSV or Parquet of interactions with --mapping.
    Exit code 3: the log cannot answer, and the reason says why.
    """
    from nba_training.evaluate_run import Question, run
    from nba_training.evaluation_table import document, draw
    from nba_training.ope.evaluation import EvaluationSettings
    from nba_training.ope.reward_model import RewardModelSettings
    from nba_training.ope.slate import Slate

    question = Question(
        log=log,
        policy=policy,
        versus=versus,
        mapping=mapping,
        reward=reward,
        epsilon=epsilon,
        channel=channel,
        placement=placement,
        since=since,
        until=until,
        later=later,
        estimation=EvaluationSettings(slate=Slate(slate), draws=draws, seed=seed, model=RewardModelSettings(seed=seed)),
    )
    found = run(question, chosen(data, store, archive), quiet=as_json)
    emit(document(found), human=lambda console: draw(found, question, console), as_json=as_json, out=out)
    if found.refused is not None:
        sys.exit(_REFUSED)
