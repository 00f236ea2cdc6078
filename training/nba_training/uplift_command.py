"""`nba uplift`: whom an action changes, from a randomised log. Exit codes: 0 found, 3 refused with the reason, 1 failed."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nba_server.commands.attachment import chosen, store_options
from nba_server.commands.output import emit, output_options
from nba_training.log_options import log_options

_REFUSED = 3


@click.command()
@log_options
@click.option("--treatment", required=True, metavar="ACTION", help="The action whose effect is asked for.")
@click.option("--control", default="", metavar="ACTION", help="What it is compared with. Default: no offer.")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page with the curves to this file."
)
@click.option("--draws", type=click.IntRange(100, 10_000), default=200, show_default=True, help="Bootstrap samples.")
@store_options
@output_options
def uplift(
    log: str,
    treatment: str,
    control: str,
    mapping: Path | None,
    reward: str,
    placement: str,
    html: Path | None,
    draws: int,
    data: str | None,
    store: str | None,
    archive: str | None,
    as_json: bool,
    out: Path | None,
) -> None:
    """Learn whom an action changes, from a log in which chance decided who got it (docs/learning.md).

    Two models and transformed outcome, judged on customers that the models never saw, against a random ranking.
    """
    from nba_training.evaluate_run import Question, read_log
    from nba_training.uplift import UpliftSettings
    from nba_training.uplift import uplift as learn
    from nba_training.uplift_page import document, page, told

    question = Question(log=log, policy="logged", mapping=mapping, reward=reward, placement=placement)
    choices, _ = read_log(question, chosen(data, store, archive), quiet=as_json).build()
    found = learn(choices, treatment, control, UpliftSettings(draws=draws))
    if html is not None:
        html.write_bytes(page(found, treatment, control))
    emit(document(found), human="\n".join(told(found, treatment, control)), as_json=as_json, out=out)
    if found.refused is not None:
        sys.exit(_REFUSED)
