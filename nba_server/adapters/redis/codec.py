"""The customer's records as they are stored: msgpack, readable by the scripts.

Empty bytes stand for a record that does not exist. Decoding and encoding are inverse to each other. What is decoded is kept under
its bytes, so that it never has to be invalidated: profiles of customers who come again, and consents, which are often the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import msgpack

from nba_server.adapters.redis.blob import pack
from nba_server.adapters.redis.case_codec import decode_open
from nba_server.adapters.redis.ledger_codec import decode_ledger
from nba_server.domain.case_file import CaseFile
from nba_server.domain.consent import Consent, ConsentStatus
from nba_server.domain.do_not_contact import DoNotContact
from nba_server.domain.engagement import (
    Activity,
    CustomerState,
    Household,
    StoredBlobs,
    Suppression,
    SuppressionLevel,
)
from nba_server.domain.profile import Profile

KEPT_PROFILES, KEPT_CONSENTS = 256, 1_024
"""A profile with 40 attributes takes 2 to 4 kB. The compiled lane reads records itself, so that some profiles come here at each
change of what serves: more of them would fill memory for days."""

_STATUSES = {status.value: status for status in ConsentStatus}
"""Looked up: calling an enumeration costs more than all the rest of a row."""
_UNKNOWN, _IDLE, _UNLISTED, _ALONE, _NO_CASES = Profile(), Activity(), DoNotContact(), Household(), CaseFile()
"""Records that do not exist."""


def encode_profile(profile: Profile) -> bytes:
    """A profile; an unknown one is empty. The times of reports come fourth, where there are any."""
    if not profile.known:
        return b""
    times = [dict(profile.reported_ms)] if profile.reported_ms else []
    return pack([dict(profile.attributes), profile.segments, profile.products, *times])


@lru_cache(maxsize=KEPT_PROFILES)
def decode_profile(blob: bytes) -> Profile:
    """The profile of a record."""
    if not blob:
        return _UNKNOWN
    attributes, segments, products, *times = msgpack.unpackb(blob, use_list=False)
    return Profile(attributes, segments, products, known=True, reported_ms=times[0] if times else {})


def encode_consents(consents: tuple[Consent, ...]) -> bytes:
    """Consents in their order. The scripts read the third field, the status."""
    rows = [
        (
            *(c.channel, c.purpose, c.status.value, c.valid_from_ms, c.valid_to_ms),
            *(c.legal_basis, c.text_version, c.source, c.proof_id),
        )
        for c in consents
    ]
    return pack(rows) if rows else b""


@lru_cache(maxsize=KEPT_CONSENTS)
def decode_consents(blob: bytes) -> tuple[Consent, ...]:
    """The consents of a record."""
    return tuple(Consent(row[0], row[1], _STATUSES[row[2]], *row[3:]) for row in _rows(blob))


def encode_suppressions(suppressions: tuple[Suppression, ...], rules: str = "") -> bytes:
    """The name of the rule set, then the suppressions in their order."""
    rows = [(s.level.value, s.key, s.channel, s.since_ms, s.until_ms, s.rule, s.cause) for s in suppressions]
    return pack((rules, rows)) if rows or rules else b""


def decode_suppressions(blob: bytes) -> tuple[tuple[Suppression, ...], str]:
    """The suppressions of a record, and the name of the rule set; records of earlier versions begin with a row."""
    if not blob:
        return (), ""
    rows = _rows(blob)
    rules = ""
    if rows and isinstance(rows[0], str):
        rules, rows = rows
    return tuple(Suppression(SuppressionLevel(row[0]), *row[1:]) for row in rows), rules


def encode_activity(activity: Activity) -> bytes:
    """Purchase activity."""
    return pack(
        [
            activity.purchases,
            activity.last_ms,
            activity.as_of_ms,
            activity.spend,
            activity.baskets,
            dict(activity.category_spend),
            activity.recent,
        ]
    )


def decode_activity(blob: bytes) -> Activity:
    """The activity of a record."""
    if not blob:
        return _IDLE
    purchases, last_ms, as_of_ms, spend, baskets, categories, recent = msgpack.unpackb(blob)
    return Activity(purchases, last_ms, as_of_ms, float(spend), float(baskets), categories, tuple(recent))


def encode_do_not_contact(entry: DoNotContact) -> bytes:
    """An entry on the do-not-contact list; none is empty."""
    return pack([sorted(entry.channels), entry.since_ms, entry.source]) if entry.listed else b""


def decode_do_not_contact(blob: bytes) -> DoNotContact:
    """The entry of a record."""
    if not blob:
        return _UNLISTED
    channels, since_ms, source = msgpack.unpackb(blob)
    return DoNotContact(True, frozenset(channels), since_ms, source)


def encode_household(ref: str, ledgers: Sequence[tuple[str, bytes]]) -> bytes:
    """A household as read: its reference, and reference and ledger of each of the others."""
    return pack([ref, list(ledgers)]) if ref else b""


def decode_household(blob: bytes) -> Household:
    """The household of a record. Ids of the others' contacts are told apart by their references."""
    if not blob:
        return _ALONE
    ref, ledgers = msgpack.unpackb(blob)
    contacts = (
        replace(contact, id=f"{other}/{contact.id}") for other, ledger in ledgers for contact in decode_ledger(ledger)
    )
    return Household(ref, tuple(other for other, _ in ledgers), tuple(contacts))


def decode_state(
    blobs: StoredBlobs, profile_version: int, guard_version: int, engagement_version: int, file: CaseFile = _NO_CASES
) -> CustomerState:
    """A customer's state from the raw records, which it keeps."""
    suppressions, rules = decode_suppressions(blobs.suppressions)
    return CustomerState(
        profile=decode_profile(blobs.profile),
        consents=decode_consents(blobs.consents),
        ledger=decode_ledger(blobs.ledger),
        suppressions=suppressions,
        activity=decode_activity(blobs.activity),
        do_not_contact=decode_do_not_contact(blobs.do_not_contact),
        household=decode_household(blobs.household),
        matters=decode_open(blobs.matters),
        file=file,
        profile_version=profile_version,
        guard_version=guard_version,
        engagement_version=engagement_version,
        suppression_hash=rules,
        blobs=blobs,
    )


def _rows(blob: bytes) -> list[Any]:
    """A list; a script's empty table may arrive as an empty map."""
    return list(msgpack.unpackb(blob)) if blob else []
