"""What counts against a customer now: contacts, limits, pressure, what is muted, why and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nba_client.call import Call, word
from nba_client.customer import DoNotContact, do_not_contact_of
from nba_client.matter import Matter, matter_of
from nba_client.pb import contact_pb2, outcome_pb2
from nba_client.value import optional_moment


@dataclass(frozen=True, slots=True)
class LedgerOutcome:
    """An outcome as the ledger keeps it; a withdrawn one counts for nothing."""

    type: str
    at: datetime | None
    withdrawn: bool
    late: bool


@dataclass(frozen=True, slots=True)
class LedgerContact:
    """A contact as the ledger keeps it: `state` is reserved, confirmed or released; `counts` against limits now."""

    contact_id: str
    decision_id: str
    channel: str
    outbound: bool
    contact_class: str
    group: str
    action: str
    state: str
    counts: bool
    at: datetime | None
    reserved_until: datetime | None
    response_until: datetime | None
    outcomes: tuple[LedgerOutcome, ...]


@dataclass(frozen=True, slots=True)
class LimitUse:
    """A limit: `used` of `cap` contacts in the fullest window that holds now.

    While `used_up`, one more is admitted from `until` on (None: never). `shadow` limits are counted only,
    those of a `household` count everybody's contacts; `contact_ids` are the customer's own.
    """

    limit: str
    used: int
    cap: int
    window_seconds: int
    shadow: bool
    used_up: bool
    until: datetime | None
    contact_ids: tuple[str, ...]
    household: bool = False


@dataclass(frozen=True, slots=True)
class ChannelPressure:
    """Whether a contact of the channel's own weight fits; while `used_up`, it does from `until` on (None: never)."""

    channel: str
    weight: float
    used_up: bool
    until: datetime | None


@dataclass(frozen=True, slots=True)
class PressureUse:
    """A budget of contact pressure and the pressure now; that of a `household` weighs everybody's contacts."""

    pressure: str
    level: float
    budget: float
    shadow: bool
    channels: tuple[ChannelPressure, ...]
    household: bool = False


@dataclass(frozen=True, slots=True)
class ActiveSuppression:
    """What is muted (an action, a group, or `attribute=value`), by which rule, until when (None: for good)."""

    rule: str
    level: str
    key: str
    channel: str
    since: datetime | None
    until: datetime | None
    cause: str


@dataclass(frozen=True, slots=True)
class QuietNow:
    """Quiet hours that hold now; times of day as `22:15`, on the customer's clock."""

    quiet_hours: str
    channels: tuple[str, ...]
    local_time: str
    until: str


@dataclass(frozen=True, slots=True)
class CustomerContacts:
    """All of it at one moment; `contacts` has the newest first."""

    customer_id: str
    at: datetime | None
    contacts: tuple[LedgerContact, ...]
    total_contacts: int
    limits: tuple[LimitUse, ...]
    pressures: tuple[PressureUse, ...]
    suppressions: tuple[ActiveSuppression, ...]
    quiet: tuple[QuietNow, ...]
    do_not_contact: DoNotContact | None
    matters: tuple[Matter, ...] = ()


def contacts_of_call(customer_id: str, max_contacts: int) -> Call[CustomerContacts]:
    """The call of `GetContacts`."""
    request = contact_pb2.GetContactsRequest(customer_id=customer_id, max_contacts=max_contacts)
    answer = contact_pb2.GetContactsResponse
    return Call("ContactService", "GetContacts", request, answer, lambda m: _contacts(customer_id, m), "read")


def _contacts(customer_id: str, message: Any) -> CustomerContacts:
    return CustomerContacts(
        customer_id=customer_id,
        at=optional_moment(message, "at"),
        contacts=tuple(_contact(item) for item in message.contacts),
        total_contacts=message.total_contacts,
        limits=tuple(_limit(item) for item in message.limits),
        pressures=tuple(_pressure(item) for item in message.pressures),
        suppressions=tuple(_suppression(item) for item in message.suppressions),
        quiet=tuple(QuietNow(q.quiet_hours, tuple(q.channels), q.local_time, q.until) for q in message.quiet),
        do_not_contact=do_not_contact_of(message),
        matters=tuple(matter_of(item) for item in message.matters),
    )


def _contact(item: Any) -> LedgerContact:
    return LedgerContact(
        contact_id=item.contact_id,
        decision_id=item.decision_id,
        channel=item.channel,
        outbound=item.outbound,
        contact_class=getattr(item, "class"),
        group=item.group,
        action=item.action,
        state=word(contact_pb2.ContactState.Name(item.state), "CONTACT_STATE_"),
        counts=item.counts,
        at=optional_moment(item, "at"),
        reserved_until=optional_moment(item, "reserved_until"),
        response_until=optional_moment(item, "response_until"),
        outcomes=tuple(_outcome(outcome) for outcome in item.outcomes),
    )


def _outcome(item: Any) -> LedgerOutcome:
    type_ = word(outcome_pb2.OutcomeType.Name(item.type), "OUTCOME_TYPE_")
    return LedgerOutcome(type_, optional_moment(item, "at"), item.withdrawn, item.late)


def _limit(item: Any) -> LimitUse:
    return LimitUse(
        limit=item.limit,
        used=item.used,
        cap=item.cap,
        window_seconds=item.window_seconds,
        shadow=item.shadow,
        used_up=item.used_up,
        until=optional_moment(item, "until"),
        contact_ids=tuple(item.contact_ids),
        household=item.household,
    )


def _pressure(item: Any) -> PressureUse:
    channels = tuple(
        ChannelPressure(c.channel, c.weight, c.used_up, optional_moment(c, "until")) for c in item.channels
    )
    return PressureUse(item.pressure, item.level, item.budget, item.shadow, channels, item.household)


def _suppression(item: Any) -> ActiveSuppression:
    return ActiveSuppression(
        rule=item.rule,
        level=item.level,
        key=item.key,
        channel=item.channel,
        since=optional_moment(item, "since"),
        until=optional_moment(item, "until"),
        cause=item.cause,
    )
