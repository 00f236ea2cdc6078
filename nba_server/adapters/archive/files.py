"""The archive's data files: written whole, synced, named after their content, read back.

Local folders first; any other location goes through pyarrow's file systems. Knows nothing of rows.
"""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import pyarrow as pa
import pyarrow.fs as pafs

from nba_server.adapters.archive.faults import ArchiveDamaged
from nba_server.adapters.archive.footer import digest_in

_DIGEST = 16
_CHUNK = 1 << 20


class Files(Protocol):
    """A place for files, by path inside the table."""

    def write(self, path: str, content: bytes) -> None:
        """Writes a file whole and durably; afterwards it is there or it is not."""

    def open(self, path: str) -> pa.NativeFile:
        """Opens a file for random reads. Raises `ArchiveDamaged` when it is missing."""

    def sync_log(self, version: int) -> None:
        """Makes a commit of the table durable."""

    def names(self, folder: str) -> list[str]:
        """Names of files and folders in a folder of the table; none when it is not there."""

    def remove(self, path: str) -> bool:
        """Deletes a file; False when there is none."""

    def sweep_drafts(self, older_s: float) -> int:
        """Deletes what a writer that died left half written; gives the number."""


def name_of(day: str, version: int, content: bytes) -> str:
    """A data file's path: its day, the commit it was made for, a hash of its footer and one of its content.

    Writing the same rows again after a crash gives the same file; a changed byte anywhere no longer fits the name.
    """
    return f"day={day}/{version:010d}-{digest_in(content)}-{digest(content)}.parquet"


def footer_in_name(path: str) -> str:
    """The hash of the footer in a data file's name; empty when the name has none."""
    parts = Path(path).stem.split("-")
    return parts[1] if len(parts) == 3 else ""


def commit_of(path: str) -> int:
    """The commit that a data file was made for: files sorted by it are in the order of the journal."""
    return int(Path(path).name.partition("-")[0])


def digest(content: bytes) -> str:
    """The hash in a data file's name."""
    return hashlib.blake2b(content, digest_size=_DIGEST).hexdigest()


def check_name(files: Files, path: str) -> None:
    """Raises `ArchiveDamaged` when the file's bytes are not those that its name was made of."""
    found, size = hashlib.blake2b(digest_size=_DIGEST), 0
    with files.open(path) as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
            size += len(chunk)
    if Path(path).stem.rpartition("-")[2] != found.hexdigest():
        raise ArchiveDamaged(path, f"its {size} bytes are not those that were written")


def files_of(location: str) -> Files:
    """The files of a folder (a path or `file://`), or of an object store (`s3://…`, `gs://…`, `abfss://…`)."""
    if location.startswith("file://"):
        return LocalFiles(Path(location.removeprefix("file://")))
    if "://" in location:
        system, path = pafs.FileSystem.from_uri(location)
        return RemoteFiles(system, path)
    return LocalFiles(Path(location))


class LocalFiles:
    """Files of a folder. A file is synced before it gets its name, and its folder after."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, path: str, content: bytes) -> None:
        """Writes beside the final name, syncs, renames."""
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.{uuid4().hex}")
        try:
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        except OSError:  # a full disk should not be filled with drafts
            draft.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
        _sync_folder(self._folder)

    def open(self, path: str) -> pa.NativeFile:
        """Opens a file for random reads."""
        try:
            return pa.OSFile(str(self._folder / path), "rb")
        except OSError as error:
            raise ArchiveDamaged(path, f"it cannot be opened: {error.strerror or error}") from error

    def sync_log(self, version: int) -> None:
        """Syncs the log entry of a version: the table's own writer leaves that to the operating system."""
        entry = self._folder / "_delta_log" / f"{version:020d}.json"
        handle = os.open(entry, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        _sync_folder(entry.parent)

    def names(self, folder: str) -> list[str]:
        """What is in a folder."""
        place = self._folder / folder
        return sorted(path.name for path in place.iterdir()) if place.is_dir() else []

    def remove(self, path: str) -> bool:
        """Unlinks a file, and its folder when that is empty then."""
        try:
            (self._folder / path).unlink()
        except FileNotFoundError:
            return False
        with suppress(OSError):
            (self._folder / path).parent.rmdir()
        return True

    def sweep_drafts(self, older_s: float) -> int:
        """Deletes drafts that nobody has touched for `older_s` seconds."""
        limit, gone = time.time() - older_s, 0
        for draft in self._folder.glob("day=*/.*.parquet.*"):
            if draft.stat().st_mtime <= limit:
                draft.unlink(missing_ok=True)
                gone += 1
        return gone


class RemoteFiles:
    """Files of an object store, where a written object is durable and whole."""

    def __init__(self, system: Any, root: str) -> None:
        self._system = system
        self._root = root.rstrip("/")

    def write(self, path: str, content: bytes) -> None:
        """Puts an object."""
        target = f"{self._root}/{path}"
        if isinstance(self._system, pafs.LocalFileSystem):
            self._system.create_dir(str(Path(target).parent), recursive=True)
        with self._system.open_output_stream(target) as stream:
            stream.write(content)

    def open(self, path: str) -> pa.NativeFile:
        """Opens an object for random reads."""
        try:
            return self._system.open_input_file(f"{self._root}/{path}")
        except OSError as error:
            raise ArchiveDamaged(path, f"it cannot be opened: {error}") from error

    def sync_log(self, version: int) -> None:
        """Nothing to do: the object store has it."""

    def names(self, folder: str) -> list[str]:
        """What is under a prefix."""
        selector = pafs.FileSelector(f"{self._root}/{folder}".rstrip("/"), allow_not_found=True)
        return sorted(info.base_name for info in self._system.get_file_info(selector))

    def remove(self, path: str) -> bool:
        """Deletes an object."""
        try:
            self._system.delete_file(f"{self._root}/{path}")
        except FileNotFoundError:
            return False
        return True

    def sweep_drafts(self, older_s: float) -> int:
        """Nothing to do: an object is there whole, or not."""
        return 0


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
