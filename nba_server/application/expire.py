"""Ends the waits that are due: releases forgotten reservations, confirms sent ones, records `no_response`.

Exactly once: each customer is written by compare-and-set, and a contact that was answered meanwhile is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nba_server.application.consequences import after_outcome
from nba_server.application.customer_changes import CustomerChanges
from nba_server.application.ports import (
    CatalogProvider,
    CustomerRef,
    CustomerWrite,
    DueContact,
    JournalEncoder,
    Timers,
    located,
)
from nba_server.application.reacting import Reactions
from nba_server.domain.catalog import Catalog
from nba_server.domain.engagement import CustomerState
from nba_server.domain.expiry import expire
from nba_server.domain.outcome import waits_until
from nba_server.errors import NbaError

CALLER = "server"
"""The caller of the outcomes that the timers record."""


@dataclass(frozen=True, slots=True)
class Expired:
    """How many timers were due, how many `no_response` were recorded, and the customers that could not be written."""

    due: int
    no_responses: int
    failed: Mapping[CustomerRef, NbaError]


class ExpireContacts:
    """Serves due timers; call it again at once while `Expired.due` equals the limit and nothing failed."""

    def __init__(
        self, *, timers: Timers, changes: CustomerChanges, catalogs: CatalogProvider, journal: JournalEncoder
    ) -> None:
        self._timers = timers
        self._changes = changes
        self._catalogs = catalogs
        self._journal = journal

    async def __call__(self, limit: int = 500) -> Expired:
        """Ends at most `limit` waits. Raises `StoreUnavailable`."""
        due = await self._timers.due(limit)
        catalog = self._catalogs.live
        plans: dict[CustomerRef, _Expiry] = {}
        for contact in due:
            plan = plans.setdefault(contact.customer, _Expiry(contact.customer, catalog, self._journal))
            plan.contacts.append(contact.contact_id)
        failed = await self._changes(plans)
        await self._postpone(due, plans)
        written = sum(plan.no_responses for ref, plan in plans.items() if ref not in failed)
        return Expired(len(due), written, failed)

    async def _postpone(self, due: Sequence[DueContact], plans: Mapping[CustomerRef, _Expiry]) -> None:
        """Timers that were found where their customer does not live do nothing there; a move may be under way."""
        astray = [contact for contact in due if contact.found >= 0 and contact.found != plans[contact.customer].home]
        if astray:
            await self._timers.postpone(astray)


@dataclass(slots=True)
class _Expiry:
    """The plan for one customer's due contacts."""

    customer: CustomerRef
    catalog: Catalog
    journal: JournalEncoder
    contacts: list[str] = field(default_factory=list)
    no_responses: int = 0
    home: int = -1

    def __call__(self, state: CustomerState, now_ms: int) -> CustomerWrite | None:
        reactions = Reactions(self.customer, state, self.journal)
        self.no_responses, self.home = 0, located(self.customer, state).bucket
        for contact_id in self.contacts:
            ended = expire(reactions.state, contact_id, now_ms, self.catalog)
            if ended is not None:
                before = reactions.state
                reactions.add(ended, CALLER)
                after_outcome(reactions, before, ended, self.catalog, now_ms, CALLER)
                self.no_responses += ended.event is not None
                continue
            waits = next((waits_until(c) for c in reactions.state.ledger if c.id == contact_id), 0)
            reactions.due(contact_id, waits if waits > now_ms else 0)
        return reactions.write()
