"""What happened between us and one customer: the contact ledger with its outcomes, suppressions, purchases.

One record a customer, small and time-ordered. Times are milliseconds since 1970 UTC on the store's clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from nba_server.domain.case_file import CaseFile
from nba_server.domain.consent import Consent
from nba_server.domain.do_not_contact import DoNotContact
from nba_server.domain.matter import OpenMatter
from nba_server.domain.profile import Profile


class ContactState(StrEnum):
    """State of a ledger entry. The letters are what the store keeps."""

    RESERVED = "R"
    CONFIRMED = "C"
    RELEASED = "X"


class Direction(StrEnum):
    """Who opened the contact. The letters are what the store keeps."""

    INBOUND = "i"
    OUTBOUND = "o"


@dataclass(frozen=True, slots=True)
class Reaction:
    """One outcome on a contact, as the ledger keeps it. `type` is an `OutcomeType` value.

    `withdrawn`: taken back later, counts for nothing. `late`: happened after the window it belonged to.
    """

    type: str
    at_ms: int
    event_id: str = ""
    value: float | None = None
    withdrawn: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class Charge:
    """Units that a contact took from a cap, in the period that begins at `since_ms`. `cap` is the cap's key."""

    cap: str
    units: int
    since_ms: int = 0


@dataclass(frozen=True, slots=True)
class Contact:
    """A ledger entry: one action offered or sent to the customer, ours (`decision_id` set) or another system's.

    `at_ms` is the planned or actual time. A RESERVED entry whose `expires_ms` has passed counts as released when it
    is inbound and as confirmed when it is outbound (the message may have gone out: it fails closed).
    Entries of the same `decision_id` are one contact for limits that do not name an action or group. A `deferred` entry
    is inactive until an outcome stands on it; while inactive it is treated as an inbound one. `charges` are what caps gave
    for it; while it is RELEASED they are given back.
    """

    id: str
    at_ms: int
    expires_ms: int
    state: ContactState
    channel: str
    direction: Direction
    class_: str
    group: str
    action: str
    weight: float = 1.0
    decision_id: str = ""
    treatment: str = ""
    placement: str = ""
    respond_until_ms: int = 0
    reactions: tuple[Reaction, ...] = ()
    deferred: bool = False
    charges: tuple[Charge, ...] = ()

    def counts_at(self, now_ms: int) -> bool:
        """Whether the entry counts against limits at `now_ms`."""
        if self.state is ContactState.RESERVED and self.expires_ms <= now_ms:
            return not self.lapses
        return self.state is not ContactState.RELEASED

    @property
    def inactive(self) -> bool:
        """Whether the entry is of a deferred decision and nothing has been heard of it."""
        return self.deferred and all(reaction.withdrawn for reaction in self.reactions)

    @property
    def lapses(self) -> bool:
        """Whether the reservation is released at its end; else the message may have gone out and it fails closed."""
        return self.direction is Direction.INBOUND or self.inactive


class SuppressionLevel(StrEnum):
    """What a suppression mutes: one action, a group, or all actions with an equal attribute value."""

    ACTION = "action"
    GROUP = "group"
    RELATED = "related"


@dataclass(frozen=True, slots=True)
class Suppression:
    """Mutes actions for one customer until `until_ms` (0: for ever).

    `key` is the action id, the group id, or `attribute=value` for RELATED. `channel` is a channel id or `*`.
    `cause` is the ledger id of the contact whose outcome triggered it, `rule` the catalogue's rule id.
    """

    level: SuppressionLevel
    key: str
    channel: str
    since_ms: int
    until_ms: int
    rule: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Activity:
    """Purchases in constant space: counts, last time, and sums that halve every `HALF_LIFE_MS`.

    `spend` and `baskets` are decayed to `as_of_ms`; `category_spend` likewise by category. `recent` holds the ids of
    the newest purchases, to recognise repeats.
    """

    purchases: int = 0
    last_ms: int = 0
    as_of_ms: int = 0
    spend: float = 0.0
    baskets: float = 0.0
    category_spend: Mapping[str, float] = field(default_factory=dict)
    recent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Household:
    """Who shares limits with the customer: the household's reference (empty: none), and the others' references and ledgers.

    A household is whatever is limited together, an account too.
    """

    ref: str = ""
    others: tuple[str, ...] = ()
    contacts: Sequence[Contact] = ()


@dataclass(frozen=True, slots=True)
class StoredBlobs:
    """The raw records as stored, copied into the journal so that a decision can be recomputed bit for bit."""

    profile: bytes = b""
    consents: bytes = b""
    ledger: bytes = b""
    suppressions: bytes = b""
    activity: bytes = b""
    do_not_contact: bytes = b""
    household: bytes = b""
    matters: bytes = b""


@dataclass(frozen=True, slots=True)
class CustomerState:
    """Everything known of one customer at one read.

    `profile_version` grows with the profile and consents (clients see it), `guard_version` with consents,
    suppressions and the do-not-contact list (a decision made on an older one is stale), `engagement_version` with every write.
    `suppression_hash` names the rule set that the suppressions were worked out with. `matters` are the open ones, as far as a
    decision needs them; `file` has all of them with their words, and is empty where only a decision was to be made. `home` is the
    store's bucket that has the customer, where it is not the one that follows from the reference; else -1. `became` is the
    reference of the customer that a visitor turned out to be, whose state this is; else empty.
    """

    profile: Profile = field(default_factory=Profile)
    consents: tuple[Consent, ...] = ()
    ledger: Sequence[Contact] = ()
    suppressions: tuple[Suppression, ...] = ()
    activity: Activity = field(default_factory=Activity)
    do_not_contact: DoNotContact = field(default_factory=DoNotContact)
    household: Household = field(default_factory=Household)
    matters: tuple[OpenMatter, ...] = ()
    file: CaseFile = field(default_factory=CaseFile)
    profile_version: int = 0
    guard_version: int = 0
    engagement_version: int = 0
    suppression_hash: str = ""
    home: int = -1
    became: str = ""
    blobs: StoredBlobs = field(default_factory=StoredBlobs)
