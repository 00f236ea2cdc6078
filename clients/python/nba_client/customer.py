"""Customers: profiles, segments, products held and consents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from nba_client.call import Call, Kind, word
from nba_client.matter import Matter, matter_of
from nba_client.pb import consent_pb2, customer_pb2
from nba_client.value import Value, from_values, optional_moment, texts, to_timestamp, to_values


class ConsentStatus(StrEnum):
    """The state of a consent. Unknown is no for advertising."""

    UNSPECIFIED = "unspecified"
    GRANTED = "granted"
    DENIED = "denied"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Consent:
    """What a customer allows on a channel (`*`: all) for a purpose, e.g. `advertising`."""

    channel: str
    purpose: str
    status: ConsentStatus | str
    legal_basis: str = ""
    text_version: str = ""
    source: str = ""
    proof_id: str = ""
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class DoNotContact:
    """An entry on the do-not-contact list, above all consents. `channels` empty: all. `since` is the server's."""

    listed: bool = True
    channels: Sequence[str] = ()
    source: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as the server knows it. `version` grows with every change; 0: never seen. `matters` are the open ones."""

    customer_id: str
    version: int
    attributes: Mapping[str, Value]
    segments: tuple[str, ...]
    products: tuple[str, ...]
    consents: tuple[Consent, ...]
    do_not_contact: DoNotContact | None = None
    matters: tuple[Matter, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomerPatch:
    """A change to one customer; what is not named stays. An attribute of None is removed.

    `do_not_contact` sets the entry on the do-not-contact list, `DoNotContact(listed=False)` ends it.
    `household_id` names the household (or account) whose limits the customer shares, empty: none.

    With `expected_version` the change is refused if somebody else was faster (0: must not exist yet).
    """

    customer_id: str
    attributes: Mapping[str, Value] = field(default_factory=dict)
    add_segments: Sequence[str] = ()
    remove_segments: Sequence[str] = ()
    add_products: Sequence[str] = ()
    remove_products: Sequence[str] = ()
    consents: Sequence[Consent] = ()
    expected_version: int | None = None
    do_not_contact: DoNotContact | None = None
    household_id: str | None = None


@dataclass(frozen=True, slots=True)
class UpsertResult:
    """The customer's version now; `error` is `REASON: sentence` when the patch was refused."""

    version: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """Ids of customers, how many were looked at, and the token of the next page; empty: that was all."""

    customer_ids: tuple[str, ...]
    looked_at: int
    next_page_token: str


@dataclass(frozen=True, slots=True)
class Identified:
    """When a visitor became a customer, and how many contacts came along; a repeat says the same."""

    identified_at: datetime | None
    contacts: int


def upsert_call(patches: Sequence[CustomerPatch]) -> Call[list[UpsertResult]]:
    """The call of `UpsertCustomers`."""
    request = customer_pb2.UpsertCustomersRequest(customers=[_patch(patch) for patch in patches])
    answer = customer_pb2.UpsertCustomersResponse
    kind: Kind = "write" if len(patches) == 1 else "batch"
    return Call("CustomerService", "UpsertCustomers", request, answer, _results, kind)


def get_call(customer_id: str) -> Call[Customer]:
    """The call of `GetCustomer`."""
    request = customer_pb2.GetCustomerRequest(customer_id=customer_id)
    answer = customer_pb2.GetCustomerResponse
    return Call("CustomerService", "GetCustomer", request, answer, lambda message: _customer(message.customer), "read")


def delete_call(customer_id: str) -> Call[bool]:
    """The call of `DeleteCustomer`."""
    request = customer_pb2.DeleteCustomerRequest(customer_id=customer_id)
    answer = customer_pb2.DeleteCustomerResponse
    return Call("CustomerService", "DeleteCustomer", request, answer, lambda message: bool(message.deleted), "write")


def list_call(segment: str, page_token: str, page_size: int) -> Call[CustomerPage]:
    """The call of `ListCustomers`."""
    request = customer_pb2.ListCustomersRequest(segment=segment, page_token=page_token, page_size=page_size)
    answer = customer_pb2.ListCustomersResponse
    return Call("CustomerService", "ListCustomers", request, answer, _page, "batch")


def identify_call(visitor_id: str, customer_id: str) -> Call[Identified]:
    """The call of `IdentifyVisitor`."""
    request = customer_pb2.IdentifyVisitorRequest(visitor_id=visitor_id, customer_id=customer_id)
    answer = customer_pb2.IdentifyVisitorResponse
    return Call("CustomerService", "IdentifyVisitor", request, answer, _identified, "write")


def _identified(message: Any) -> Identified:
    return Identified(optional_moment(message, "identified_at"), message.contacts)


def _page(message: Any) -> CustomerPage:
    return CustomerPage(tuple(message.customer_ids), message.looked_at, message.next_page_token)


def _results(message: Any) -> list[UpsertResult]:
    return [UpsertResult(item.version, item.error) for item in message.results]


def _patch(patch: CustomerPatch) -> customer_pb2.CustomerPatch:
    return customer_pb2.CustomerPatch(
        customer_id=patch.customer_id,
        expected_version=patch.expected_version,
        attributes=to_values("attributes", patch.attributes),
        add_segments=texts("add_segments", patch.add_segments),
        remove_segments=texts("remove_segments", patch.remove_segments),
        add_products=texts("add_products", patch.add_products),
        remove_products=texts("remove_products", patch.remove_products),
        consents=[_to_consent(consent) for consent in patch.consents],
        do_not_contact=_to_list(patch.do_not_contact),
        household_id=patch.household_id,
    )


def _to_list(entry: DoNotContact | None) -> customer_pb2.DoNotContact | None:
    if entry is None:
        return None
    return customer_pb2.DoNotContact(
        listed=entry.listed, channels=texts("do_not_contact.channels", entry.channels), source=entry.source
    )


def do_not_contact_of(message: Any) -> DoNotContact | None:
    """The entry of a message that may have one."""
    if not message.HasField("do_not_contact"):
        return None
    entry = message.do_not_contact
    return DoNotContact(entry.listed, tuple(entry.channels), entry.source, optional_moment(entry, "since"))


def _to_consent(consent: Consent) -> consent_pb2.Consent:
    name = ConsentStatus(consent.status).name
    return consent_pb2.Consent(
        channel=consent.channel,
        purpose=consent.purpose,
        status=f"CONSENT_STATUS_{name}",
        legal_basis=consent.legal_basis,
        text_version=consent.text_version,
        source=consent.source,
        proof_id=consent.proof_id,
        valid_from=to_timestamp("valid_from", consent.valid_from),
        valid_to=to_timestamp("valid_to", consent.valid_to),
    )


def _customer(message: Any) -> Customer:
    return Customer(
        customer_id=message.customer_id,
        version=message.version,
        attributes=from_values(message.attributes),
        segments=tuple(message.segments),
        products=tuple(message.products),
        consents=tuple(_from_consent(item) for item in message.consents),
        do_not_contact=do_not_contact_of(message),
        matters=tuple(matter_of(item) for item in message.matters),
    )


def _from_consent(message: Any) -> Consent:
    return Consent(
        channel=message.channel,
        purpose=message.purpose,
        status=ConsentStatus(word(consent_pb2.ConsentStatus.Name(message.status), "CONSENT_STATUS_")),
        legal_basis=message.legal_basis,
        text_version=message.text_version,
        source=message.source,
        proof_id=message.proof_id,
        valid_from=optional_moment(message, "valid_from"),
        valid_to=optional_moment(message, "valid_to"),
    )
