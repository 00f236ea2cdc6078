"""Records outcomes: each with its effects in one atomic write, visible to the very next decision.

What an outcome does is the domain's; this finds the customers, applies in order, and writes each customer once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from nba_server.application.consequences import after_outcome
from nba_server.application.customer_changes import CustomerChanges
from nba_server.application.faults import check_batch
from nba_server.application.outcome_validation import OutcomeCommand, check_outcome, check_silence
from nba_server.application.ports import CatalogProvider, CustomerRef, CustomerWrite, Identity, JournalEncoder
from nba_server.application.reacting import Reactions
from nba_server.domain.catalog import Catalog
from nba_server.domain.engagement import CustomerState
from nba_server.domain.reaction import Reacted, apply
from nba_server.errors import NbaError

__all__ = ["OutcomeCommand", "OutcomeResult", "OutcomeStatus", "RecordOutcomes"]


class OutcomeStatus(StrEnum):
    """How an outcome was taken; the names equal those of `nba.v1.OutcomeStatus`."""

    RECORDED = "recorded"
    REPEATED = "repeated"
    RECORDED_LATE = "recorded_late"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class OutcomeResult:
    """What one outcome did: suppressions and consents that it changed, in words; `error` when it was REFUSED."""

    status: OutcomeStatus
    effects: tuple[str, ...] = ()
    error: NbaError | None = None


class RecordOutcomes:
    """Records a batch of outcomes; those of one customer in the order of the batch and in one write."""

    def __init__(
        self, *, identity: Identity, changes: CustomerChanges, catalogs: CatalogProvider, journal: JournalEncoder
    ) -> None:
        self._identity = identity
        self._changes = changes
        self._catalogs = catalogs
        self._journal = journal

    async def __call__(self, commands: Sequence[OutcomeCommand]) -> list[OutcomeResult]:
        """One result an outcome, in order. Raises `InvalidArgument` for a batch that is too long."""
        check_batch("outcomes", len(commands))
        catalog = self._catalogs.live
        results: dict[int, OutcomeResult] = {}
        plans: dict[CustomerRef, _Outcomes] = {}
        for place, command in enumerate(commands):
            try:
                check_outcome(command)
                ref = self._customer(command)
            except NbaError as fault:
                results[place] = _refused(fault)
                continue
            plans.setdefault(ref, _Outcomes(ref, catalog, self._journal)).commands[place] = command
        failed = await self._changes(plans)
        for ref, plan in plans.items():
            error = failed.get(ref)
            results |= dict.fromkeys(plan.commands, _refused(error)) if error else plan.results
        return [results[place] for place in range(len(commands))]

    def _customer(self, command: OutcomeCommand) -> CustomerRef:
        if command.event.contact_id:
            return self._identity.customer(command.customer_id)
        return self._identity.customer_of(command.event.decision_id)


@dataclass(slots=True)
class _Outcomes:
    """The plan for one customer's outcomes, by their place in the batch."""

    customer: CustomerRef
    catalog: Catalog
    journal: JournalEncoder
    commands: dict[int, OutcomeCommand] = field(default_factory=dict)
    results: dict[int, OutcomeResult] = field(default_factory=dict)

    def __call__(self, state: CustomerState, now_ms: int) -> CustomerWrite | None:
        reactions = Reactions(self.customer, state, self.journal)
        for place, command in self.commands.items():
            try:
                before = reactions.state
                check_silence(before.ledger, command.event)
                reacted = apply(before, command.event, self.catalog, now_ms)
            except NbaError as fault:
                self.results[place] = _refused(fault)
                continue
            effects = reacted.effects
            if not reacted.repeated:
                reactions.add(reacted, command.caller)
                effects += after_outcome(reactions, before, reacted, self.catalog, now_ms, command.caller)
            self.results[place] = OutcomeResult(_status(reacted), effects)
        return reactions.write()


def _status(reacted: Reacted) -> OutcomeStatus:
    if reacted.repeated:
        return OutcomeStatus.REPEATED
    return OutcomeStatus.RECORDED_LATE if reacted.late else OutcomeStatus.RECORDED


def _refused(fault: NbaError) -> OutcomeResult:
    return OutcomeResult(OutcomeStatus.REFUSED, error=fault)
