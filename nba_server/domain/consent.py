"""Consent per channel and purpose: the records and which of them holds.

Unknown is no for advertising (see semantics of the field: opt-in). Times are milliseconds since 1970 UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ANY_CHANNEL = "*"


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
