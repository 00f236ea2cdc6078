"""The schedule: runs the job by cron expression or interval until it is stopped.

In-memory job store (a shared one runs jobs twice); a missed tick runs once; two runs never overlap; the job's own lease
keeps other trainers out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

_DAY_S = 86_400


def trigger(*, cron: str = "", every_s: float = 0.0, timezone: str = "UTC") -> BaseTrigger:
    """By cron expression of five fields, or every so many seconds. Raises `ValueError` with what is wrong."""
    if bool(cron) == bool(every_s):
        raise ValueError("give either a cron expression or an interval")
    if cron:
        return CronTrigger.from_crontab(cron, timezone=timezone)
    if every_s < 1:
        raise ValueError("the interval must be at least a second")
    return IntervalTrigger(seconds=every_s, timezone=timezone, start_date=datetime(1970, 1, 1, tzinfo=UTC))


def tick_of(now_s: float, every_s: float = 0.0) -> str:
    """The name of the tick that is due now, the same on every trainer: intervals count from 1970, cron ticks are minutes."""
    length = every_s or 60.0
    return f"tick {int(now_s // length)} of {length:g} s"


async def run_on(when: BaseTrigger, job: Callable[[], Awaitable[None]], stop: asyncio.Event) -> None:
    """Runs `job` at each tick until `stop`; a run that is at work then is waited for. `job` must not raise."""
    working = asyncio.Lock()

    async def tick() -> None:
        async with working:
            await job()

    scheduler = AsyncIOScheduler(timezone="UTC")
    scheduler.add_job(tick, when, coalesce=True, max_instances=1, misfire_grace_time=_DAY_S)
    scheduler.start()
    try:
        await stop.wait()
        scheduler.pause()
        async with working:
            pass
    finally:
        scheduler.shutdown(wait=False)
