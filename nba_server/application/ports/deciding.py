"""Ports of a decision: what is committed, how it is encoded, how contacts are given back. Nothing here knows redis or grpc."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum
from typing import Protocol

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
from nba_server.domain.contact import ContactLimit
from nba_server.domain.decision import Decision
from nba_server.domain.engagement import Charge, Contact, Suppression
from nba_server.domain.pressure import ContactPressure
from nba_server.domain.superseding import Refusal
from nba_server.errors import NbaError

ContactPolicy = ContactLimit | ContactPressure
"""What the store checks again when it reserves; a pressure has the customer's own budget."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One pick as the store must handle it, in order of preference.

    `contact` is the ledger entry to append when it is taken (state RESERVED; `at_ms`, `expires_ms` and
    `respond_until_ms` are durations from now, to which the store adds its time; `at_ms` 0 is now). `limits` indexes
    `DecisionCommit.limits`. `answer` is the encoded part of the answer of a choice, which is taken in its position or not
    at all; `answer_substituted` that of an alternate (`position` 0), which is only taken for a lost one. `charges` are the
    units that it takes from caps.
    """

    pick: int
    placement: int
    position: int
    contact: Contact
    limits: tuple[int, ...]
    answer: bytes
    answer_substituted: bytes
    charges: tuple[Charge, ...] = ()


@dataclass(frozen=True, slots=True)
class Muting:
    """Suppressions worked out anew for a changed rule set; kept if the customer is still at `engagement_version`."""

    suppressions: tuple[Suppression, ...]
    suppression_hash: str
    engagement_version: int


@dataclass(frozen=True, slots=True)
class DecisionCommit:
    """One decision to reserve and journal in one atomic call.

    `fingerprint` is a hash of the request: the same key with another fingerprint is refused. The answer is
    `head` + the taken offers' parts + `no_offers[p]` for each placement p that stays empty. `slots[p]` bounds
    how many offers placement p takes; an action is taken once per decision. `retention_ms`: older ledger
    entries are dropped. `entry` is the journal entry's payload. `supersedes` is the decision of the same customer whose
    reservations are released before the limits are counted, or empty. `muting` is stored with it, if it still holds.

    `attempt` names the call (see `Attempt`). After `valid_until_ms` on the store's clock (0: never) nothing is reserved any
    more and the answer is STALE. `withdrawn` is what a repeat has instead of `no_offers` and actions when consent on
    `channel` was taken back since. `household` is set when a limit counts its contacts, with the references of the `others`
    in it: the answer is STALE when they are no longer those.
    """

    customer: CustomerRef
    decision_id: str
    request_key: str
    fingerprint: str
    profile_version: int
    guard_version: int
    limits: tuple[ContactPolicy, ...]
    slots: tuple[int, ...]
    offers: tuple[Offer, ...]
    head: bytes
    no_offers: tuple[bytes, ...]
    entry: bytes
    retention_ms: int
    anonymous: bool = False
    supersedes: str = ""
    muting: Muting | None = None
    attempt: str = ""
    valid_until_ms: int = 0
    channel: str = ""
    withdrawn: bytes = b""
    household: str = ""
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call for a decision. It relies on the answer, and on what is reserved for it, until it is released.

    `name` is unlike that of any other call, or that of all calls `name/...`, or empty for every call of the request.
    `request_key` is that of the request, which several calls may share.
    """

    customer: CustomerRef
    request_key: str
    name: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """A request whose earlier answer is wanted; the fields are those of `DecisionCommit`."""

    attempt: Attempt
    fingerprint: str
    channel: str
    withdrawn: bytes
    anonymous: bool


class CommitStatus(StrEnum):
    """How a commit ended."""

    COMMITTED = "committed"
    REPEATED = "repeated"
    STALE = "stale"
    CONFLICT = "conflict"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class CommitResult:
    """COMMITTED and REPEATED carry the answer; STALE means: decide again on fresh data; CONFLICT: same key, other request.

    REFUSED: what the commit supersedes cannot be, for the reason `refusal`.
    """

    status: CommitStatus
    answer: bytes = b""
    taken: tuple[int, ...] = ()
    refusal: Refusal | None = None


class DecisionWriter(Protocol):
    """Commits decisions: idempotency, ledger re-check, reserve, journal; one atomic call each, one round trip for all."""

    async def commit(self, commits: Sequence[DecisionCommit]) -> Sequence[CommitResult | NbaError]:
        """In order. After a `StoreUnavailable` the effect is unknown, and a retry with the same key settles it."""

    async def repeated(self, asked: Repeat) -> CommitResult | None:
        """The stored answer of an earlier commit (REPEATED or CONFLICT), or None."""


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
