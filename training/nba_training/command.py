"""`nba train`: once, or on a schedule. Exit codes of `--once`: 0 promoted or on its way, 3 refused or busy, 1 failed."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nba_models.definition import ModelDefinition, Tuning
from nba_server.adapters.model_definition import load_definition
from nba_server.commands.attachment import chosen, open_store, store_options
from nba_server.commands.failure import CommandFailed, sentence
from nba_server.commands.output import emit, output_options, terminal
from nba_server.settings import Settings
from nba_training.tuning_budget import TuningBudget

if TYPE_CHECKING:
    from nba_training.job import TrainingJob, TrainingStore
    from nba_training.source import Watch

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
@click.option("--tune", type=TuningBudget(), metavar="BUDGET", help="Try parameters first: 40 trials, or 90s, 10m, 1h.")
@click.option(
    "--dask", default="", metavar="ADDRESS|local", help="Grow the trees on the Dask cluster of this scheduler."
)
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
    tune: Tuning | None,
    dask: str,
    as_json: bool,
    out: Path | None,
) -> None:
    """Train a model from the archive; if it is better than the live one it takes over, in stages.

    A run while a challenger is on its way compares both models live, and widens its share of the customers or takes it back.
    With --once it waits until everything that is in the journal now is archived. Exit code 3: refused, with the reasons.
    """
    orders = _Orders(chosen(data, store, archive), load_definition(definition), note, reports, tune, dask)
    if once:
        if cron or every:
            raise click.UsageError("--once runs now; leave out --cron and --every")
        _once(orders, as_json=as_json, out=out)
        return
    if not cron and not every:
        raise click.UsageError("give --once, --cron EXPR or --every SECONDS")
    _scheduled(orders, cron, every or 0.0)


@dataclass(frozen=True, slots=True)
class _Orders:
    """What to train, for whom, and why."""

    settings: Settings
    model: ModelDefinition
    note: str
    reports: Path | None
    tuning: Tuning | None
    cluster: str = ""

    def job(self, store: TrainingStore, watch: Watch | None = None) -> TrainingJob:
        """The job of a run."""
        from nba_training.job import TrainingJob

        archive = self.settings.archive_location
        return TrainingJob(
            store, archive, self.model, reports=self.reports, watch=watch, tuning=self.tuning, cluster=self.cluster
        )


def _once(orders: _Orders, *, as_json: bool, out: Path | None) -> None:
    from nba_training.job import Result, Status
    from nba_training.progress import Bar
    from nba_training.result_table import draw

    async def run() -> Result:
        store = await open_store(orders.settings)
        try:
            with Bar(terminal(stderr=True)) as bar:
                return await orders.job(store, bar).run(orders.note or "nba train --once")
        finally:
            await store.close()

    result = asyncio.run(run())
    emit(result, human=lambda console: draw(result, console), as_json=as_json, out=out)
    if result.status in (Status.REFUSED, Status.BUSY):
        sys.exit(_REFUSED)


def _scheduled(orders: _Orders, cron: str, every_s: float) -> None:
    from nba_training.schedule import run_on, trigger

    logging.basicConfig(level=orders.settings.log_level.upper(), format="%(asctime)s %(levelname)s %(message)s")
    try:
        when = trigger(cron=cron, every_s=every_s)
    except ValueError as fault:
        raise CommandFailed(f"no schedule: {fault}") from fault

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run_on(when, lambda: _tick(orders, every_s), stop)

    asyncio.run(run())


async def _tick(orders: _Orders, every_s: float) -> None:
    """One scheduled run. A failure is logged; the next tick tries again, with a new connection."""
    from nba_training.schedule import tick_of

    tick = tick_of(time.time(), every_s)
    try:
        store = await open_store(orders.settings)
        try:
            note = orders.note or "nba train, scheduled"
            result = await orders.job(store).run(note, tick=tick, patience_s=every_s or _CRON_PATIENCE_S)
        finally:
            await store.close()
    except Exception as fault:
        words = sentence(fault)
        _LOG.error("training failed: %s", words or fault, exc_info=words is None)
        return
    _LOG.info("training %s %s %s", result.status, result.version, "; ".join(result.reasons))
