"""From a folder of YAML to the compiled catalogue, and from a canonical snapshot to the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from nba_server.adapters.catalog.building import build
from nba_server.adapters.catalog.canonical import FORMATS, canonical_document, content_hash, encode
from nba_server.adapters.catalog.checking import check, time_zone
from nba_server.adapters.catalog.expressions import ExpressionCompiler
from nba_server.adapters.catalog.faults import CatalogFaulty, Faults, Mark
from nba_server.adapters.catalog.folder import read_texts
from nba_server.adapters.catalog.merging import Merged, merge
from nba_server.adapters.catalog.rule_check import check_rules
from nba_server.adapters.catalog.schema import check_schema
from nba_server.adapters.catalog.yaml_source import Source, parse_source
from nba_server.domain.catalog import Catalog
from nba_server.errors import CatalogInvalid


@dataclass(frozen=True, slots=True)
class CompiledFolder:
    """A compiled catalogue, its canonical bytes (the snapshot) and their SHA-256."""

    catalog: Catalog
    canonical: bytes
    hash: str


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """One parsed and schema-checked file, and the faults found in it."""

    source: Source
    faults: Faults


class FolderCompiler:
    """Compiles folders; a file that has not changed since the last time is not parsed again."""

    def __init__(self) -> None:
        self._files: dict[str, CheckedFile] = {}

    def compile(self, texts: Mapping[str, str], faults: Faults | None = None) -> CompiledFolder:
        """Compiles files given as name -> text. Raises `CatalogFaulty` with all faults at once."""
        faults = faults or Faults()
        files = {name: self._checked(name, text) for name, text in sorted(texts.items())}
        self._files = files
        for file in files.values():
            faults.found.extend(file.faults.found)
        if any(file.source.broken for file in files.values()):
            faults.raise_if_any()  # what a broken file declares is unknown: whatever names it would be called unknown too
        merged, compiler = _check_all([file.source for file in files.values()], faults)
        faults.raise_if_any()
        canonical = encode(canonical_document(merged, time_zone(merged, faults)))
        hash_ = content_hash(canonical)
        return CompiledFolder(build(orjson.loads(canonical), hash_, compiler), canonical, hash_)

    def compile_folder(self, folder: Path) -> CompiledFolder:
        """Compiles a folder. Raises `CatalogFaulty` with all faults at once, also for a folder without catalogue files."""
        faults = Faults()
        texts = read_texts(folder, faults)
        if not texts:
            faults.add(Mark(str(folder), 1, 1), "no catalogue here", "put at least one *.yaml file into the folder")
            faults.raise_if_any()
        return self.compile(texts, faults)

    def _checked(self, name: str, text: str) -> CheckedFile:
        known = self._files.get(name)
        if known is not None and known.source.text == text:
            return known
        faults = Faults()
        source = parse_source(name, text, faults)
        check_schema(source, faults)
        return CheckedFile(source, faults)


def _check_all(sources: Sequence[Source], faults: Faults) -> tuple[Merged, ExpressionCompiler]:
    merged = merge(sources, faults)
    check(merged, faults)
    return merged, check_rules(merged, faults)


def compile_folder(folder: Path | str) -> CompiledFolder:
    """Compiles a folder of `*.yaml` files (any nesting). Raises `CatalogFaulty` with all faults."""
    return FolderCompiler().compile_folder(Path(folder))


def compile_text(text: str, *more: str) -> CompiledFolder:
    """Compiles YAML texts as if they were files `catalog.yaml`, `catalog-2.yaml`, … Raises `CatalogFaulty`."""
    names = ["catalog.yaml", *(f"catalog-{number}.yaml" for number in range(2, len(more) + 2))]
    return FolderCompiler().compile(dict(zip(names, (text, *more), strict=True)))


def compile_snapshot(canonical: bytes) -> Catalog:
    """The catalogue of a canonical snapshot. Raises `CatalogInvalid` for one that this version cannot read."""
    try:
        document = orjson.loads(canonical)
        written = document["format"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise CatalogInvalid([f"snapshot: not a catalogue snapshot ({error}); publish the catalogue again"]) from error
    if written not in FORMATS:
        known = " and ".join(map(str, FORMATS))
        raise CatalogInvalid([f"snapshot: written in format {written}, this version reads {known}; publish it again"])
    return build(document, content_hash(canonical))


__all__ = ["CatalogFaulty", "CompiledFolder", "FolderCompiler", "compile_folder", "compile_snapshot", "compile_text"]
