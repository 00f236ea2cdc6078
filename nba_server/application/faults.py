"""Collects all faults of a request before it is refused, with the mend in words.

It knows no request; the validations of the use cases do.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from difflib import get_close_matches

from nba_server.errors import InvalidArgument, Violation

MAX_ID = 256
"""Longest customer, visitor, contact, purchase or event id in characters."""
MAX_BATCH = 1_000
"""Most items of one batch call."""


class Faults:
    """The violations found so far; `raise_any()` at the end reports them together."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []

    def __bool__(self) -> bool:
        return bool(self.violations)

    def add(self, field: str, message: str) -> None:
        """Notes one violation."""
        self.violations.append(Violation(field, message))

    def known(self, field: str, name: str, what: str, names: Collection[str]) -> bool:
        """Whether `name` is one of `names`; if not, notes it with the nearest names."""
        if name in names:
            return True
        self.add(field, f"{what} {shown(name)} is unknown{did_you_mean(name, names)}")
        return False

    def identifier(self, field: str, value: str, *, required: bool = True) -> bool:
        """Whether `value` is usable as an id: not empty when required, not too long, printable."""
        if not value and required:
            self.add(field, "must not be empty")
        elif len(value) > MAX_ID:
            self.add(field, f"must have at most {MAX_ID} characters, has {len(value)}")
        elif value and not value.isprintable():
            self.add(field, "must not contain control characters")
        else:
            return True
        return False

    def moment(self, field: str, ms: int) -> None:
        """Notes a time before 1970; 0 means that none was given."""
        if ms < 0:
            self.add(field, "must not be before 1970")

    def finite(self, field: str, value: float | None) -> None:
        """Notes a number that is infinite or not a number."""
        if value is not None and not math.isfinite(value):
            self.add(field, "must be a finite number")

    def raise_any(self) -> None:
        """Raises `InvalidArgument` with all violations, if there are any."""
        if self.violations:
            raise InvalidArgument(self.violations)


def check_batch(field: str, count: int) -> None:
    """Raises `InvalidArgument` when a batch has too many items."""
    if count > MAX_BATCH:
        raise InvalidArgument([Violation(field, f"must have at most {MAX_BATCH} items, has {count}")])


def shown(name: str) -> str:
    """A name from a caller, quoted and cut for a message."""
    return f"`{name[:60]}…`" if len(name) > 60 else f"`{name}`"


def did_you_mean(name: str, names: Collection[str]) -> str:
    """The end of a message about an unknown name: near names, else the few that there are."""
    near = get_close_matches(name[:60], sorted(names), n=2, cutoff=0.6)
    if near:
        return "; did you mean " + " or ".join(f"`{n}`" for n in near) + "?"
    if names and len(names) <= 8:
        return "; known: " + ", ".join(f"`{n}`" for n in sorted(names))
    return ""
