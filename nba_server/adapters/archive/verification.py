"""Whether data files still are what was written: page checksums on every read, the whole file against its name.

A flipped byte is otherwise read without an error by every Parquet reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from nba_server.adapters.archive.faults import ArchiveDamaged
from nba_server.adapters.archive.files import Files, check_name, footer_in_name
from nba_server.adapters.archive.footer import TAIL, footer_digest, footer_start


def open_checked(files: Files, path: str) -> pq.ParquetFile:
    """Opens a data file so that every page is checked against its checksum when it is read, the footer at once."""
    try:
        file = files.open(path)
        check_footer(file, path)
        return pq.ParquetFile(file, page_checksum_verification=True)
    except (OSError, pa.ArrowException) as error:
        raise ArchiveDamaged(path, f"it is torn or no Parquet file: {error}") from error


def check_footer(file: pa.NativeFile, path: str) -> None:
    """Raises `ArchiveDamaged` when the footer is not the one in the file's name."""
    wanted, size = footer_in_name(path), file.size()
    if not wanted:
        return
    file.seek(max(0, size - TAIL))
    start = footer_start(file.read(TAIL), size)
    if start > 0:
        file.seek(start)
    if start < 0 or footer_digest(file.read()) != wanted:
        raise ArchiveDamaged(path, "it is torn, or its footer is damaged")


def batches_of(
    files: Files, path: str, *, columns: Sequence[str] | None = None, groups: Sequence[int] | None = None
) -> Iterator[pa.RecordBatch]:
    """The rows of a file, one batch a row group at most. Raises `ArchiveDamaged` at the first page that is wrong."""
    with open_checked(files, path) as file:
        wanted = range(file.num_row_groups) if groups is None else groups
        for group in wanted:
            try:
                batches = file.read_row_group(group, columns=columns).to_batches()
            except (OSError, pa.ArrowException) as error:
                raise ArchiveDamaged(path, f"row group {group} is damaged: {error}") from error
            yield from batches


def check_file(files: Files, path: str, rows: int) -> None:
    """Reads a whole file. Raises `ArchiveDamaged` unless each byte and each row is there."""
    check_name(files, path)
    found = sum(batch.num_rows for batch in batches_of(files, path))
    if found != rows:
        raise ArchiveDamaged(path, f"it has {found} rows instead of {rows}")


def last_ids_of(files: Files, path: str, rows: int) -> dict[int, str]:
    """The last stream id of each bucket in a file that was checked as a whole. Raises `ArchiveDamaged`."""
    check_file(files, path, rows)
    last: dict[int, str] = {}
    for batch in batches_of(files, path, columns=("bucket", "stream_id")):
        last.update(zip(batch["bucket"].to_pylist(), batch["stream_id"].to_pylist(), strict=True))
    return last


def check_written(files: Files, path: str, table: pa.Table) -> None:
    """Reads a file just written and compares it with its rows, value by value."""
    check_name(files, path)
    if not pa.Table.from_batches(batches_of(files, path), table.schema).equals(table):
        raise ArchiveDamaged(path, "its rows are not those that were written")
