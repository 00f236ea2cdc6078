"""Ends the waits that are due: releases forgotten reservations, confirms sent ones, records `no_response`.

A customer has one timer, for the first of all waits; whoever is due is looked at whole. Exactly once: each customer is written by
compare-and-set, with the timer of what waits on, and a contact that was answered meanwhile is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nba_server.application.consequences import after_outcome
from nba_server.application.customer_changes import CustomerChanges
from nba_server.application.ports import (
    CatalogProvider,
    CustomerRef,
    CustomerWrite,
    DueCustomer,
    JournalEncoder,
    Timers,
    located,
)
from nba_server.application.reacting import Reactions
from nba_server.domain.catalog import Catalog
from nba_server.domain.engagement import CustomerState
from nba_server.domain.expiry import expire
from nba_server.domain.outcome import next_wait, waits_until
from nba_server.errors import NbaError

CALLER = "server"
"""The caller of the outcomes that the timers record."""


@dataclass(frozen=True, slots=True)
class Expired:
    """How many timers were due, how many waits ended and how many of them as `no_response`, and who could not be written."""

    due: int
    ended: int
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
        """Ends what is due of the customers of at most `limit` timers. Raises `StoreUnavailable`."""
        due = await self._timers.due(limit)
        catalog = self._catalogs.live
        plans = {timer.customer: _Expiry(timer.customer, catalog, self._journal) for timer in due}
        failed = await self._changes(plans)
        await self._forget(due, plans, failed)
        written = [plan for ref, plan in plans.items() if ref not in failed]
        ended, no_responses = sum(plan.ended for plan in written), sum(plan.no_responses for plan in written)
        return Expired(len(due), ended, no_responses, failed)

    async def _forget(
        self,
        due: Sequence[DueCustomer],
        plans: Mapping[CustomerRef, _Expiry],
        failed: Mapping[CustomerRef, NbaError],
    ) -> None:
        """Removes what the write of the customer has not replaced: timers of earlier versions, and those that a move left where
        nobody lives. A move that was under way cannot end any more, because the customer was written since."""
        left = [
            timer
            for timer in due
            if timer.customer not in failed
            and (timer.contact_id or timer.found not in (-1, plans[timer.customer].home))
        ]
        if left:
            await self._timers.forget(left)


@dataclass(slots=True)
class _Expiry:
    """The plan for one customer who is due. It always writes: the timer that was found is not there for ever."""

    customer: CustomerRef
    catalog: Catalog
    journal: JournalEncoder
    ended: int = 0
    no_responses: int = 0
    home: int = -1

    def __call__(self, state: CustomerState, now_ms: int) -> CustomerWrite | None:
        reactions = Reactions(self.customer, state, self.journal)
        self.ended, self.no_responses, self.home = 0, 0, located(self.customer, state).bucket
        for contact_id in _due(state, now_ms):
            ended = expire(reactions.state, contact_id, now_ms, self.catalog)
            if ended is not None:
                before = reactions.state
                reactions.add(ended, CALLER)
                after_outcome(reactions, before, ended, self.catalog, now_ms, CALLER)
                self.ended += 1
                self.no_responses += ended.event is not None
        idle = CustomerWrite(self.customer, state.engagement_version, due_ms=next_wait(state.ledger))
        return reactions.write() or idle


def _due(state: CustomerState, now_ms: int) -> list[str]:
    """The contacts whose wait is over, in the order in which it was."""
    waits = [(waits_until(contact), contact.id) for contact in state.ledger]
    return [contact_id for until_ms, contact_id in sorted(waits) if 0 < until_ms <= now_ms]
