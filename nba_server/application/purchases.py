"""Takes in purchases; they are seen by the very next decision. A repeat changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nba_server.application.customer_changes import CustomerChanges
from nba_server.application.faults import Faults, check_batch
from nba_server.application.moments import happened_at
from nba_server.application.ports import CatalogProvider, CustomerRef, CustomerWrite, Identity, JournalEncoder
from nba_server.application.purchasing import take_purchase
from nba_server.application.reacting import Reactions
from nba_server.domain.catalog import Catalog
from nba_server.domain.engagement import CustomerState
from nba_server.domain.purchase import Purchase
from nba_server.errors import InvalidArgument, NbaError


@dataclass(frozen=True, slots=True)
class PurchaseCommand:
    """A basket or contract as it arrived; `occurred_ms` 0 means now. Money is in the catalogue's currency."""

    customer_id: str
    purchase_id: str
    occurred_ms: int = 0
    value: float = 0.0
    value_by_category: Mapping[str, float] = field(default_factory=dict)
    value_by_product: Mapping[str, float] = field(default_factory=dict)
    channel: str = ""

    def purchase(self, at_ms: int) -> Purchase:
        """The purchase, at its time on the store's clock."""
        by_category, by_product = self.value_by_category, self.value_by_product
        return Purchase(self.purchase_id, at_ms, self.value, by_category, by_product, self.channel)


@dataclass(frozen=True, slots=True)
class PurchaseResult:
    """`recorded` is False for a repeat, and for one that was refused: then `error` says why. `effects` in words."""

    recorded: bool
    error: NbaError | None = None
    effects: tuple[str, ...] = ()


class RecordPurchases:
    """Records a batch of purchases, all of one customer in one write."""

    def __init__(
        self, *, identity: Identity, changes: CustomerChanges, catalogs: CatalogProvider, journal: JournalEncoder
    ) -> None:
        self._identity = identity
        self._changes = changes
        self._catalogs = catalogs
        self._journal = journal

    async def __call__(self, commands: Sequence[PurchaseCommand]) -> list[PurchaseResult]:
        """One result a purchase, in order. Raises `InvalidArgument` for a batch that is too long."""
        check_batch("purchases", len(commands))
        catalog = self._catalogs.live
        results: dict[int, PurchaseResult] = {}
        plans: dict[CustomerRef, _Purchases] = {}
        for place, command in enumerate(commands):
            try:
                check_purchase(command)
            except InvalidArgument as fault:
                results[place] = PurchaseResult(False, fault)
                continue
            ref = self._identity.customer(command.customer_id)
            plans.setdefault(ref, _Purchases(ref, catalog, self._journal)).commands[place] = command
        failed = await self._changes(plans)
        for ref, plan in plans.items():
            error = failed.get(ref)
            results |= dict.fromkeys(plan.commands, PurchaseResult(False, error)) if error else plan.results
        return [results[place] for place in range(len(commands))]


@dataclass(slots=True)
class _Purchases:
    """The plan for one customer's purchases of the batch, by their place in it."""

    customer: CustomerRef
    catalog: Catalog
    journal: JournalEncoder
    commands: dict[int, PurchaseCommand] = field(default_factory=dict)
    results: dict[int, PurchaseResult] = field(default_factory=dict)

    def __call__(self, state: CustomerState, now_ms: int) -> CustomerWrite | None:
        reactions = Reactions(self.customer, state, self.journal)
        for place, command in self.commands.items():
            try:
                at_ms = happened_at(command.occurred_ms, now_ms)
            except InvalidArgument as fault:
                self.results[place] = PurchaseResult(False, fault)
                continue
            words = take_purchase(reactions, command.purchase(at_ms), self.catalog, now_ms)
            self.results[place] = PurchaseResult(words is not None, effects=words or ())
        return reactions.write()


def check_purchase(command: PurchaseCommand, at: str = "") -> None:
    """Raises `InvalidArgument` with all violations; `at` is the path of the purchase in its request."""
    faults = Faults()
    faults.identifier(f"{at}customer_id", command.customer_id)
    faults.identifier(f"{at}purchase_id", command.purchase_id)
    faults.moment(f"{at}occurred_at", command.occurred_ms)
    faults.finite(f"{at}value", command.value)
    for field_, amounts in (("category", command.value_by_category), ("product", command.value_by_product)):
        for name, value in amounts.items():
            if field_ == "product":
                faults.identifier(f"{at}value_by_product", name)
            faults.finite(f"{at}value_by_{field_}.{name[:60]}", value)
    faults.raise_any()
