"""What people see while a batch runs: a bar with rate and time left, on standard error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nba_server.batch.running import Watch
from nba_server.commands.output import terminal


@contextmanager
def watching(*, quiet: bool, limit: int) -> Iterator[Watch]:
    """The watch of one run; silent where nobody looks."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    console = terminal(stderr=True)
    if quiet or not console.is_terminal:
        yield Watch()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(show_speed=True),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[offers]}"),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("listing", total=None, offers="", rate="")

        def settled(count: int, offers: int) -> None:
            speed = bar.tasks[0].speed
            of = f"{offers:,} of {limit:,} offers" if limit else f"{offers:,} offers"
            bar.update(task, completed=count, offers=of, rate=f"{speed:,.0f}/s" if speed else "")

        def total(count: int) -> None:
            bar.reset(task, description="deciding", total=count, offers="", rate="")

        yield Watch(looked_at=lambda count: bar.update(task, completed=count), total=total, settled=settled)
