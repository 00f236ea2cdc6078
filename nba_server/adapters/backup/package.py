"""A backup as a folder or as one `.tar` file: made beside its name and renamed when it is whole, opened for reading."""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nba_server.adapters.backup.faults import BackupDamaged
from nba_server.adapters.backup.manifest import Manifest
from nba_server.errors import FailedPrecondition

TAR = ".tar"


@contextmanager
def making(target: Path) -> Iterator[Path]:
    """A folder to fill, which becomes `target` (a tar when it ends with `.tar`) when nothing is raised; else it is gone.

    Raises `FailedPrecondition` when something is there already.
    """
    if target.exists():
        raise FailedPrecondition(f"{target} exists already: choose another name for the backup.")
    target.parent.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield stage
        if target.suffix == TAR:
            _pack(stage, target)
        else:
            for path in stage.rglob("*"):
                _sync(path)
            stage.replace(target)
        _sync(target.parent)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


@contextmanager
def opened(backup: Path, workplace: Path) -> Iterator[tuple[Path, Manifest]]:
    """The backup as a folder, every file of it checked; a tar is unpacked inside `workplace` for the time being.

    Raises `BackupDamaged`, `FailedPrecondition`.
    """
    if backup.is_dir():
        manifest = Manifest.read(backup)
        manifest.check(backup)
        yield backup, manifest
        return
    if not backup.is_file():
        raise FailedPrecondition(f"There is no backup {backup}.")
    workplace.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".nba-restore-", dir=workplace) as unpacked:
        try:
            with tarfile.open(backup, "r:") as tar:
                tar.extractall(unpacked, filter="data")
        except (tarfile.TarError, OSError, EOFError) as error:
            raise BackupDamaged(f"{backup} cannot be unpacked: {error}") from error
        manifest = Manifest.read(Path(unpacked))
        manifest.check(Path(unpacked))
        yield Path(unpacked), manifest


def _pack(stage: Path, target: Path) -> None:
    draft = target.with_name(f".{target.name}.part")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as tar:
                for path in sorted(stage.rglob("*")):
                    tar.add(path, arcname=path.relative_to(stage).as_posix(), recursive=False)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
