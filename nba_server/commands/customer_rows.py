"""Customers from any file: JSON Lines as they are, tables by a column mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from nba_server.commands.column_mapping import Section, SectionReader, mapped
from nba_server.commands.customer_lines import BadLine, GoodLine, patch_of, read
from nba_server.commands.table_rows import is_table, read_rows


def read_customers(file: IO[bytes], mapping: Path | None) -> Iterator[GoodLine | BadLine]:
    """Each row of the file. Raises `MappingInvalid`, `TableUnreadable`, `OSError`."""
    path = Path(getattr(file, "name", "") or "")
    if mapping is None and not is_table(path):
        return read(file)
    sections = SectionReader(mapping, "customers")
    return mapped(read_rows(path), sections, _line)


def _line(number: int, found: Mapping[str, Any], section: Section) -> GoodLine:
    record = {name: value for name, value in found.items() if value is not None}
    consents = [dict(consent) for consent in section.records.get("consents", ())]
    return GoodLine(number, 0, patch_of({**record, "consents": consents}))
