"""Ports of a decision's commit: what is reserved and journaled in one atomic call. Nothing here knows redis or grpc.

A decision is committed as it was made where the customer has not changed since, and with everything checked again where it has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from nba_server.application.ports.customers import CustomerRef
from nba_server.domain.action import Action, Channel
from nba_server.domain.contact import ContactLimit
from nba_server.domain.engagement import Charge, Contact, ContactState, CustomerState, Direction, Suppression
from nba_server.domain.pressure import ContactPressure
from nba_server.domain.superseding import Refusal
from nba_server.errors import NbaError

ContactPolicy = ContactLimit | ContactPressure
"""What the store checks again when it reserves; a pressure has the customer's own budget."""


class Claim(NamedTuple):
    """Who asks for a decision and under which key: what a commit needs besides the decision itself.

    `asked` is who was asked for; `customer` is where the record lives, under a customer for a visitor who became known.
    """

    asked: CustomerRef
    customer: CustomerRef
    caller: str
    request_key: str
    fingerprint: str
    anonymous: bool


@dataclass(frozen=True, slots=True, eq=False)
class ContactKind:
    """What the contacts of one action at one placement have in common; made once a catalogue. Durations in milliseconds."""

    channel: str
    direction: Direction
    class_: str
    group: str
    action: str
    treatment: str
    placement: str
    reservation_ms: int
    response_ms: int

    @classmethod
    def of(cls, action: Action, treatment: int, channel: Channel, placement: str) -> ContactKind:
        """`treatment` is the index of one of the action's."""
        return cls(
            channel=channel.id,
            direction=channel.direction,
            class_=action.class_,
            group=action.group,
            action=action.id,
            treatment=action.treatments[treatment].id,
            placement=placement,
            reservation_ms=channel.reservation_ms,
            response_ms=action.response_window_ms or channel.response_window_ms,
        )

    def contact(self, decision_id: str, at_ms: int, *, deferred: bool) -> Contact:
        """The reservation of a decision: a contact at `at_ms`, held and waited for from then on."""
        return Contact(
            id=f"{decision_id}:{self.action}",
            at_ms=at_ms,
            expires_ms=at_ms + self.reservation_ms,
            state=ContactState.RESERVED,
            channel=self.channel,
            direction=self.direction,
            class_=self.class_,
            group=self.group,
            action=self.action,
            decision_id=decision_id,
            treatment=self.treatment,
            placement=self.placement,
            respond_until_ms=at_ms + self.response_ms if self.response_ms else 0,
            deferred=deferred,
        )


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
    """One decision to reserve and journal in one atomic call that counts every limit again.

    `fingerprint` is a hash of the request: the same key with another fingerprint is refused. The answer is
    `head` + the taken offers' parts + `no_offers[p]` for each placement p that stays empty. `slots[p]` bounds
    how many offers placement p takes; an action is taken once per decision. `retention_ms`: older ledger
    entries are dropped. `entry` is the journal entry's payload. `supersedes` is the decision of the same customer whose
    reservations are released before the limits are counted, or empty. `muting` is stored with it, if it still holds.

    `attempt` names the call (see `Attempt`). After `valid_until_ms` on the store's clock (0: never) nothing is reserved any
    more and the answer is STALE. `withdrawn` is what a repeat has instead of `no_offers` and actions when consent on
    `channel` was taken back since. `household` is set when a limit counts its contacts, with the references of the `others`
    in it: the answer is STALE when they are no longer those.

    `engagement_version` is that of the read (-1: not told). If the customer has another one by now, and fewer than `enough`
    offers can be taken, the answer is STALE: what took the slots at the read may have been given back.
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
    engagement_version: int = -1
    enough: int = 0


@dataclass(frozen=True, slots=True)
class OptimisticCommit:
    """One decision to reserve and journal as it was made, if its customer is still the one that was `seen`.

    Then no limit needs to be counted again: it was, on the same ledger, for a contact at `at_ms`, which is the time that the
    contact gets. `contacts` are those of the picks (indices `picks`), `answer` is the whole answer with a head of `head_size`
    bytes. `decided_ms` is the time of the read. The other fields are those of `DecisionCommit`; `checked` makes it, for a
    customer who has changed. What takes from a cap or takes the place of another decision, and what a household shares, is
    never committed like this.
    """

    customer: CustomerRef
    decision_id: str
    request_key: str
    fingerprint: str
    seen: CustomerState
    decided_ms: int
    at_ms: int
    deferred: bool
    contacts: tuple[ContactKind, ...]
    picks: tuple[int, ...]
    answer: bytes
    head_size: int
    entry: bytes
    retention_ms: int
    anonymous: bool
    attempt: str
    valid_until_ms: int
    channel: str
    withdrawn: bytes
    muting: Muting | None
    checked: Callable[[], DecisionCommit]


PackedCommit = tuple[bytes, bytes, bytes, bytes, bytes]
"""What the store is given of a decision that is committed as it was made: what it checks and counts by, ledger, suppressions,
journal entry, answer. Empty: stays as it is."""


class ExpressCommit(NamedTuple):
    """As `OptimisticCommit`, packed for the store already.

    `checked` makes the decision again, for a customer who has changed; it raises `NbaError` only.
    """

    customer: CustomerRef
    decision_id: str
    request_key: str
    anonymous: bool
    attempt: str
    packed: PackedCommit
    picks: tuple[int, ...]
    checked: Callable[[], DecisionCommit]


Commit = DecisionCommit | OptimisticCommit | ExpressCommit


class Attempt(NamedTuple):
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


class CommitResult(NamedTuple):
    """COMMITTED and REPEATED carry the answer; STALE means: decide again on fresh data; CONFLICT: same key, other request.

    REFUSED: what the commit supersedes cannot be, for the reason `refusal`.
    """

    status: CommitStatus
    answer: bytes = b""
    taken: tuple[int, ...] = ()
    refusal: Refusal | None = None


class DecisionWriter(Protocol):
    """Commits decisions: idempotency, reserve, journal; one atomic call each, one round trip for all.

    An optimistic commit whose customer has changed costs another one, with the ledger re-checked.
    """

    async def commit(self, commits: Sequence[Commit]) -> Sequence[CommitResult | NbaError]:
        """In order. After a `StoreUnavailable` the effect is unknown, and a retry with the same key settles it."""

    def packed(self, commit: OptimisticCommit) -> PackedCommit:
        """What the store would be given, to compare it with what another way of deciding proposes."""

    async def repeated(self, asked: Repeat) -> CommitResult | None:
        """The stored answer of an earlier commit (REPEATED or CONFLICT), or None."""
