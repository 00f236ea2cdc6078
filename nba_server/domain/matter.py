"""A matter: something open between a customer and us. What was said about it only ever grows, so two copies merge into one.

Whether it is open follows from its entries and closings alone, whatever the order in which they arrived.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

MOST_ENTRIES = 20
"""Entries, and closings, that a matter keeps: the first and the newest ones."""


class MatterKind(StrEnum):
    """What opened it. The values are what the store and the journal keep."""

    COMPLAINT = "complaint"
    SERVICE_CASE = "service_case"
    SCORE = "score"
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class Entry:
    """What was said about it at a moment. `opens`: it opens the matter, or opens it again; else it only adds words."""

    at_ms: int
    key: str
    by: str = ""
    channel: str = ""
    text: str = ""
    category: str = ""
    measure: str = ""
    score: float | None = None
    opens: bool = True


@dataclass(frozen=True, slots=True)
class Closing:
    """Who closed it when, and the note that it was closed with."""

    at_ms: int
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class OpenMatter:
    """As much of an open matter as a decision needs. `until_ms` is when it closes by itself, 0 for never."""

    id: str
    rule: str
    kind: MatterKind
    since_ms: int
    until_ms: int = 0

    def holds(self, now_ms: int) -> bool:
        """Whether it is open still."""
        return not self.until_ms or now_ms < self.until_ms


@dataclass(frozen=True, slots=True)
class Matter:
    """One matter under the rule `rule`. `entries` and `closings` are in order of time; `lasts_ms` 0: until it is closed."""

    id: str
    rule: str
    kind: MatterKind
    case_id: str = ""
    lasts_ms: int = 0
    entries: tuple[Entry, ...] = ()
    closings: tuple[Closing, ...] = ()

    @property
    def last_ms(self) -> int:
        """When it was opened last."""
        return max((entry.at_ms for entry in self.entries if entry.opens), default=0)

    @property
    def since_ms(self) -> int:
        """Since when it is open, or was: the first opening that no closing followed, or the last one."""
        closed = self.closings[-1].at_ms if self.closings else -1
        openings = [entry.at_ms for entry in self.entries if entry.opens]
        return min((at for at in openings if at > closed), default=max(openings, default=0))

    @property
    def until_ms(self) -> int:
        """When it closes by itself; 0: never."""
        return self.last_ms + self.lasts_ms if self.lasts_ms else 0

    @property
    def closing(self) -> Closing | None:
        """The closing that holds; None while it is open, or ran out by itself."""
        return self.closings[-1] if self.closings and self.closings[-1].at_ms >= self.last_ms else None

    def open_at(self, now_ms: int) -> bool:
        """Whether it is open. A closing at the very time of an opening closes."""
        return self.closing is None and self.last_ms > 0 and (not self.until_ms or now_ms < self.until_ms)

    def in_short(self) -> OpenMatter:
        """What a decision needs of it."""
        return OpenMatter(self.id, self.rule, self.kind, self.since_ms, self.until_ms)


def with_entry(matter: Matter, entry: Entry) -> Matter:
    """With what was said; the same of one key is said once."""
    if entry.key and any(known.key == entry.key for known in matter.entries):
        return matter
    return replace(matter, entries=_kept((*matter.entries, entry)))


def with_closing(matter: Matter, closing: Closing) -> Matter:
    """With the closing; the same one counts once."""
    if closing in matter.closings:
        return matter
    closings = sorted((*matter.closings, closing), key=lambda one: (one.at_ms, one.by, one.note))
    return replace(matter, closings=tuple(closings[-MOST_ENTRIES:]))


def merged(one: Matter, other: Matter) -> Matter:
    """Two copies of the same matter as one: all that either knows. The order of the two does not matter."""
    entries = {(entry.at_ms, entry.key): entry for entry in sorted((*one.entries, *other.entries), key=repr)}
    closings = sorted({*one.closings, *other.closings}, key=lambda closing: (closing.at_ms, closing.by, closing.note))
    return replace(
        min(one, other, key=lambda matter: (matter.rule, matter.kind.value)),
        lasts_ms=0 if 0 in (one.lasts_ms, other.lasts_ms) else max(one.lasts_ms, other.lasts_ms),
        entries=_kept(entries.values()),
        closings=tuple(closings[-MOST_ENTRIES:]),
    )


def _kept(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """In order of time: the first, the last that opens, and the newest others."""
    ordered = sorted(entries, key=lambda entry: (entry.at_ms, entry.key))
    if len(ordered) <= MOST_ENTRIES:
        return tuple(ordered)
    openings = [entry for entry in ordered if entry.opens]
    bound = [ordered[0], *openings[-1:]]
    others = [entry for entry in ordered if entry not in bound]
    return tuple(sorted((*bound, *others[len(bound) - MOST_ENTRIES :]), key=lambda entry: (entry.at_ms, entry.key)))
