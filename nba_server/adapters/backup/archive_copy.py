"""The archive's table at one version, copied out and in: its data files, checked against their names, and its log up to there."""

from __future__ import annotations

from pathlib import Path

from nba_server.adapters.archive.faults import ArchiveDamaged
from nba_server.adapters.archive.files import Files, check_name, files_of
from nba_server.adapters.archive.reader import ArchiveReader
from nba_server.adapters.archive.table import ArchiveTable, table_place
from nba_server.errors import FailedPrecondition

_LOG = "_delta_log"
_CHUNK = 1 << 20


def copy_out(location: str, version: int, folder: Path) -> int:
    """Copies the table at a version into `folder`; the rows it has. Raises `ArchiveDamaged` that names the file."""
    place = table_place(location)
    source, target = files_of(place), Path(table_place(folder))
    table = ArchiveTable.open(location, version=version)
    files = table.data_files() if table else []
    for file in files:
        _copy(source, file.path, target)
        try:
            check_name(files_of(str(target)), file.path)
        except ArchiveDamaged as fault:
            raise ArchiveDamaged(file.path, f"{fault.what}; run `nba archive repair` before a backup") from fault
    for name in source.names(_LOG):
        if name[:20].isdigit() and int(name[:20]) <= version:
            _copy(source, f"{_LOG}/{name}", target)
    return sum(file.rows for file in files)


def copy_in(folder: Path, location: str) -> None:
    """Copies a table into an archive without one, its log last: before that it is no table."""
    source = Path(table_place(folder))
    target = files_of(table_place(location))
    paths = [path.relative_to(source).as_posix() for path in sorted(source.rglob("*")) if path.is_file()]
    for path in sorted(paths, key=lambda path: (path.startswith(_LOG), path)):
        target.write(path, (source / path).read_bytes())


def check_free(location: str) -> None:
    """Raises `FailedPrecondition` when there is an archive at a place, or the rest of one."""
    files = files_of(table_place(location))
    if ArchiveReader(location).version >= 0 or files.names("") or files.names(_LOG):
        raise FailedPrecondition(f"{location} holds an archive already: restore into another place.")


def _copy(source: Files, path: str, folder: Path) -> None:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open(path) as file, target.open("wb") as out:
        while chunk := file.read(_CHUNK):
            out.write(chunk)
