"""Finds out whom a batch is for and gives everybody a turn: all customers, a segment, or a file in its own order."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar

from nba_client import CustomerPage
from nba_server.batch.order import place_in
from nba_server.batch.progress import Progress
from nba_server.commands.table_rows import BadRow, is_table, read_rows
from nba_server.errors import InvalidArgument, Violation

T = TypeVar("T")

PAGE = 1_000
COLUMN = "customer_id"
_SHOWN = 20


class Lists(Protocol):
    """What is needed of a client."""

    async def page(self, segment: str = "", *, page_token: str = "", page_size: int = 0) -> CustomerPage:
        """A page of ids."""


async def list_segment(
    client: Lists, progress: Progress, batch: str, segment: str, told: Callable[[int], None]
) -> None:
    """Lists a segment (empty: everybody) from where the last run left off; `told` gets how many were looked at."""
    about = progress.about()
    token, looked_at = str(about.get("page_token", "")), int(about.get("looked_at", 0))
    while not about.get("listed"):
        page = await client.page(segment, page_token=token, page_size=PAGE)
        token, looked_at = page.next_page_token, looked_at + page.looked_at
        about["listed"] = not token
        found = ((place_in(batch, customer_id), customer_id) for customer_id in page.customer_ids)
        progress.listed(found, page_token=token, looked_at=looked_at, listed=not token)
        told(looked_at)


def list_file(file: Path, progress: Progress) -> None:
    """Takes the customers of a file in its order, each once. Raises `InvalidArgument` with the rows that name nobody."""
    if progress.about().get("listed"):
        return
    faults = [Violation(f"{file.name}:{number}", what) for number, what, _ in _ids(file) if what]
    if faults:
        more = [Violation(file.name, f"and {len(faults) - _SHOWN:,} more")] if len(faults) > _SHOWN else []
        raise InvalidArgument([*faults[:_SHOWN], *more])
    numbered = ((turn, id_) for turn, (_, _, id_) in enumerate(_ids(file)))
    for part in _parts(numbered, PAGE):
        progress.listed(part)
    progress.note(listed=True)


def file_mark(file: Path) -> str:
    """A hash of the file's bytes: a changed file is another batch."""
    digest = hashlib.sha256()
    with file.open("rb") as source:
        while chunk := source.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _ids(file: Path) -> Iterator[tuple[int, str, str]]:
    """Number, fault and id of each row: of the column `customer_id`, or of a text file the line itself."""
    if not is_table(file) and file.suffix.lower() not in (".jsonl", ".json", ".ndjson", ".gz"):
        with file.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, "", line.strip()
        return
    for row in read_rows(file):
        if isinstance(row, BadRow):
            yield row.line, row.error, ""
            continue
        value = row.values.get(COLUMN)
        text = str(value).strip() if value is not None else ""
        yield row.number, "" if text else f"has no `{COLUMN}`", text


def _parts(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while part := list(islice(iterator, size)):
        yield part
