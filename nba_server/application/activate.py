"""Activates a deferred decision: its offers were used, so their contacts count and silence will mean something.

It is an outcome like any other, an impression inbound and a dispatch outbound, under an event id of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nba_server.application.consequences import after_outcome
from nba_server.application.customer_changes import CustomerChanges
from nba_server.application.faults import Faults
from nba_server.application.ports import CatalogProvider, CustomerRef, CustomerWrite, Identity, JournalEncoder
from nba_server.application.reacting import Reactions
from nba_server.domain.catalog import Catalog
from nba_server.domain.engagement import Contact, ContactState, CustomerState, Direction
from nba_server.domain.outcome import OutcomeEvent, OutcomeType
from nba_server.domain.reaction import apply, find_contact

EVENT_ID = "activate"
"""The event id of the outcome that an activation is; it can be withdrawn under this name."""


@dataclass(frozen=True, slots=True)
class Activated:
    """The actions that count by this call, and those of them whose reservation had ended before."""

    actions: tuple[str, ...] = ()
    late: tuple[str, ...] = ()


class ActivateDecision:
    """The use case."""

    def __init__(
        self, *, identity: Identity, changes: CustomerChanges, catalogs: CatalogProvider, journal: JournalEncoder
    ) -> None:
        self._identity = identity
        self._changes = changes
        self._catalogs = catalogs
        self._journal = journal

    async def __call__(self, decision_id: str, actions: Sequence[str], caller: str) -> Activated:
        """Activates `actions`, or all that the decision offered.

        Raises `InvalidArgument` for what is no decision id, `NotFound` for a decision or an action that was not offered,
        `StoreUnavailable`, `Conflict`.
        """
        faults = Faults()
        for action in actions:
            faults.identifier("actions", action)
        faults.raise_any()
        ref = self._identity.customer_of(decision_id)
        plan = _Activation(ref, decision_id, tuple(actions), self._catalogs.live, self._journal, caller)
        failed = await self._changes({ref: plan})
        if ref in failed:
            raise failed[ref]
        return plan.activated


@dataclass(slots=True)
class _Activation:
    """The plan for the decision's contacts."""

    customer: CustomerRef
    decision_id: str
    actions: tuple[str, ...]
    catalog: Catalog
    journal: JournalEncoder
    caller: str
    activated: Activated = field(default_factory=Activated)

    def __call__(self, state: CustomerState, now_ms: int) -> CustomerWrite | None:
        reactions = Reactions(self.customer, state, self.journal)
        used: list[str] = []
        late: list[str] = []
        for contact in self._meant(state):
            if not contact.deferred or contact.state is ContactState.CONFIRMED:
                continue
            before = reactions.state
            reacted = apply(before, self._event(contact), self.catalog, now_ms)
            if not reacted.repeated:
                reactions.add(reacted, self.caller)
                after_outcome(reactions, before, reacted, self.catalog, now_ms, self.caller)
                used.append(contact.action)
                late += [contact.action] if reacted.late else []
        self.activated = Activated(tuple(used), tuple(late))
        return reactions.write()

    def _meant(self, state: CustomerState) -> list[Contact]:
        named = self.actions or [c.action for c in state.ledger if c.decision_id == self.decision_id] or [""]
        events = (OutcomeEvent(OutcomeType.IMPRESSION, self.decision_id, action=action) for action in named)
        return [find_contact(state.ledger, event) for event in events]

    def _event(self, contact: Contact) -> OutcomeEvent:
        kind = OutcomeType.IMPRESSION if contact.direction is Direction.INBOUND else OutcomeType.SENT
        return OutcomeEvent(kind, self.decision_id, action=contact.action, event_id=EVENT_ID)
