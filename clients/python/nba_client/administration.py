"""Customers, catalogue and models, blocking: `client.customers`, `client.catalog`, `client.models`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from nba_client import cap, catalog, catalog_words, contact_reading, customer, matter, model
from nba_client.call import Call
from nba_client.cap import CapUse
from nba_client.catalog import CatalogVersion, LiveCatalog, Reloaded
from nba_client.catalog_words import CatalogWords
from nba_client.contact_reading import CustomerContacts
from nba_client.customer import Consent, Customer, CustomerPage, CustomerPatch, DoNotContact, UpsertResult
from nba_client.errors import from_item
from nba_client.matter import Matter, MatterClosed, MatterOpened
from nba_client.model import ModelReport, ModelVersion
from nba_client.value import Value

T = TypeVar("T")


class Run(Protocol):
    """Runs a call; `timeout` in seconds, None: the deadline of its kind."""

    def __call__(self, call: Call[T], timeout: float | None) -> T:
        """Raises the errors of `nba_client.errors`."""


class Customers:
    """Profiles, segments, products and consents."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def upsert(
        self,
        customer_id: str,
        attributes: Mapping[str, Value] | None = None,
        *,
        add_segments: Sequence[str] = (),
        remove_segments: Sequence[str] = (),
        add_products: Sequence[str] = (),
        remove_products: Sequence[str] = (),
        consents: Sequence[Consent] = (),
        expected_version: int | None = None,
        household_id: str | None = None,
        timeout: float | None = None,
    ) -> int:
        """Creates or changes one customer and gives the new version. What is not named stays; None removes an attribute.

        `household_id`: whose limits the customer shares, empty for nobody's. Raises `Conflict` when `expected_version` is not
        the stored one.
        """
        patch = CustomerPatch(
            customer_id,
            attributes or {},
            add_segments,
            remove_segments,
            add_products,
            remove_products,
            consents,
            expected_version,
            household_id=household_id,
        )
        (result,) = self._run(customer.upsert_call([patch]), timeout)
        if result.error:
            raise from_item(result.error)
        return result.version

    def upsert_many(self, patches: Sequence[CustomerPatch], *, timeout: float | None = None) -> list[UpsertResult]:
        """Up to 1,000 patches, each customer once; each has a result of its own, in their order."""
        return self._run(customer.upsert_call(patches), timeout)

    def get(self, customer_id: str, *, timeout: float | None = None) -> Customer:
        """The profile. Raises `NotFound`."""
        return self._run(customer.get_call(customer_id), timeout)

    def page(
        self, segment: str = "", *, page_token: str = "", page_size: int = 0, timeout: float | None = None
    ) -> CustomerPage:
        """Ids of customers, all or those of a segment (CEL), and where to go on. A page may be empty and have a next one."""
        return self._run(customer.list_call(segment, page_token, page_size), timeout)

    def contacts(self, customer_id: str, *, max_contacts: int = 100, timeout: float | None = None) -> CustomerContacts:
        """What counts against the customer now: contacts, limits, pressure, what is muted, why and until when."""
        return self._run(contact_reading.contacts_of_call(customer_id, max_contacts), timeout)

    def do_not_contact(self, customer_id: str, entry: DoNotContact, *, timeout: float | None = None) -> int:
        """Puts the customer on the do-not-contact list, or takes them off it; gives the new version. Makes no profile."""
        (result,) = self._run(customer.upsert_call([CustomerPatch(customer_id, do_not_contact=entry)]), timeout)
        if result.error:
            raise from_item(result.error)
        return result.version

    def delete(self, customer_id: str, *, timeout: float | None = None) -> bool:
        """Deletes the profile (ledger, suppressions and denials stay under a keyed hash); False when there was none."""
        return self._run(customer.delete_call(customer_id), timeout)

    def identify(self, visitor_id: str, customer_id: str, *, timeout: float | None = None) -> customer.Identified:
        """An anonymous visitor turned out to be a customer, e.g. by logging in: from now on the two are one."""
        return self._run(customer.identify_call(visitor_id, customer_id), timeout)


class Matters:
    """What is open between customers and us."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def list(self, customer_id: str, *, open_only: bool = False, timeout: float | None = None) -> list[Matter]:
        """The customer's matters: open ones first, then those closed lately with their notes."""
        return self._run(matter.list_call(customer_id, open_only), timeout)

    def open(
        self,
        customer_id: str,
        rule: str,
        *,
        event_id: str = "",
        channel: str = "",
        text: str = "",
        case_id: str = "",
        category: str = "",
        agent: str = "",
        timeout: float | None = None,
    ) -> MatterOpened:
        """Opens a matter under a rule of the catalogue, or adds to the one that is open."""
        call = matter.open_call(
            customer_id,
            rule,
            event_id=event_id,
            channel=channel,
            text=text,
            case_id=case_id,
            category=category,
            agent=agent,
        )
        return self._run(call, timeout)

    def close(
        self, customer_id: str, matter_id: str, note: str, *, agent: str = "", timeout: float | None = None
    ) -> MatterClosed:
        """Closes a matter with a note for whoever serves the customer next. Raises `NotFound`."""
        return self._run(matter.close_call(customer_id, matter_id, note, agent), timeout)


class Catalog:
    """The catalogue that serves."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def get(self, *, timeout: float | None = None) -> LiveCatalog:
        """What is live, and why the newest change was refused, if it was."""
        return self._run(catalog.get_call(), timeout)

    def describe(self, *, timeout: float | None = None) -> CatalogWords:
        """Its words: places, live facts, titles of actions."""
        return self._run(catalog_words.describe_call(), timeout)

    def caps(self, *, timeout: float | None = None) -> list[CapUse]:
        """How far its caps are used: totals and budgets over all customers."""
        return self._run(cap.caps_call(), timeout)

    def reload(self, *, timeout: float | None = None) -> Reloaded:
        """Looks for a change now."""
        return self._run(catalog.reload_call(), timeout)

    def versions(self, *, timeout: float | None = None) -> list[CatalogVersion]:
        """Snapshots of the store, newest first."""
        return self._run(catalog.list_call(), timeout)

    def rollback(self, hash_: str = "", *, timeout: float | None = None) -> CatalogVersion:
        """Makes an older snapshot live for the whole fleet; empty: the one before."""
        return self._run(catalog.rollback_call(hash_), timeout)


class Models:
    """The models that score."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def versions(self, *, timeout: float | None = None) -> list[ModelVersion]:
        """The registry, newest first."""
        return self._run(model.list_call(), timeout)

    def get(self, version: str = "", *, timeout: float | None = None) -> ModelReport:
        """One model with its report; empty: the live one. Raises `NotFound`."""
        return self._run(model.get_call(version), timeout)

    def promote(self, version: str, note: str = "", *, timeout: float | None = None) -> ModelVersion:
        """Makes a model live for the fleet; the note goes to the audit log."""
        return self._run(model.promote_call(version, note), timeout)

    def rollback(self, note: str = "", *, timeout: float | None = None) -> ModelVersion | None:
        """Goes back to the model before; None when priors serve then."""
        return self._run(model.rollback_call(note), timeout)
