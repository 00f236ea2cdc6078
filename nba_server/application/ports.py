"""What the use cases need from the outside, as protocols. Adapters implement them; tests use tiny fakes.

Nothing here knows redis, grpc or files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from enum import StrEnum
from typing import Protocol

from nba_server.application.providers import CatalogProvider as CatalogProvider
from nba_server.application.providers import ModelInfo as ModelInfo
from nba_server.application.providers import ModelProvider as ModelProvider
from nba_server.application.providers import SnapshotInfo as SnapshotInfo
from nba_server.domain.cap import Cap
from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import Consent
from nba_server.domain.contact import ContactLimit
from nba_server.domain.decision import Decision, DecisionRequest
from nba_server.domain.do_not_contact import DoNotContact
from nba_server.domain.engagement import Activity, Charge, Contact, CustomerState, StoredBlobs, Suppression
from nba_server.domain.outcome import OutcomeEvent
from nba_server.domain.pressure import ContactPressure
from nba_server.domain.profile import Profile, Scalar
from nba_server.domain.propensity import FeatureColumns
from nba_server.domain.superseding import Refusal
from nba_server.errors import NbaError

# --- customers ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CustomerRef:
    """Where a customer lives: the keyed hash of the id (32 hex characters) and the bucket that the hash falls into."""

    ref: str
    bucket: int


class Identity(Protocol):
    """Turns ids into references and makes ids. Deterministic for one store."""

    def customer(self, customer_id: str) -> CustomerRef:
        """The reference of a customer id."""

    def visitor(self, visitor_id: str) -> CustomerRef:
        """The reference of a visitor id; never equal to a customer's."""

    def anonymous(self, request_id: str) -> CustomerRef:
        """The reference of a request without any id: only its idempotency record lives there. Equals nobody's."""

    def household(self, household_id: str) -> CustomerRef:
        """The reference of a household or account, and the bucket that its members live in."""

    def request_key(self, caller: str, ref: str, request_id: str) -> str:
        """Names (caller, customer, request id) and is part of the decision id: 42 base-32 characters.

        16 are a keyed hash of the three; 26 are `ref`, masked with a keyed hash of those 16, so that a decision id leads
        to its customer as long as it lives, without a look-up, and tells nobody else anything.
        """

    def customer_of(self, decision_id: str) -> CustomerRef:
        """The customer of a decision id, read from the id itself. Raises `InvalidArgument` for what is no decision id.

        A forged id gives the reference of nobody: its ledger is empty.
        """

    def seed(self, request_key: str) -> int:
        """The 64-bit seed of a decision."""

    def decision_id(self, bucket: int, now_ms: int, request_key: str) -> str:
        """Bucket (3 hex), time (9 base-32) and request key, e.g. `0ad-1f5k2v9q0-…`."""

    def parse_decision_id(self, decision_id: str) -> tuple[int, int, str]:
        """(bucket, now_ms, request_key). Raises `InvalidArgument` for anything else."""


def located(ref: CustomerRef, state: CustomerState) -> CustomerRef:
    """The reference with the bucket in which the state was found: that of the household, for its members."""
    return CustomerRef(ref.ref, state.home) if state.home >= 0 else ref


@dataclass(frozen=True, slots=True)
class ReadResult:
    """States in the order of the references, and the store's time of the read."""

    states: tuple[CustomerState, ...]
    now_ms: int


@dataclass(frozen=True, slots=True)
class PartialRead:
    """As `ReadResult`; where a part of the store does not answer, its customers have a `StoreUnavailable` each."""

    states: tuple[CustomerState | NbaError, ...]
    now_ms: int


class CustomerReader(Protocol):
    """Reads customers: all in flight in one round trip."""

    async def read(self, refs: Sequence[CustomerRef]) -> ReadResult:
        """Never-seen customers give an empty state. Raises `StoreUnavailable`."""

    async def read_each(self, refs: Sequence[CustomerRef]) -> PartialRead:
        """As `read`, each customer failing alone. Raises `StoreUnavailable` when nothing of the store answers."""


# --- deciding ----------------------------------------------------------------------------------------------------


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

    `name` is unlike that of any other call; `request_key` is that of the request, which several calls may share.
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

    def differences(self, journaled: bytes, recomputed: bytes) -> tuple[str, ...]:
        """Where two decision entries differ, in words; empty when they are equal bit for bit.

        The version of the server that wrote them does not count.
        """


# --- everything else that changes a customer ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OutcomeRecord:
    """An outcome as journaled."""

    customer: CustomerRef
    event: OutcomeEvent
    decision_id: str
    contact_id: str
    action: str
    channel: str
    occurred_ms: int
    late: bool
    caller: str


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """A contact made elsewhere, as journaled, with the features of its moment.

    `candidates` could have been chosen, its own action first; the features have a row for each. Empty: nobody knows.
    """

    customer: CustomerRef
    contact: Contact
    pick_probability: float | None
    features: FeatureColumns
    context: Mapping[str, Scalar] = field(default_factory=dict)
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """A profile change as journaled."""

    customer: CustomerRef
    version: int
    deleted: bool
    changed: tuple[str, ...]
    consents: tuple[Consent, ...]


@dataclass(frozen=True, slots=True)
class PurchaseRecord:
    """A purchase as journaled."""

    customer: CustomerRef
    purchase_id: str
    occurred_ms: int
    value: float


@dataclass(frozen=True, slots=True)
class CustomerWrite:
    """A change of one customer, applied only if `engagement_version` is still the stored one.

    A part that is None stays as it is. `delete_profile` removes profile, raw id and activity but keeps ledger, suppressions,
    denials and the do-not-contact list (GRANTED consents go). `bump_profile` and `bump_guard` add one to their versions (the
    engagement version always grows). `entries` are journal entries as (kind, payload), kind being outcome, contact,
    customer or purchase. `schedule` adds (contact id, due ms) to the timers, `unschedule` removes contact ids. `customer_id`
    is stored with the profile, so that operators can find it. `withdraws` are the channels (or `*`) on which consent is taken
    back: answers given there before are not repeated. `suppression_hash` names the rule set of `suppressions`.
    `gives_back` are charges of contacts that were released; negative ones are charged again.
    """

    customer: CustomerRef
    engagement_version: int
    profile: Profile | None = None
    consents: tuple[Consent, ...] | None = None
    ledger: tuple[Contact, ...] | None = None
    suppressions: tuple[Suppression, ...] | None = None
    suppression_hash: str = ""
    activity: Activity | None = None
    do_not_contact: DoNotContact | None = None
    customer_id: str = ""
    bump_profile: bool = False
    bump_guard: bool = False
    delete_profile: bool = False
    entries: tuple[tuple[str, bytes], ...] = ()
    schedule: tuple[tuple[str, int], ...] = ()
    unschedule: tuple[str, ...] = ()
    gives_back: tuple[Charge, ...] = ()
    withdraws: tuple[str, ...] = ()


class CustomerWriter(Protocol):
    """Applies changes by compare-and-set: one atomic call each, one round trip for all."""

    async def write(self, writes: Sequence[CustomerWrite]) -> list[bool]:
        """False where somebody else was faster: read again and retry. Raises `StoreUnavailable`."""


class Households(Protocol):
    """Moves customers into households and out of them."""

    async def place(self, customer: CustomerRef, household: CustomerRef | None) -> int | None:
        """Makes the customer a member of the household (None: of none), wherever the record lives; nothing of it is lost.

        The profile version after it; None when nothing changed. Raises `FailedPrecondition` for a household that is full,
        `Conflict` when others change the customer all the time, and `StoreUnavailable`; a repeat finishes what was begun.
        """


@dataclass(frozen=True, slots=True)
class DueContact:
    """A contact whose response window or reservation has ended. `found` is the bucket that has its timer."""

    customer: CustomerRef
    contact_id: str
    due_ms: int
    found: int = -1


class Timers(Protocol):
    """What falls due."""

    async def due(self, limit: int) -> list[DueContact]:
        """Contacts due at the store's now, oldest first, at most `limit`."""

    async def postpone(self, contacts: Sequence[DueContact]) -> None:
        """Sets timers back that were found where their customer does not live: a move may be under way."""


# --- the journal, read back ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class JournaledDecision:
    """A decision read back: its inputs as they were, what was chosen, and what the store took.

    `taken` are indices into the picks, `substituted` those of them that the store took for a lost one. `payload` is
    the entry. `answer` are the bytes of the answer while the store keeps them, else empty: it can be encoded again
    from the recomputed decision, what was taken and `committed_ms`, the store's time of the commit. `caps` are the
    units that were left of caps.
    """

    decision_id: str
    customer_ref: str
    caller: str
    request: DecisionRequest
    blobs: StoredBlobs
    state: CustomerState
    now_ms: int
    seed: int
    catalog_hash: str
    model_version: str
    payload: bytes
    taken: tuple[int, ...]
    answer: bytes
    substituted: tuple[int, ...] = ()
    committed_ms: int = 0
    caps: Mapping[str, int] = field(default_factory=dict)


class JournalReader(Protocol):
    """Finds decisions in the journal, or in the archive when they have left it."""

    async def find(self, decision_id: str) -> JournaledDecision | None:
        """None when it is unknown."""
