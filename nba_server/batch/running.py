"""A batch from order to list: begin or continue, find out whom, decide, write the file.

Continuing is the rule: only an order that differs is refused, and only `new` begins again.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from nba_server.batch.deciding import Batch, Decides, Pace
from nba_server.batch.listing import Lists, file_mark, list_file, list_segment
from nba_server.batch.order import Order
from nba_server.batch.progress import FORMAT, Progress
from nba_server.batch.summary import Summary, summarise
from nba_server.batch.table import write_list
from nba_server.errors import FailedPrecondition

MARGIN_S = 600.0
"""How much sooner than the server forgets requests an unanswered one is not asked again."""


class Client(Decides, Protocol):
    """What is needed of a client."""

    @property
    def customers(self) -> Lists:
        """Lists of customers."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who looks on: told of customers looked at while listing, of all there are, and of (settled, offers)."""

    looked_at: Callable[[int], None] = lambda count: None
    total: Callable[[int], None] = lambda count: None
    settled: Callable[[int, int], None] = lambda count, offers: None


def progress_path(out: Path) -> Path:
    """Where the progress of a file's batch is kept."""
    return out.with_name(out.name + ".progress")


def source_of(segment: str, customers: Path | None) -> str:
    """Whom an order is for, as it names them."""
    if customers is not None:
        return f"file:{file_mark(customers)}"
    return f"segment:{segment}" if segment else "all"


def start_anew(out: Path) -> None:
    """Forgets the batch of a file, so that the next one begins from nothing; what it reserved stays reserved."""
    for ending in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            path = progress_path(out)
            path.with_name(path.name + ending).unlink()


def begin(progress: Progress, order: Order, name: str) -> tuple[str, bool]:
    """The batch's id, and whether it is a continuation. Raises `FailedPrecondition` when the progress is of another order."""
    about = progress.about()
    if not about:
        chosen = name or f"{order.channel}-{time.strftime('%Y%m%d', time.gmtime())}-{secrets.token_hex(4)}"
        progress.note(format=FORMAT, batch=chosen, order=order.document())
        return chosen, False
    if about.get("format") != FORMAT:
        raise FailedPrecondition(f"{progress.path} was written by another version; take another --out or --new.")
    differs = sorted(key for key, value in order.document().items() if about["order"].get(key) != value)
    if name and name != about["batch"]:
        differs.append("id")
    if differs:
        raise FailedPrecondition(
            f"{progress.path.name} is the progress of another batch ({about['batch']}): it differs in {', '.join(differs)}. "
            "Continue that one with the options it had, take another --out, or begin again with --new.",
            reason="ANOTHER_BATCH",
        )
    return str(about["batch"]), True


async def run(
    client: Client,
    progress: Progress,
    order: Order,
    batch: str,
    out: Path,
    *,
    customers: Path | None = None,
    pace: Pace | None = None,
    remembered_s: float = 86_400.0,
    watch: Watch | None = None,
) -> Summary:
    """Runs a batch to its end, from wherever it was left. Raises the client's errors; run it again to continue then.

    `remembered_s` is how long the server remembers requests: one that was begun longer ago without an answer kept is not asked
    again, since it might be decided twice.
    """
    looking: Any = watch or Watch()
    progress.resume(time.time() - remembered_s + MARGIN_S)
    if customers is not None:
        list_file(customers, progress)
    else:
        segment = order.source.partition(":")[2] if order.source.startswith("segment:") else ""
        await list_segment(client.customers, progress, batch, segment, looking.looked_at)
    looking.total(sum(progress.counts().values()))
    await Batch(client, progress, order, batch, pace or Pace(), looking.settled).run()
    rows = write_list(out, progress, order.planned_at)
    return summarise(progress, batch, rows)
