"""Ports of everything else that changes a customer: outcomes, contacts, profiles, purchases, timers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from nba_server.application.ports.customers import CustomerRef
from nba_server.domain.attribution import Touch
from nba_server.domain.case_file import CaseFile
from nba_server.domain.consent import Consent
from nba_server.domain.do_not_contact import DoNotContact
from nba_server.domain.engagement import Activity, Charge, Contact, Suppression
from nba_server.domain.happening import Happening
from nba_server.domain.matter import Matter, OpenMatter
from nba_server.domain.outcome import OutcomeEvent
from nba_server.domain.profile import Profile, Scalar
from nba_server.domain.propensity import FeatureColumns


@dataclass(frozen=True, slots=True)
class OutcomeRecord:
    """An outcome as journaled. `muted` and `lifted` are the suppressions that it changed, `consents` the consents."""

    customer: CustomerRef
    event: OutcomeEvent
    decision_id: str
    contact_id: str
    action: str
    channel: str
    occurred_ms: int
    late: bool
    caller: str
    muted: tuple[Suppression, ...] = ()
    lifted: tuple[Suppression, ...] = ()
    consents: tuple[Consent, ...] = ()


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
    """A purchase as journaled, or its return."""

    customer: CustomerRef
    purchase_id: str
    occurred_ms: int
    value: float
    returned: bool = False


@dataclass(frozen=True, slots=True)
class AttributionRecord:
    """What a purchase is put down to, as journaled; no touches: to nothing."""

    customer: CustomerRef
    purchase_id: str
    occurred_ms: int
    touches: tuple[Touch, ...]


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event as journaled: everything but its words. `event_id` is the sender's."""

    customer: CustomerRef
    event_id: str
    what: Happening
    caller: str


@dataclass(frozen=True, slots=True)
class MatterRecord:
    """A matter as journaled when it is opened or closed: everything but its words."""

    customer: CustomerRef
    matter: Matter
    open: bool
    at_ms: int
    event_id: str
    channel: str
    caller: str


@dataclass(frozen=True, slots=True)
class CustomerWrite:
    """A change of one customer, applied only if `engagement_version` is still the stored one.

    A part that is None stays as it is. `delete_profile` removes profile, raw id and activity but keeps ledger, suppressions,
    denials and the do-not-contact list (GRANTED consents go). `bump_profile` and `bump_guard` add one to their versions (the
    engagement version always grows). `entries` are journal entries as (kind, payload), kind being outcome, contact,
    customer, purchase, event, matter or attribution. `due_ms` is when the customer must be looked at next, 0 for never; None:
    when the ledger says, or as it was where that stays. `customer_id` is stored with the profile, so that operators can find
    it. `withdraws` are the channels (or `*`) on which consent is taken back: answers given there before are not repeated.
    `suppression_hash` names the rule set of `suppressions`. `file` is stored with `matters`, the open ones of it. `gives_back`
    are charges of contacts that were released; negative ones are charged again.
    """

    customer: CustomerRef
    engagement_version: int
    profile: Profile | None = None
    consents: tuple[Consent, ...] | None = None
    ledger: Sequence[Contact] | None = None
    suppressions: tuple[Suppression, ...] | None = None
    suppression_hash: str = ""
    activity: Activity | None = None
    do_not_contact: DoNotContact | None = None
    file: CaseFile | None = None
    matters: tuple[OpenMatter, ...] = ()
    customer_id: str = ""
    bump_profile: bool = False
    bump_guard: bool = False
    delete_profile: bool = False
    entries: tuple[tuple[str, bytes], ...] = ()
    due_ms: int | None = None
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
class DueCustomer:
    """A customer of whose contacts a response window or a reservation may have ended; never later than the first of them does.

    `found` is the bucket that has the timer. `contact_id` is there where it is of an earlier version, which had one a contact.
    """

    customer: CustomerRef
    due_ms: int
    found: int = -1
    contact_id: str = ""


class Timers(Protocol):
    """What falls due."""

    async def due(self, limit: int) -> list[DueCustomer]:
        """Customers due at the store's now, at most `limit`, oldest first unless many more are due.

        They stay due until a write sets their timer anew.
        """

    async def forget(self, timers: Sequence[DueCustomer]) -> None:
        """Removes timers as they were found; one that was set anew meanwhile stays. Raises `StoreUnavailable`."""
