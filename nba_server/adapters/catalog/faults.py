"""Faults of a catalogue: where, what is wrong, and the mend. Owns the words' shape; it does not know what a catalogue is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from nba_server.errors import CatalogInvalid


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in a file. Line and column count from 1; the column counts characters."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault: `what` is wrong at `mark`, and `mend` says what would be right (empty when nothing can be said)."""

    mark: Mark
    what: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.mark}: {self.what}" + (f"; {self.mend}" if self.mend else "")


@dataclass(slots=True)
class Faults:
    """Collects faults, so that all are reported at once."""

    found: list[Fault] = field(default_factory=list)

    def add(self, mark: Mark, what: str, mend: str = "") -> None:
        """Notes a fault; the same one is noted once."""
        fault = Fault(mark, what, mend)
        if fault not in self.found:
            self.found.append(fault)

    def sorted(self) -> tuple[Fault, ...]:
        """All faults by file, line and column."""
        return tuple(sorted(self.found))

    def raise_if_any(self) -> None:
        """Raises `CatalogFaulty` when there is a fault."""
        if self.found:
            raise CatalogFaulty(self.sorted())


class CatalogFaulty(CatalogInvalid):
    """`CatalogInvalid` that still has the faults as records, for printing and for `--json`."""

    def __init__(self, found: tuple[Fault, ...]) -> None:
        super().__init__([str(fault) for fault in found])
        self.found = found


def meant_or_declare(word: str, known: Iterable[str], section: str) -> str:
    """A mend for the name of something that is not there: the nearest known one, else where to declare it and what there is."""
    mend = did_you_mean(word, known)
    if mend.startswith("did"):
        return mend
    return "; ".join(part for part in (f"declare it under `{section}:`", mend) if part)


def did_you_mean(word: str, known: Iterable[str], *, few: int = 12) -> str:
    """A mend for an unknown word: the nearest known one, else all of them when they are `few` at most; else empty."""
    options = sorted(known)
    near = get_close_matches(word, options, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    if 0 < len(options) <= few:
        return "known: " + ", ".join(options)
    return ""
