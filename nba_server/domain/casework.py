"""What a happening does to a customer's matters: it opens one, adds to it, or closes it.

Repeats change nothing. The order in which things arrive does not matter for a service case: its newest word holds.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from nba_server.domain.case_file import MOST_ENDED, CaseFile, EndedCase, remembering, tidied, with_matter
from nba_server.domain.happening import Happening, HappeningKind
from nba_server.domain.matter import Closing, Entry, Matter, MatterKind, with_closing, with_entry
from nba_server.domain.matter_rule import KINDS, MatterRule

SERVER = "server"


@dataclass(frozen=True, slots=True)
class Move:
    """What became of one matter: `opened` True when it is open now and was not before, False when it was closed, else None."""

    matter: Matter
    opened: bool | None


@dataclass(frozen=True, slots=True)
class Handled:
    """The file after it, and the matters that it touched. `repeated`: it was known already, and nothing changed."""

    file: CaseFile
    moves: tuple[Move, ...] = ()
    repeated: bool = False


def handled(file: CaseFile, what: Happening, rules: Sequence[MatterRule], now_ms: int) -> Handled:
    """Takes in a happening under the catalogue's rules."""
    if what.key and what.key in file.recent:
        return Handled(file, repeated=True)
    before = {matter.id: matter for matter in file.matters}
    after = remembering(file, what.key, what.kind.value, what.at_ms)
    for rule in rules:
        if rule.opened_by(what):
            after = with_matter(after, _opened(after, rule, what))
    after = _added(after, what)
    after = _closed(after, what, {rule.id: rule for rule in rules})
    moves = tuple(
        Move(matter, _change(before.get(matter.id), matter, now_ms))
        for matter in after.matters
        if before.get(matter.id) is not matter
    )
    return Handled(tidied(after, now_ms), moves)


def closed_by_hand(file: CaseFile, matter_id: str, closing: Closing) -> Handled:
    """Closes a matter. `repeated` when it is closed already. Raises `KeyError` for one that is not there."""
    matter = next((known for known in file.matters if known.id == matter_id), None)
    if matter is None:
        raise KeyError(matter_id)
    if not matter.open_at(closing.at_ms):
        return Handled(file, (Move(matter, None),), repeated=True)
    after = with_closing(matter, replace(closing, at_ms=max(closing.at_ms, matter.last_ms)))
    return Handled(with_matter(file, after), (Move(after, False),))


def taken_back(file: CaseFile, key: str, now_ms: int) -> Handled:
    """Without what was said under the key: a matter that nothing else opened is closed."""
    moves: list[Move] = []
    after = file
    for matter in file.matters:
        if not any(entry.key == key for entry in matter.entries):
            continue
        left = replace(matter, entries=tuple(entry for entry in matter.entries if entry.key != key))
        if not any(entry.opens for entry in left.entries):
            note = Closing(max(now_ms, matter.last_ms), SERVER, "What opened it was taken back.")
            left = with_closing(matter, note) if matter.open_at(now_ms) else matter
        after = with_matter(after, left)
        moves.append(Move(left, False if matter.open_at(now_ms) and not left.open_at(now_ms) else None))
    after = replace(after, recent=tuple(known for known in after.recent if known != key))
    return Handled(after, tuple(moves))


def matter_id(*parts: str) -> str:
    """A short name among a customer's matters; equal parts give equal names."""
    digest = blake2b("\0".join(parts).encode(), digest_size=5).digest()
    return base64.b32encode(digest).decode().lower()


def _opened(file: CaseFile, rule: MatterRule, what: Happening) -> Matter:
    entry = _entry(what, opens=what.kind is not HappeningKind.CASE_UPDATED)
    matter = _same(file, rule, what)
    if matter is None:
        name = (what.case_id,) if what.case_id else ("", what.key, str(what.at_ms))
        matter = Matter(matter_id(rule.id, *name), rule.id, KINDS[what.kind], what.case_id, rule.lasts_ms)
        entry = replace(entry, opens=True)
        for ended in file.ended:
            if what.case_id and ended.case_id == what.case_id:
                matter = with_closing(matter, ended.closing)
    return with_entry(replace(matter, lasts_ms=rule.lasts_ms), entry)


def _same(file: CaseFile, rule: MatterRule, what: Happening) -> Matter | None:
    """The matter that it belongs to: that of the case; without a case the one that is open, or was at that time."""
    for matter in file.matters:
        if matter.rule != rule.id or matter.case_id != what.case_id:
            continue
        if what.case_id or matter.open_at(what.at_ms):
            return matter
        if matter.closing is not None and matter.since_ms <= what.at_ms <= matter.closing.at_ms:
            return matter
    return None


def _added(file: CaseFile, what: Happening) -> CaseFile:
    """New words on a case whose category no rule opens a matter for any more."""
    if what.kind is not HappeningKind.CASE_UPDATED:
        return file
    for matter in file.matters:
        if matter.case_id == what.case_id and matter.kind is MatterKind.SERVICE_CASE:
            file = with_matter(file, with_entry(matter, _entry(what, opens=False)))
    return file


def _closed(file: CaseFile, what: Happening, rules: dict[str, MatterRule]) -> CaseFile:
    closing = Closing(what.at_ms, what.by, what.text)
    if what.kind is HappeningKind.CASE_CLOSED:
        ended = (*file.ended, EndedCase(what.case_id, closing))[-MOST_ENDED:]
        file = replace(file, ended=ended)
    for matter in file.matters:
        rule = rules.get(matter.rule)
        if what.kind is HappeningKind.CASE_CLOSED:
            meant = matter.case_id == what.case_id and (rule is None or rule.closes_on_case)
        else:
            meant = rule is not None and matter.kind is MatterKind.SCORE and rule.closed_by(what)
        if meant and what.at_ms >= matter.since_ms:
            file = with_matter(file, with_closing(matter, closing))
    return file


def _entry(what: Happening, *, opens: bool) -> Entry:
    return Entry(
        at_ms=what.at_ms,
        key=what.key,
        by=what.by,
        channel=what.channel,
        text=what.text,
        category=what.category,
        measure=what.measure,
        score=what.value,
        opens=opens,
    )


def _change(before: Matter | None, after: Matter, now_ms: int) -> bool | None:
    was = before is not None and before.open_at(now_ms)
    return None if was == after.open_at(now_ms) else after.open_at(now_ms)
