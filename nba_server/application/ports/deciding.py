"""Ports of a decision: how it is encoded, how contacts are given back, how caps are lent. Nothing here knows redis or grpc."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum
from typing import Protocol

from nba_server.application.ports.committing import Attempt
from nba_server.application.ports.customers import CustomerRef
from nba_server.application.ports.identification import IdentityRecord
from nba_server.application.ports.writing import (
    AttributionRecord,
    ContactRecord,
    CustomerRecord,
    EventRecord,
    MatterRecord,
    OutcomeRecord,
    PurchaseRecord,
)
from nba_server.domain.cap import Cap, CapUse
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import Decision


class ReleaseStatus(StrEnum):
    """What became of a release."""

    ABSENT = "absent"
    KEPT = "kept"
    RELEASED = "released"
    WANTED = "wanted"


@dataclass(frozen=True, slots=True)
class HeldContact:
    """A reservation that is still open."""

    contact_id: str
    action: str
    channel: str


@dataclass(frozen=True, slots=True)
class Release:
    """ABSENT: the call has no part in the request (yet). KEPT: another call relies on the decision. RELEASED: done.

    WANTED: the journal entries of `held` must be given, with the store's time `at_ms`; nothing is changed.
    """

    status: ReleaseStatus
    decision_id: str = ""
    at_ms: int = 0
    held: tuple[HeldContact, ...] = ()


class Releases(Protocol):
    """Gives back what calls reserved that have gone."""

    async def release(self, attempt: Attempt, entries: Mapping[str, bytes]) -> Release:
        """Takes the call off the request. The last one releases the decision's open reservations and forgets the request.

        `entries` are the journal entries of the releases by contact id. Raises `StoreUnavailable`.
        """


class CapLender(Protocol):
    """Lends units of caps to buckets, from one counter each, so that no total is ever exceeded."""

    async def ready(self, buckets: Sequence[int], caps: Sequence[Cap], zone: tzinfo) -> Mapping[int, Mapping[str, int]]:
        """By bucket and the cap's key, the units that may be spent there now; where there are none, more is asked for first.

        0 where the store does not answer. A commit checks again.
        """


class CapReader(Protocol):
    """Tells how far caps are used."""

    async def uses(self, caps: Sequence[Cap], zone: tzinfo) -> tuple[int, tuple[CapUse, ...]]:
        """The store's time, and each cap in its running period. Units on their way between two places count as lent.

        Raises `StoreUnavailable`.
        """


class AnswerEncoder(Protocol):
    """Encodes an answer in parts that, concatenated, are the answer. The wire format is the transport's."""

    def head(self, decision: Decision, catalog: Catalog) -> bytes:
        """Everything but actions and no-offers."""

    def action(
        self,
        decision: Decision,
        catalog: Catalog,
        pick: int,
        rank: int,
        *,
        substituted: bool,
        reserved_until_ms: int,
    ) -> bytes:
        """One ranked action."""

    def no_offer(self, placement: str, decision: Decision) -> bytes:
        """The entry of an empty placement, with the decision's reason or else that of a lost race."""

    def withdrawn(self, placement: str) -> bytes:
        """The entry of a placement that offers nothing any more, because consent was taken back since the decision."""


class JournalEncoder(Protocol):
    """Encodes journal entries; the format is `nba.v1.JournalEntry`."""

    def decision(self, decision: Decision, catalog: Catalog, customer: CustomerRef, caller: str) -> bytes:
        """The entry of a decision."""

    def outcome(self, record: OutcomeRecord) -> bytes:
        """The entry of an outcome."""

    def contact(self, record: ContactRecord) -> bytes:
        """The entry of a contact made elsewhere."""

    def customer(self, record: CustomerRecord) -> bytes:
        """The entry of a profile change."""

    def purchase(self, record: PurchaseRecord) -> bytes:
        """The entry of a purchase."""

    def event(self, record: EventRecord) -> bytes:
        """The entry of an event of the business."""

    def matter(self, record: MatterRecord) -> bytes:
        """The entry of a matter that was opened or closed."""

    def attribution(self, record: AttributionRecord) -> bytes:
        """The entry of what a purchase is put down to."""

    def identity(self, record: IdentityRecord) -> bytes:
        """The entry of a visitor who became known."""

    def differences(self, journaled: bytes, recomputed: bytes) -> tuple[str, ...]:
        """Where two decision entries differ, in words; empty when they are equal bit for bit.

        The version of the server that wrote them does not count.
        """
