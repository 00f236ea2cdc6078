"""The files of a catalogue folder: which belong to it, their texts, and a cheap signature that shows a change."""

from __future__ import annotations

from pathlib import Path

from nba_server.adapters.catalog.faults import Faults, Mark

TEST_SUFFIX = "_test.yaml"
Signature = tuple[tuple[str, int, int, int], ...]


def catalog_files(folder: Path) -> list[Path]:
    """The `*.yaml` files of the folder and below, without tests and hidden ones, sorted."""
    return [path for path in _yaml_files(folder) if not path.name.endswith(TEST_SUFFIX)]


def test_files(folder: Path) -> list[Path]:
    """The `*_test.yaml` files of the folder and below, sorted."""
    return [path for path in _yaml_files(folder) if path.name.endswith(TEST_SUFFIX)]


test_files.__test__ = False  # type: ignore[attr-defined]


def read_texts(folder: Path, faults: Faults) -> dict[str, str]:
    """The texts of the catalogue's files by their path in the folder; unreadable files are noted."""
    if not folder.is_dir():
        faults.add(Mark(str(folder), 1, 1), "no such folder", "name the folder that holds the catalogue's YAML files")
        return {}
    for path in sorted(folder.rglob("*.yml")):
        mark = Mark(path.relative_to(folder).as_posix(), 1, 1)
        if not _hidden(path, folder):
            faults.add(mark, "files that end in .yml are not read", f"rename it to {path.stem}.yaml")
    texts: dict[str, str] = {}
    for path in catalog_files(folder):
        name = path.relative_to(folder).as_posix()
        try:
            texts[name] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            faults.add(Mark(name, 1, 1), f"not UTF-8: {error.reason} at byte {error.start}", "save the file as UTF-8")
        except OSError as error:
            faults.add(Mark(name, 1, 1), f"cannot be read: {error.strerror}", "check the file's rights")
    return texts


def signature(folder: Path) -> Signature:
    """Name, size, time and inode of every file that is read or refused: differs when one changed. Empty without a folder."""
    entries = []
    for path in (*catalog_files(folder), *sorted(folder.rglob("*.yml"))):
        try:
            status = path.stat()
        except OSError:
            continue
        entries.append((path.as_posix(), status.st_size, status.st_mtime_ns, status.st_ino))
    return tuple(entries)


def _yaml_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.yaml") if path.is_file() and not _hidden(path, folder))


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)
