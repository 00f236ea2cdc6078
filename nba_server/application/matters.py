"""Matters by hand: what is open between a customer and us is listed, opened, and closed with a note for whoever comes next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from nba_server.application.consequences import call_off, in_words, put_matters, take_in
from nba_server.application.customer_changes import CustomerChanges
from nba_server.application.event_validation import check_words
from nba_server.application.faults import Faults
from nba_server.application.ports import (
    CatalogProvider,
    CustomerReader,
    CustomerRef,
    CustomerWrite,
    Identity,
    JournalEncoder,
)
from nba_server.application.reacting import Reactions
from nba_server.domain.casework import closed_by_hand
from nba_server.domain.catalog import Catalog
from nba_server.domain.engagement import CustomerState
from nba_server.domain.happening import Happening, HappeningKind, key_of
from nba_server.domain.matter import Closing
from nba_server.domain.matter_reading import MatterReading, read_matter, read_matters
from nba_server.errors import FailedPrecondition, NotFound

_BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class MatterList:
    """The matters at `now_ms`."""

    now_ms: int
    matters: tuple[MatterReading, ...]


@dataclass(frozen=True, slots=True)
class OpenCommand:
    """A matter to open by hand. `by` is the agent, or else the caller."""

    customer_id: str
    rule: str
    caller: str
    event_id: str = ""
    channel: str = ""
    text: str = ""
    case_id: str = ""
    category: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class CloseCommand:
    """A matter to close."""

    customer_id: str
    matter_id: str
    note: str
    caller: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class MatterChange:
    """The matter after it; `changed` is False for a repeat. `effects` in words."""

    matter: MatterReading
    changed: bool
    effects: tuple[str, ...] = ()


class Matters:
    """Lists, opens and closes."""

    def __init__(
        self,
        *,
        identity: Identity,
        reader: CustomerReader,
        changes: CustomerChanges,
        catalogs: CatalogProvider,
        journal: JournalEncoder,
    ) -> None:
        self._identity = identity
        self._reader = reader
        self._changes = changes
        self._catalogs = catalogs
        self._journal = journal

    async def list(self, customer_id: str, *, open_only: bool = False) -> MatterList:
        """The customer's matters; none for a customer never seen. Raises `InvalidArgument` and `StoreUnavailable`."""
        faults = Faults()
        faults.identifier("customer_id", customer_id)
        faults.raise_any()
        read = await self._reader.read([self._identity.customer(customer_id)])
        readings = read_matters(read.states[0].file, self._catalogs.live, read.now_ms, open_only=open_only)
        return MatterList(read.now_ms, readings)

    async def open(self, command: OpenCommand) -> MatterChange:
        """Opens a matter, or adds to the one that is open.

        Raises `InvalidArgument` for what the catalogue does not have, `FailedPrecondition` when far too much is open.
        """
        catalog = self._catalogs.live
        faults = Faults()
        faults.identifier("customer_id", command.customer_id)
        faults.known("rule", command.rule, "rule of matters", catalog.matter_masks)
        if command.channel:
            faults.known("channel", command.channel, "channel", catalog.channels)
        for name in ("event_id", "case_id", "category", "agent"):
            faults.identifier(name, getattr(command, name), required=False)
        check_words(faults, "text", command.text)
        faults.raise_any()
        plan = _Opening(self._identity.customer(command.customer_id), command, catalog, self._journal)
        return await self._changed(plan.customer, plan, lambda: plan.change)

    async def close(self, command: CloseCommand) -> MatterChange:
        """Closes a matter. Raises `InvalidArgument` without a note, `NotFound` for a matter that the customer does not have."""
        faults = Faults()
        faults.identifier("customer_id", command.customer_id)
        faults.identifier("matter_id", command.matter_id)
        faults.identifier("agent", command.agent, required=False)
        if not command.note.strip():
            faults.add("note", "must not be empty: it tells whoever serves the customer next what was done")
        check_words(faults, "note", command.note)
        faults.raise_any()
        plan = _Closing(self._identity.customer(command.customer_id), command, self._catalogs.live, self._journal)
        return await self._changed(plan.customer, plan, lambda: plan.change)

    async def _changed(
        self,
        customer: CustomerRef,
        plan: Callable[[CustomerState, int], CustomerWrite | None],
        change: Callable[[], MatterChange | None],
    ) -> MatterChange:
        failed = await self._changes({customer: plan})
        if customer in failed:
            raise failed[customer]
        found = change()
        if found is None:
            raise FailedPrecondition("nothing was changed", reason="MATTER_UNCHANGED")
        return found


@dataclass(slots=True)
class _Opening:
    """The plan of one matter to open."""

    customer: CustomerRef
    command: OpenCommand
    catalog: Catalog
    journal: JournalEncoder
    change: MatterChange | None = field(default=None)

    def __call__(self, state: CustomerState, now_ms: int) -> CustomerWrite | None:
        reactions, command = Reactions(self.customer, state, self.journal), self.command
        what = Happening(
            kind=HappeningKind.BY_HAND,
            key=key_of(command.event_id, _BY_HAND),
            at_ms=now_ms,
            by=command.agent or command.caller,
            channel=command.channel,
            text=command.text,
            case_id=command.case_id,
            category=command.category,
            rule=command.rule,
        )
        found = take_in(reactions, what, self.catalog, now_ms, event_id=command.event_id, caller=command.caller)
        called_off = call_off(reactions, state, self.catalog, now_ms)
        meant = [move.matter for move in found.moves] or [
            matter for matter in state.file.matters if any(entry.key == what.key for entry in matter.entries)
        ]
        if not meant:
            raise NotFound("the matter that this event opened is long closed", reason="MATTER_NOT_FOUND")
        self.change = MatterChange(
            matter=read_matter(meant[0], self.catalog, now_ms),
            changed=any(move.opened for move in found.moves),
            effects=(*in_words(found, self.catalog), *called_off),
        )
        return reactions.write()


@dataclass(slots=True)
class _Closing:
    """The plan of one matter to close."""

    customer: CustomerRef
    command: CloseCommand
    catalog: Catalog
    journal: JournalEncoder
    change: MatterChange | None = field(default=None)

    def __call__(self, state: CustomerState, now_ms: int) -> CustomerWrite | None:
        reactions, command = Reactions(self.customer, state, self.journal), self.command
        closing = Closing(now_ms, command.agent or command.caller, command.note)
        try:
            found = closed_by_hand(state.file, command.matter_id, closing)
        except KeyError:
            text = f"the customer has no matter {command.matter_id!r}; ListMatters tells which there are"
            raise NotFound(text, reason="MATTER_NOT_FOUND") from None
        self.change = MatterChange(read_matter(found.moves[0].matter, self.catalog, now_ms), not found.repeated)
        if found.repeated:
            return None
        put_matters(reactions, found, now_ms, caller=command.caller)
        return reactions.write()
