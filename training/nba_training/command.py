"""`nba train`: once, or on a schedule. Exit codes of `--once`: 0 promoted or on its way, 3 refused or busy, 1 failed."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time
from pathlib import Path

import click

from nba_models.definition import ModelDefinition
from nba_server.adapters.model_definition import load_definition
from nba_server.commands.attachment import chosen, open_store, store_options
from nba_server.commands.failure import CommandFailed, sentence
from nba_server.commands.output import emit, output_options, terminal
from nba_server.settings import Settings

_LOG = logging.getLogger(__name__)
_REFUSED = 3
_CRON_PATIENCE_S = 6 * 3600.0
"""How long a trainer stands by for the one that is at work; it takes over when that one dies."""


@click.command()
@store_options
@click.option(
    "--definition",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar="NBA_DEFINITION",
    help="Model definition (NBA_DEFINITION); without it the one that ships.",
)
@click.option("--once", is_flag=True, help="Train now, then end.")
@click.option("--cron", default="", metavar="EXPR", help='When, as five cron fields in UTC, e.g. "0 3 * * *".')
@click.option("--every", type=click.FloatRange(1), metavar="SECONDS", help="Or every so many seconds.")
@click.option("--note", default="", help="Why, for the audit.")
@click.option("--reports", type=click.Path(file_okay=False, path_type=Path), help="Folder for the reports too.")
@output_options
def train(
    data: str | None,
    store: str | None,
    archive: str | None,
    definition: Path | None,
    once: bool,
    cron: str,
    every: float | None,
    note: str,
    reports: Path | None,
    as_json: bool,
    out: Path | None,
) -> None:
    """Train a model from the archive; if it is better than the live one it takes over, in stages.

    A run while a challenger is on its way compares both models live, and widens its share of the customers or takes it back.
    With --once it waits until everything that is in the journal now is archived. Exit code 3: refused, with the reasons.
    """
    settings = chosen(data, store, archive)
    model = load_definition(definition)
    if once:
        if cron or every:
            raise click.UsageError("--once runs now; leave out --cron and --every")
        _once(settings, model, note or "nba train --once", reports, as_json=as_json, out=out)
        return
    if not cron and not every:
        raise click.UsageError("give --once, --cron EXPR or --every SECONDS")
    _scheduled(settings, model, cron, every or 0.0, note, reports)


def _once(
    settings: Settings, model: ModelDefinition, note: str, reports: Path | None, *, as_json: bool, out: Path | None
) -> None:
    from nba_training.job import Result, Status, TrainingJob
    from nba_training.progress import Bar
    from nba_training.result_table import draw

    async def run() -> Result:
        store = await open_store(settings)
        try:
            with Bar(terminal(stderr=True)) as bar:
                job = TrainingJob(store, settings.archive_location, model, reports=reports, watch=bar)
                return await job.run(note)
        finally:
            await store.close()

    result = asyncio.run(run())
    emit(result, human=lambda console: draw(result, console), as_json=as_json, out=out)
    if result.status in (Status.REFUSED, Status.BUSY):
        sys.exit(_REFUSED)


def _scheduled(
    settings: Settings, model: ModelDefinition, cron: str, every_s: float, note: str, reports: Path | None
) -> None:
    from nba_training.schedule import run_on, trigger

    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(message)s")
    try:
        when = trigger(cron=cron, every_s=every_s)
    except ValueError as fault:
        raise CommandFailed(f"no schedule: {fault}") from fault

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run_on(when, lambda: _tick(settings, model, note or "nba train, scheduled", reports, every_s), stop)

    asyncio.run(run())


async def _tick(settings: Settings, model: ModelDefinition, note: str, reports: Path | None, every_s: float) -> None:
    """One scheduled run. A failure is logged; the next tick tries again, with a new connection."""
    from nba_training.job import TrainingJob
    from nba_training.schedule import tick_of

    tick = tick_of(time.time(), every_s)

    try:
        store = await open_store(settings)
        try:
            job = TrainingJob(store, settings.archive_location, model, reports=reports)
            result = await job.run(note, tick=tick, patience_s=every_s or _CRON_PATIENCE_S)
        finally:
            await store.close()
    except Exception as fault:
        words = sentence(fault)
        _LOG.error("training failed: %s", words or fault, exc_info=words is None)
        return
    _LOG.info("training %s %s %s", result.status, result.version, "; ".join(result.reasons))
