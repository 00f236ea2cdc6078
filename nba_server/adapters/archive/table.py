"""The archive's Delta table: one commit a batch, exactly once by the journal's last stream id of each bucket.

Owns opening, committing and listing files; reading rows is reader.py, moving them is archiver.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import groupby
from pathlib import Path

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from nba_server.adapters.archive.data_file import DataFile, data_file, removal, write_file
from nba_server.adapters.archive.faults import ArchiveStale, ArchiveUnavailable
from nba_server.adapters.archive.files import Files, files_of
from nba_server.adapters.archive.schema import SCHEMA, ArchiveRow, day_of, file_table, in_order, order_of, stream_id_of

TABLE = "journal"
_CONFIGURATION = {"delta.logRetentionDuration": "interval 3650 days", "delta.checkpointInterval": "100"}
_TRIMMED = "trimmed"
_REPLACED = "replaced"
"""Makes two replacements that started from one state exclude each other."""


class ArchiveTable:
    """One loaded state of the table. `refresh()` moves on to the newest; a commit needs the state that was read from."""

    def __init__(self, delta: DeltaTable, files: Files) -> None:
        self._delta = delta
        self.files = files
        self._last: tuple[int, tuple[int, ...], dict[int, str]] = (-1, (), {})

    @classmethod
    def open(cls, location: str | Path, *, create: bool = False, version: int | None = None) -> ArchiveTable | None:
        """The table `journal` of an archive (folder or URI); None when there is none yet and `create` is not set.

        Raises `ArchiveUnavailable` when the place cannot be used, or has no such version.
        """
        place = table_place(location)
        with _reachable(place):
            try:
                return cls(DeltaTable(place, version=version), files_of(place))
            except TableNotFoundError:
                if not create:
                    return None
            with suppress(CommitFailedError):  # somebody else was faster
                DeltaTable.create(
                    place, schema=SCHEMA, mode="ignore", partition_by=["day"], name=TABLE, configuration=_CONFIGURATION
                )
            return cls(DeltaTable(place), files_of(place))

    @property
    def version(self) -> int:
        """The version of this state."""
        return int(self._delta.version())

    @property
    def trimmed(self) -> int:
        """The last commit whose entries the journal has forgotten, as far as noted."""
        return int(self._delta.transaction_version(_TRIMMED) or 0)

    def refresh(self) -> None:
        """Moves on to the newest version."""
        with _reachable(self._delta.table_uri):
            self._delta.update_incremental()

    def last_ids(self, buckets: Sequence[int]) -> dict[int, str]:
        """The last archived stream id of each bucket; buckets never archived are absent."""
        version, asked, last = self._last
        if version != self.version or asked != tuple(buckets):  # a millisecond a bucket: too slow for every pass
            orders = {bucket: self._delta.transaction_version(_app(bucket)) for bucket in buckets}
            last = {bucket: stream_id_of(order) for bucket, order in orders.items() if order is not None}
            self._last = (self.version, tuple(buckets), last)
        return dict(last)

    def write(self, rows: Sequence[ArchiveRow]) -> list[AddAction]:
        """Writes rows as one synced, read back and verified file a day. They belong to no version before `commit`."""
        days = groupby(sorted(rows, key=lambda row: day_of(row.at_ms)), key=lambda row: day_of(row.at_ms))
        return [write_file(self.files, day, self.version + 1, file_table(in_order(group))) for day, group in days]

    def commit(self, actions: Sequence[AddAction], last: Mapping[int, str], *, trimmed: int = 0) -> int:
        """Adds written files and the last stream id of their buckets in one step, and gives the new version.

        `trimmed` notes that the journal no longer has what commits up to that number hold (0: no note).
        Raises `ArchiveStale` when a bucket was archived by another since this state was loaded: nothing has happened then.
        """
        transactions = [Transaction(app_id=_app(bucket), version=order_of(id_)) for bucket, id_ in last.items()]
        if trimmed > self.trimmed:
            transactions.append(Transaction(app_id=_TRIMMED, version=trimmed))
        before, (known, asked, kept) = self.version, self._last
        self._commit(actions, transactions)
        if known == before and self.version == before + 1:  # nobody else came between: what is known moves on with us
            self._last = (self.version, asked, kept | dict(last))
        return self.version

    def replace(self, old: Sequence[DataFile], new: Sequence[AddAction], *, changes: bool = True) -> int:
        """Puts written files in the place of others in one step, and gives the new version.

        `changes` is False when the rows stay the same. Raises `ArchiveStale` when another took one of `old` out first:
        nothing has happened then.
        """
        once = Transaction(app_id=_REPLACED, version=self.version + 1)
        self._commit([*(removal(file, changes=changes) for file in old), *new], [once])
        return self.version

    def data_files(self) -> list[DataFile]:
        """All files of this version by day, those of a day in the order of their commits."""
        adds = pa.table(self._delta.get_add_actions(flatten=True)).to_pylist()
        return sorted((data_file(add) for add in adds), key=lambda file: (file.day, file.commit, file.path))

    def sweep(self, hours: int) -> int:
        """Deletes files that are out of the table for `hours`, and as old ones that never came in; gives their number.

        The table is only asked which they are: its own vacuum writes two versions each time and never forgets a file.
        """
        with _reachable(self._delta.table_uri):
            old = self._delta.vacuum(hours, dry_run=True, enforce_retention_duration=False, full=True)
            gone = sum(self.files.remove(path[path.index("day=") :]) for path in old if path.endswith(".parquet"))
            return gone + self.files.sweep_drafts(hours * 3600)

    def _commit(self, actions: Sequence[AddAction | RemoveAction], transactions: Sequence[Transaction]) -> None:
        try:
            self._delta.create_write_transaction(
                actions=list(actions),
                mode="append",
                schema=SCHEMA,
                partition_by=["day"],
                commit_properties=CommitProperties(app_transactions=list(transactions)),
            )
        except CommitFailedError as error:
            raise ArchiveStale("another archiver was faster", detail=str(error)) from error
        except (DeltaError, OSError) as error:  # whether it happened is known after a refresh
            raise ArchiveUnavailable(f"the archive cannot be written: {error}") from error
        before = self.version
        self.refresh()
        for version in range(before + 1, self.version + 1):
            self.files.sync_log(version)


def table_place(location: str | Path) -> str:
    """Where an archive's table is."""
    return f"{str(location).rstrip('/')}/{TABLE}"


@contextmanager
def _reachable(place: str) -> Iterator[None]:
    try:
        yield
    except (DeltaError, OSError) as error:
        raise ArchiveUnavailable(f"the archive {place} cannot be used: {error}") from error


def _app(bucket: int) -> str:
    return f"bucket-{bucket:03x}"
