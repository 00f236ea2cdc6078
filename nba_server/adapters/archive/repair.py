"""Rebuilds damaged files: from what is left of them and from the journal, as long as that still has their entries.

The new file takes the old one's place in one commit (or, being the same bytes again, on disk), so every entry stays in the
table exactly once. The damaged file itself is left to the sweep.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nba_server.adapters.archive.data_file import DataFile, write_file
from nba_server.adapters.archive.faults import ArchiveDamaged, ArchiveStale
from nba_server.adapters.archive.salvage import LostEntry, LostRange, Salvage, salvage
from nba_server.adapters.archive.schema import ArchiveRow, Poison, file_table, in_order, order_of, row_of
from nba_server.adapters.archive.source import Source
from nba_server.adapters.archive.table import ArchiveTable
from nba_server.adapters.archive.verification import batches_of, check_file

_CHUNK = 1_000

Key = tuple[int, str]
"""Bucket and stream id: which entry it is."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """What became of a damaged file.

    `rows` it should have; of these `kept` were still readable in it and `restored` came from the journal. `lost` are in
    neither: those whose ids are left are `lost_entries`, the others lie within `lost_ranges`. `replaced_by` is the new
    file, empty when nothing is left or nothing was written.
    """

    file: str
    what: str
    rows: int
    kept: int
    restored: int
    lost: int
    lost_entries: tuple[LostEntry, ...]
    lost_ranges: tuple[LostRange, ...]
    replaced_by: str


class Repair:
    """Repairs the archive at `location`. Without a store (`None`) only what the files themselves still have is used."""

    def __init__(self, store: Source | None, location: str | Path, buckets: int = 256) -> None:
        self._store = store
        self._location = location
        self._buckets = store.info.buckets if store is not None else buckets
        self._surplus = 0
        """Entries of files still to come that one repaired before took from the journal, their times being the same."""

    async def all(self, *, accept_loss: bool = True, dry_run: bool = False) -> list[Repaired]:
        """Reads every file and repairs the damaged ones. `dry_run` only tells. Raises `ArchiveUnavailable`."""
        table = await asyncio.to_thread(ArchiveTable.open, self._location)
        if table is None:
            return []
        damaged = await asyncio.to_thread(_damaged, table, table.data_files())
        unreadable, done = set(damaged), []
        for path, what in damaged.items():
            done.append(
                await self.file(table, path, what, damaged=unreadable, accept_loss=accept_loss, dry_run=dry_run)
            )
            if done[-1].replaced_by:
                unreadable.discard(path)
        return done

    async def file(
        self,
        table: ArchiveTable,
        path: str,
        what: str,
        *,
        damaged: Iterable[str] = (),
        accept_loss: bool = False,
        dry_run: bool = False,
    ) -> Repaired:
        """Repairs one file. Unless `accept_loss`, a file that cannot be rebuilt whole stays as it is.

        `damaged` names files that cannot be read. Raises `ArchiveStale` when somebody else replaced the file meanwhile.
        """
        file = next((file for file in table.data_files() if file.path == path), None)
        if file is None:
            raise ArchiveStale(f"{path} is no part of the archive any more")
        left = await asyncio.to_thread(salvage, table.files, file, self._buckets)
        kept = {(row.bucket, row.stream_id): row for row in left.rows}
        restored = await self._from_journal(table, file, left, kept)
        rows = kept | restored
        elsewhere = await asyncio.to_thread(_elsewhere, table, file, rows, {path, *damaged})
        given = max(self._surplus, len(elsewhere & kept.keys()))
        kept, restored, rows = (
            {k: row for k, row in part.items() if k not in elsewhere} for part in (kept, restored, rows)
        )
        entries = tuple(lost for lost in left.named if (lost.bucket, lost.stream_id) not in rows)
        lost = max(0, file.rows - len(rows) - given) if left.ranges else len(entries)
        self._surplus = max(0, given + len(rows) - file.rows)
        written = not dry_run and (accept_loss or not lost)
        new = await asyncio.to_thread(_replace, table, file, rows.values()) if written else ""
        ranges = tuple(left.ranges) if lost > len(entries) else ()
        return Repaired(path, what, file.rows, len(kept), len(restored), lost, entries, ranges, new)

    async def _from_journal(
        self, table: ArchiveTable, file: DataFile, left: Salvage, kept: Mapping[Key, ArchiveRow]
    ) -> dict[Key, ArchiveRow]:
        """The journal's archived entries that may be those that the file has lost."""
        if self._store is None or not (left.named or left.ranges):
            return {}
        named = {(lost.bucket, lost.stream_id) for lost in left.named}
        last = {b: order_of(id_) for b, id_ in table.last_ids(range(self._buckets)).items()}
        letters = await self._store.journal.dead_letters(1_000_000)
        dead = {(letter.record.bucket, letter.record.stream_id) for letter in letters}
        found: dict[Key, ArchiveRow] = {}
        after: dict[int, str] = {}
        while chunk := await self._store.journal.read(after, _CHUNK):
            after |= {record.bucket: record.stream_id for record in chunk}
            for record in chunk:
                key = (record.bucket, record.stream_id)
                within = file.first_ms <= record.at_ms <= file.last_ms
                archived = order_of(record.stream_id) <= last.get(record.bucket, -1)
                wanted = key not in kept and key not in dead and (left.ranges or key in named)
                if within and archived and wanted:
                    with suppress(Poison):
                        found[key] = row_of(record)
        return found


def _damaged(table: ArchiveTable, files: Iterable[DataFile]) -> dict[str, str]:
    """Damaged files, and what is wrong with each."""
    found: dict[str, str] = {}
    for file in files:
        try:
            check_file(table.files, file.path, file.rows)
        except ArchiveDamaged as fault:
            found[file.path] = fault.what
    return found


def _elsewhere(
    table: ArchiveTable, file: DataFile, rows: Mapping[Key, ArchiveRow], unreadable: Iterable[str]
) -> set[Key]:
    """Which of the rows another file has: times of neighbours overlap, and one may have been repaired with these rows."""
    found: set[Key] = set()
    skipped = set(unreadable)
    for other in table.data_files():
        if other.path in skipped or other.last_ms < file.first_ms or other.first_ms > file.last_ms:
            continue
        with suppress(ArchiveDamaged):  # its turn comes; what cannot be read of it may be taken here
            for batch in batches_of(table.files, other.path, columns=("bucket", "stream_id")):
                keys = zip(batch["bucket"].to_pylist(), batch["stream_id"].to_pylist(), strict=True)
                found.update(key for key in keys if key in rows)
    return found


def _replace(table: ArchiveTable, file: DataFile, rows: Iterable[ArchiveRow]) -> str:
    """Puts a new file with the rows in the old one's place; its path, empty without rows."""
    new = in_order(rows)
    if not new:
        table.replace([file], [])
        return ""
    action = write_file(table.files, file.day, file.commit, file_table(new))
    if action.path != file.path:
        table.replace([file], [action])
    return str(action.path)
