"""Takes in purchases; they are seen by the very next decision. A repeat changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nba_server.application.customer_changes import CustomerChanges
from nba_server.application.faults import Faults, check_batch
from nba_server.application.moments import happened_at
from nba_server.application.ports import CustomerRef, CustomerWrite, Identity, JournalEncoder, PurchaseRecord
from nba_server.domain.activity import Purchase, add_purchase
from nba_server.domain.engagement import CustomerState
from nba_server.errors import InvalidArgument, NbaError


@dataclass(frozen=True, slots=True)
class PurchaseCommand:
    """A basket or contract as it arrived; `occurred_ms` 0 means now. Money is in the catalogue's currency."""

    customer_id: str
    purchase_id: str
    occurred_ms: int = 0
    value: float = 0.0
    value_by_category: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PurchaseResult:
    """`recorded` is False for a repeat, and for one that was refused: then `error` says why."""

    recorded: bool
    error: NbaError | None = None


class RecordPurchases:
    """Records a batch of purchases, all of one customer in one write."""

    def __init__(self, *, identity: Identity, changes: CustomerChanges, journal: JournalEncoder) -> None:
        self._identity = identity
        self._changes = changes
        self._journal = journal

    async def __call__(self, commands: Sequence[PurchaseCommand]) -> list[PurchaseResult]:
        """One result a purchase, in order. Raises `InvalidArgument` for a batch that is too long."""
        check_batch("purchases", len(commands))
        results: dict[int, PurchaseResult] = {}
        plans: dict[CustomerRef, _Purchases] = {}
        for place, command in enumerate(commands):
            try:
                _check(command)
            except InvalidArgument as fault:
                results[place] = PurchaseResult(False, fault)
                continue
            ref = self._identity.customer(command.customer_id)
            plans.setdefault(ref, _Purchases(ref, self._journal)).commands[place] = command
        failed = await self._changes(plans)
        for ref, plan in plans.items():
            error = failed.get(ref)
            results |= dict.fromkeys(plan.commands, PurchaseResult(False, error)) if error else plan.results
        return [results[place] for place in range(len(commands))]


@dataclass(slots=True)
class _Purchases:
    """The plan for one customer's purchases of the batch, by their place in it."""

    customer: CustomerRef
    journal: JournalEncoder
    commands: dict[int, PurchaseCommand] = field(default_factory=dict)
    results: dict[int, PurchaseResult] = field(default_factory=dict)

    def __call__(self, state: CustomerState, now_ms: int) -> CustomerWrite | None:
        activity = state.activity
        entries = []
        for place, command in self.commands.items():
            try:
                at_ms = happened_at(command.occurred_ms, now_ms)
            except InvalidArgument as fault:
                self.results[place] = PurchaseResult(False, fault)
                continue
            purchase = Purchase(command.purchase_id, at_ms, command.value, command.value_by_category)
            after = add_purchase(activity, purchase)
            self.results[place] = PurchaseResult(after is not activity)
            if after is not activity:
                activity = after
                record = PurchaseRecord(self.customer, purchase.id, purchase.occurred_ms, purchase.value)
                entries.append(("purchase", self.journal.purchase(record)))
        if activity is state.activity:
            return None
        return CustomerWrite(
            customer=self.customer,
            engagement_version=state.engagement_version,
            activity=activity,
            entries=tuple(entries),
        )


def _check(command: PurchaseCommand) -> None:
    faults = Faults()
    faults.identifier("customer_id", command.customer_id)
    faults.identifier("purchase_id", command.purchase_id)
    faults.moment("occurred_at", command.occurred_ms)
    faults.finite("value", command.value)
    for category, value in command.value_by_category.items():
        faults.finite(f"value_by_category.{category[:60]}", value)
    faults.raise_any()
