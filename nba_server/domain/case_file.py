"""A customer's case file: matters with their words, purchases of late, and the events taken in, to recognise repeats.

A decision never reads it: what it needs of open matters is kept beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from nba_server.domain.matter import Closing, Matter, OpenMatter, merged
from nba_server.domain.purchase import KeptPurchase, merged_purchases

DAY_MS = 86_400_000
KEPT_MS = 180 * DAY_MS
"""How long a closed matter can be read."""

MOST_CLOSED = 50
MOST_RECENT = 256
MOST_ENDED = 64


@dataclass(frozen=True, slots=True)
class EndedCase:
    """A service case whose end was heard before its beginning."""

    case_id: str
    closing: Closing


@dataclass(frozen=True, slots=True)
class CaseFile:
    """`recent` are the keys of events taken in, oldest first; `latest` the time of the newest event by kind.

    `ended` are service cases whose end was heard of, `purchases` those that can be put down to something still.
    """

    matters: tuple[Matter, ...] = ()
    recent: tuple[str, ...] = ()
    latest: Mapping[str, int] = field(default_factory=dict)
    ended: tuple[EndedCase, ...] = ()
    purchases: tuple[KeptPurchase, ...] = ()

    def open(self, now_ms: int) -> tuple[OpenMatter, ...]:
        """The open matters as a decision reads them, the oldest first; those that end later by themselves too."""
        found = (matter.in_short() for matter in self.matters if matter.open_at(now_ms))
        return tuple(sorted(found, key=lambda matter: (matter.since_ms, matter.id)))


def with_matter(file: CaseFile, matter: Matter) -> CaseFile:
    """With the matter put in, or in the place of its earlier state."""
    others = tuple(known for known in file.matters if known.id != matter.id)
    return replace(file, matters=(*others, matter))


def remembering(file: CaseFile, key: str, kind: str, at_ms: int) -> CaseFile:
    """With the event remembered as taken in."""
    recent = (*file.recent, key)[-MOST_RECENT:] if key else file.recent
    latest = {**file.latest, kind: max(at_ms, file.latest.get(kind, 0))}
    return replace(file, recent=recent, latest=latest)


def taken_in(file: CaseFile, key: str) -> CaseFile:
    """With the key of a change of the profile remembered."""
    return replace(file, recent=(*file.recent, key)[-MOST_RECENT:])


def merged_files(one: CaseFile, other: CaseFile) -> CaseFile:
    """Two files of the same person as one: nothing that either knows is lost, and nothing is there twice."""
    matters = {matter.id: matter for matter in one.matters}
    for matter in other.matters:
        known = matters.get(matter.id)
        matters[matter.id] = matter if known is None else merged(known, matter)
    latest = {
        kind: max(one.latest.get(kind, 0), other.latest.get(kind, 0)) for kind in sorted({*one.latest, *other.latest})
    }
    ended = sorted({*one.ended, *other.ended}, key=lambda case: (case.closing.at_ms, case.case_id))
    return CaseFile(
        matters=tuple(matters[id_] for id_ in sorted(matters)),
        recent=tuple(dict.fromkeys((*one.recent, *other.recent)))[-MOST_RECENT:],
        latest=latest,
        ended=tuple(ended[-MOST_ENDED:]),
        purchases=merged_purchases(one.purchases, other.purchases),
    )


def tidied(file: CaseFile, now_ms: int) -> CaseFile:
    """Without closed matters that are too old or too many to be of use."""
    closed = [matter for matter in file.matters if not matter.open_at(now_ms)]
    recent = sorted((m for m in closed if _ended(m) > now_ms - KEPT_MS), key=_ended)[-MOST_CLOSED:]
    if len(recent) == len(closed):
        return file
    kept = {matter.id for matter in recent}
    return replace(file, matters=tuple(m for m in file.matters if m.open_at(now_ms) or m.id in kept))


def without_words(file: CaseFile, now_ms: int) -> CaseFile:
    """What a deletion leaves: open matters, so that they mute still, without a word of what was said."""
    matters = tuple(
        replace(
            matter,
            case_id="",
            entries=tuple(replace(entry, text="", by="") for entry in matter.entries),
            closings=tuple(replace(closing, note="", by="") for closing in matter.closings),
        )
        for matter in file.matters
        if matter.open_at(now_ms)
    )
    return CaseFile(matters=matters, recent=file.recent if matters else ())


def _ended(matter: Matter) -> int:
    return matter.closing.at_ms if matter.closing else matter.until_ms
