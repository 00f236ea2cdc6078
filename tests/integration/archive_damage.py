"""Damage to the archive's files: a changed bit at a place, a lost end, a file that is gone."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from nba_server.adapters.archive.table import table_place


def data_files(folder: Path) -> list[Path]:
    """The data files on disk, in the order of their commits."""
    return sorted(Path(table_place(folder)).rglob("*.parquet"), key=lambda file: file.name)


def flip(file: Path, place: int | float = 0.5) -> str:
    """Changes one bit, at an offset or at a part of the length; the file's name."""
    content = bytearray(file.read_bytes())
    content[int(len(content) * place) if isinstance(place, float) else place] ^= 1
    file.write_bytes(content)
    return file.name


def tear(file: Path, left: float) -> str:
    """Keeps only the beginning; the file's name."""
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * left)])
    return file.name


def page_of(file: Path, group: int, column: str) -> int:
    """An offset inside the values of a column of a row group."""
    metadata = pq.read_metadata(file)
    chunk = metadata.row_group(group).column(metadata.schema.names.index(column))
    return int(chunk.data_page_offset + chunk.total_compressed_size - 8)
