"""The manifest of a backup: what it holds, and the SHA-256 of each of its files and of itself."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nba_server.adapters.backup.faults import BackupDamaged
from nba_server.adapters.redis.settings import FORMAT as STORE_FORMAT
from nba_server.errors import FailedPrecondition

NAME = "manifest.json"
FORMAT = 1
SNAPSHOT = "snapshot"
"""The store's part is the engine's own snapshot, of one moment."""
KEYS = "keys"
"""The store's part is a walk over the keys of an engine that is not ours."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Counts:
    """What a store holds: customers and visitors, remembered requests (they expire), journal entries, dead letters, timers."""

    customers: int = 0
    requests: int = 0
    journal: int = 0
    dead: int = 0
    timers: int = 0

    def differences(self, found: Counts) -> list[str]:
        """In what another store differs; requests may only be fewer."""
        names = [field.name for field in dataclasses.fields(self)]
        return [
            f"{name}: {getattr(self, name):,} in the backup, {getattr(found, name):,} restored"
            for name in names
            if getattr(self, name) != getattr(found, name)
            and not (name == "requests" and found.requests < self.requests)
        ]


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file of the backup: its path inside, its size in bytes and its hash."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`began_ms` is the machine's time before anything was read: what was acknowledged before it is in the backup.

    `archive_version` is -1 without an archive; `counts` is None when it was not tried out.
    """

    began_ms: int
    server_version: str
    store_kind: str
    store_format: str
    store_form: str
    engine: str
    counts: Counts | None
    archive_version: int
    archive_rows: int
    files: tuple[PackedFile, ...]
    format: int = FORMAT

    def write(self, folder: Path) -> None:
        """Writes the manifest into the backup's folder."""
        facts = dataclasses.asdict(self)
        text = json.dumps({"sha256": _digest(facts), **facts}, indent=1)
        (folder / NAME).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Raises `BackupDamaged`, and `FailedPrecondition` for one that a newer server has made."""
        try:
            facts: dict[str, Any] = json.loads((folder / NAME).read_text(encoding="utf-8"))
            digest, format_ = facts.pop("sha256"), facts["format"]
        except FileNotFoundError:
            raise BackupDamaged(f"{folder} is no backup: it has no {NAME}") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BackupDamaged(f"the backup's {NAME} cannot be read: {error}") from error
        if _digest(facts) != digest:
            raise BackupDamaged(f"the backup's {NAME} is not what was written")
        if format_ > FORMAT:
            raise _newer(f"format {format_}, this server knows {FORMAT}")
        counts = Counts(**facts["counts"]) if facts["counts"] else None
        files = tuple(PackedFile(**file) for file in facts["files"])
        manifest = cls(**{**facts, "counts": counts, "files": files})
        if int(manifest.store_format) > int(STORE_FORMAT):
            raise _newer(f"its store has format {manifest.store_format}, this server knows {STORE_FORMAT}")
        return manifest

    def check(self, folder: Path) -> None:
        """Reads every file. Raises `BackupDamaged` that names the first one that is not what was written."""
        for file in self.files:
            path = folder / file.path
            if not path.is_file():
                raise BackupDamaged(f"the backup is damaged: {file.path} is missing")
            if packed(folder, path) != file:
                raise BackupDamaged(f"the backup is damaged: {file.path} is not what was written")


def packed(folder: Path, path: Path) -> PackedFile:
    """A file of a backup's folder as the manifest lists it."""
    found, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
            size += len(chunk)
    return PackedFile(path.relative_to(folder).as_posix(), size, found.hexdigest())


def files_of(folder: Path) -> Iterator[Path]:
    """All files of a backup's folder but the manifest."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != NAME)


def _digest(facts: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _newer(what: str) -> FailedPrecondition:
    return FailedPrecondition(
        f"A newer version of nba-server has made this backup ({what}): restore it with that version or a newer one.",
        reason="BACKUP_TOO_NEW",
    )
