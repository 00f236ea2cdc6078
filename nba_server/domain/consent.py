"""Consent per channel and purpose: the records, which of them holds, and what it allows.

Unknown is no for advertising (see semantics of the field: opt-in). Times are milliseconds since 1970 UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

ANY_CHANNEL = "*"
PROFILING = "profiling"
ALLOWED_UNKNOWN = frozenset({"service", "transactional"})
"""Purposes that need no consent; an explicit denial still holds."""

KEPT_RECORDS = 8
"""Records in force that are kept per channel and purpose, so that a withdrawn revocation can be undone."""


class ConsentStatus(StrEnum):
    """The state of one consent record."""

    GRANTED = "granted"
    DENIED = "denied"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Consent:
    """What a customer allows on a channel (or `*`) for a purpose, from `valid_from_ms` until `valid_to_ms` (0: open)."""

    channel: str
    purpose: str
    status: ConsentStatus
    valid_from_ms: int
    valid_to_ms: int = 0
    legal_basis: str = ""
    text_version: str = ""
    source: str = ""
    proof_id: str = ""


class ConsentVerdict(StrEnum):
    """What the records say at a moment."""

    GRANTED = "granted"
    DENIED = "denied"
    REVOKED = "revoked"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


_STRICTNESS = {ConsentStatus.GRANTED: 0, ConsentStatus.DENIED: 1, ConsentStatus.REVOKED: 2}


def _rank(record: Consent) -> tuple[int, int]:
    return record.valid_from_ms, _STRICTNESS[record.status]


def _refuses(record: Consent) -> bool:
    return record.status is not ConsentStatus.GRANTED


def verdict(records: Iterable[Consent], channel: str, purpose: str, now_ms: int) -> ConsentVerdict:
    """Which record holds: the later `valid_from_ms` wins, at the same time the stricter; `*` records count as well, but a
    grant for `*` lifts no refusal of the channel itself.

    A grant that has ended is EXPIRED, a refusal that has ended is UNKNOWN; what it replaced does not come back.
    """
    said = sorted((r for r in records if r.purpose == purpose and r.valid_from_ms <= now_ms), key=_rank)
    own = next((record for record in reversed(said) if record.channel == channel), None)
    general = next((record for record in reversed(said) if record.channel == ANY_CHANNEL), None)
    holding = own if own is not None and _refuses(own) and (general is None or not _refuses(general)) else None
    holding = holding or max((r for r in (own, general) if r is not None), key=_rank, default=None)
    if holding is None:
        return ConsentVerdict.UNKNOWN
    if holding.valid_to_ms and holding.valid_to_ms <= now_ms:
        return ConsentVerdict.EXPIRED if holding.status is ConsentStatus.GRANTED else ConsentVerdict.UNKNOWN
    return ConsentVerdict(holding.status.value)


def allows(verdict_: ConsentVerdict, purpose: str, *, unknown_allowed: bool) -> bool:
    """Whether a contact for the purpose may be made. `unknown_allowed` is the channel's own setting.

    Refusals always hold. Without a grant only purposes that need none pass.
    """
    if verdict_ is ConsentVerdict.GRANTED:
        return True
    if verdict_ in (ConsentVerdict.DENIED, ConsentVerdict.REVOKED):
        return False
    return purpose in ALLOWED_UNKNOWN or (unknown_allowed and verdict_ is ConsentVerdict.UNKNOWN)


def said_now(existing: Iterable[Consent], new: Iterable[Consent], now_ms: int) -> tuple[Consent, ...]:
    """The new records with a time: one without (`valid_from_ms` 0) holds from now.

    One without a time that only repeats what stands for its channel and purpose is left out: it keeps the time that it
    has, so that a list imported again neither grows the records nor outranks what the customer has said since. For the same
    reason a grant without a time and without a proof lifts no refusal: it is left out.
    """
    standing: dict[tuple[str, str], Consent] = {}
    for record in sorted(existing, key=_rank):
        standing[record.channel, record.purpose] = record
    kept = []
    for record in new:
        before = standing.get((record.channel, record.purpose))
        if record.valid_from_ms:
            kept.append(record)
        elif _lifts_without_proof(record, before, standing.get((ANY_CHANNEL, record.purpose))):
            continue
        elif before is None or replace(before, valid_from_ms=0) != record:
            kept.append(replace(record, valid_from_ms=now_ms))
    return tuple(kept)


def _lifts_without_proof(record: Consent, *standing: Consent | None) -> bool:
    """Whether a grant would outrank a refusal that stands, with nothing to show for it."""
    return not _refuses(record) and not record.proof_id and any(s is not None and _refuses(s) for s in standing)


def merge_consents(existing: Iterable[Consent], new: Iterable[Consent]) -> tuple[Consent, ...]:
    """Adds records; equal ones once. Keeps all with the newest times per channel and purpose, in time order."""
    kept: dict[tuple[str, str], list[Consent]] = {}
    for record in dict.fromkeys((*existing, *new)):
        kept.setdefault((record.channel, record.purpose), []).append(record)
    return tuple(record for key in sorted(kept) for record in sorted(kept[key], key=_rank)[-KEPT_RECORDS:])


def taken_back(before: Iterable[Consent], after: Iterable[Consent]) -> tuple[str, ...]:
    """Channels (or `*`) on which `after` refuses what it did not refuse before; what was offered there holds no more."""
    known = frozenset(before)
    new = (record for record in after if record not in known and record.status is not ConsentStatus.GRANTED)
    return tuple(sorted({record.channel for record in new}))


def changed_consents(before: Sequence[Consent], after: Sequence[Consent]) -> tuple[Consent, ...]:
    """What is new in `after`; for a record that was undone the one that stands in its place now, or itself as ended."""
    known, standing = frozenset(before), {(record.channel, record.purpose): record for record in after}
    left = frozenset(after)
    undone = (record for record in known if record not in left)
    restored = (
        standing.get((record.channel, record.purpose), replace(record, valid_to_ms=record.valid_from_ms))
        for record in undone
    )
    found = dict.fromkeys((*(record for record in standing.values() if record not in known), *restored))
    return tuple(sorted(found, key=lambda record: (record.channel, record.purpose, *_rank(record))))


def refusals(records: Iterable[Consent]) -> tuple[Consent, ...]:
    """What stays when a profile is deleted: grants go, refusals hold."""
    return tuple(record for record in records if record.status is not ConsentStatus.GRANTED)
