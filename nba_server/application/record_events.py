"""Takes in events of the business, each in one write with all that follows from it; the very next decision sees it.

A complaint, a service case or a score moves matters; a purchase confirms conversions. A repeat changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nba_server.application.consequences import call_off, in_words, take_in
from nba_server.application.customer_changes import CustomerChanges
from nba_server.application.event_validation import EventCommand, check_event
from nba_server.application.faults import check_batch
from nba_server.application.moments import happened_at
from nba_server.application.ports import CatalogProvider, CustomerRef, CustomerWrite, Identity, JournalEncoder
from nba_server.application.profile_events import ProfileEvents
from nba_server.application.purchasing import take_purchase, take_return
from nba_server.application.reacting import Reactions
from nba_server.domain.catalog import Catalog
from nba_server.domain.engagement import CustomerState
from nba_server.domain.happening import Happening
from nba_server.errors import NbaError


@dataclass(frozen=True, slots=True)
class EventResult:
    """`recorded` is False for a repeat, and for one that was refused: then `error` says why. `effects` in words."""

    recorded: bool
    effects: tuple[str, ...] = ()
    matters: tuple[str, ...] = ()
    error: NbaError | None = None


class RecordEvents:
    """Records a batch of events; those of one customer in the order of the batch and in one write."""

    def __init__(
        self, *, identity: Identity, changes: CustomerChanges, catalogs: CatalogProvider, journal: JournalEncoder
    ) -> None:
        self._identity = identity
        self._changes = changes
        self._catalogs = catalogs
        self._journal = journal

    async def __call__(self, commands: Sequence[EventCommand]) -> list[EventResult]:
        """One result an event, in order. Raises `InvalidArgument` for a batch that is too long."""
        check_batch("events", len(commands))
        catalog = self._catalogs.live
        results: dict[int, EventResult] = {}
        plans: dict[CustomerRef, _Events] = {}
        for place, command in enumerate(commands):
            try:
                check_event(command, catalog)
            except NbaError as fault:
                results[place] = EventResult(False, error=fault)
                continue
            ref = self._identity.customer(command.customer_id)
            plans.setdefault(ref, _Events(ref, catalog, self._journal)).commands[place] = command
        failed = await self._changes(plans)
        for ref, plan in plans.items():
            error = failed.get(ref)
            results |= dict.fromkeys(plan.commands, EventResult(False, error=error)) if error else plan.results
        return [results[place] for place in range(len(commands))]


@dataclass(slots=True)
class _Events:
    """The plan for one customer's events, by their place in the batch."""

    customer: CustomerRef
    catalog: Catalog
    journal: JournalEncoder
    commands: dict[int, EventCommand] = field(default_factory=dict)
    results: dict[int, EventResult] = field(default_factory=dict)

    def __call__(self, state: CustomerState, now_ms: int) -> CustomerWrite | None:
        reactions = Reactions(self.customer, state, self.journal)
        for place, command in self.commands.items():
            try:
                self.results[place] = self._event(reactions, command, now_ms)
            except NbaError as fault:
                self.results[place] = EventResult(False, error=fault)
        return reactions.write()

    def _event(self, reactions: Reactions, command: EventCommand, now_ms: int) -> EventResult:
        if command.purchase is not None:
            bought = command.purchase.purchase(happened_at(command.purchase.occurred_ms, now_ms))
            return _result(take_purchase(reactions, bought, self.catalog, now_ms))
        at_ms = happened_at(command.occurred_ms, now_ms)
        if command.returns is not None:
            return _result(take_return(reactions, command.returns, at_ms, self.catalog, now_ms))
        return self._happening(reactions, command.happening(at_ms), command, now_ms)

    def _happening(self, reactions: Reactions, what: Happening, command: EventCommand, now_ms: int) -> EventResult:
        before = reactions.state
        if what.key in before.file.recent:
            return EventResult(False)
        found = take_in(reactions, what, self.catalog, now_ms, event_id=command.event_id, caller=command.caller)
        changed = ProfileEvents(reactions, self.catalog).happened(what)
        called_off = call_off(reactions, before, self.catalog, now_ms)
        words = (*in_words(found, self.catalog), *changed, *called_off)
        return EventResult(True, words, tuple(move.matter.id for move in found.moves))


def _result(words: tuple[str, ...] | None) -> EventResult:
    return EventResult(words is not None, words or ())
