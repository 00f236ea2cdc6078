"""Takes in contacts that other systems made or plan: they count in the ledger, and a repeat changes nothing.

The features of the moment are journaled with the contact, so that the learning sees what a decision would have seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from nba_server.application.attributing import settle
from nba_server.application.customer_changes import CustomerChanges
from nba_server.application.faults import Faults, check_batch
from nba_server.application.ports import (
    CatalogProvider,
    ContactRecord,
    CustomerRef,
    CustomerWrite,
    Identity,
    JournalEncoder,
    ModelProvider,
)
from nba_server.application.reacting import Reactions
from nba_server.application.validation import fitted
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import contact_features
from nba_server.domain.engagement import CustomerState
from nba_server.domain.external import external_contact
from nba_server.domain.profile import Scalar
from nba_server.domain.propensity import FeatureColumns, Scorer
from nba_server.errors import InvalidArgument, NbaError, Violation


@dataclass(frozen=True, slots=True)
class ContactCommand:
    """A contact as it arrived. `occurred_ms` 0 means now, later than now a planned contact. `action` may be empty.

    `candidates` are the actions that could have been chosen then, with `action`; empty when nobody knows.
    """

    customer_id: str
    contact_id: str
    channel: str
    action: str = ""
    occurred_ms: int = 0
    pick_probability: float | None = None
    class_: str = ""
    placement: str = ""
    context: Mapping[str, Scalar] = field(default_factory=dict)
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactResult:
    """`recorded` is False for a repeat, and for one that was refused: then `error` says why."""

    recorded: bool
    error: NbaError | None = None


class RecordContacts:
    """Records a batch of contacts, all of one customer in one write."""

    def __init__(
        self,
        *,
        identity: Identity,
        changes: CustomerChanges,
        catalogs: CatalogProvider,
        models: ModelProvider,
        journal: JournalEncoder,
    ) -> None:
        self._identity = identity
        self._changes = changes
        self._catalogs = catalogs
        self._models = models
        self._journal = journal

    async def __call__(self, commands: Sequence[ContactCommand]) -> list[ContactResult]:
        """One result a contact, in order. Raises `InvalidArgument` for a batch that is too long."""
        check_batch("contacts", len(commands))
        catalog, scorer = self._catalogs.live, self._models.live
        results: dict[int, ContactResult] = {}
        plans: dict[CustomerRef, _Contacts] = {}
        for place, command in enumerate(commands):
            try:
                command = check_contact(command, catalog)
            except NbaError as fault:
                results[place] = ContactResult(False, fault)
                continue
            ref = self._identity.customer(command.customer_id)
            plan = plans.setdefault(ref, _Contacts(ref, catalog, scorer, self._journal))
            plan.commands[place] = command
        failed = await self._changes(plans)
        for ref, plan in plans.items():
            error = failed.get(ref)
            results |= dict.fromkeys(plan.commands, ContactResult(False, error)) if error else plan.results
        return [results[place] for place in range(len(commands))]


@dataclass(slots=True)
class _Contacts:
    """The plan for one customer's contacts of the batch, by their place in it."""

    customer: CustomerRef
    catalog: Catalog
    scorer: Scorer
    journal: JournalEncoder
    commands: dict[int, ContactCommand] = field(default_factory=dict)
    results: dict[int, ContactResult] = field(default_factory=dict)

    def __call__(self, state: CustomerState, now_ms: int) -> CustomerWrite | None:
        reactions = Reactions(self.customer, state, self.journal)
        for place, command in self.commands.items():
            if 0 < command.occurred_ms <= now_ms - self.catalog.ledger_retention_ms:
                self.results[place] = ContactResult(False, _too_old(self.catalog))
                continue
            recorded = external_contact(
                reactions.state,
                command.contact_id,
                command.channel,
                command.action,
                command.occurred_ms,
                self.catalog,
                now_ms,
                class_=command.class_,
                placement=command.placement,
            )
            self.results[place] = ContactResult(not recorded.repeated)
            if recorded.repeated:
                continue
            contact = recorded.contact
            features = self._features(reactions.state, command, contact.at_ms, now_ms)
            record = ContactRecord(
                self.customer, contact, command.pick_probability, features, command.context, command.candidates
            )
            reactions.note("contact", self.journal.contact(record))
            reactions.state = replace(reactions.state, ledger=recorded.ledger)
        settle(reactions, self.catalog, now_ms)
        return reactions.write()

    def _features(self, state: CustomerState, command: ContactCommand, at_ms: int, now_ms: int) -> FeatureColumns:
        """The features before the contact; none for a contact that no action stands for."""
        index = self.catalog.index.get(command.action)
        if index is None:
            return FeatureColumns("")
        return contact_features(
            state,
            command.channel,
            index,
            self.catalog,
            self.scorer,
            at_ms,
            context=command.context,
            consent_ms=now_ms,
            others=[self.catalog.index[name] for name in command.candidates[1:]],
        )


def check_contact(command: ContactCommand, catalog: Catalog) -> ContactCommand:
    """The contact with its context in the declared types and its own action first among the candidates.

    Raises `InvalidArgument` with all violations; field paths are those of `nba.v1.Contact`.
    """
    faults = Faults()
    faults.identifier("customer_id", command.customer_id)
    faults.identifier("contact_id", command.contact_id)
    faults.known("channel", command.channel, "channel", catalog.channels)
    if command.action:
        faults.known("action", command.action, "action", catalog.index)
    faults.moment("occurred_at", command.occurred_ms)
    chance = command.pick_probability
    if chance is not None and not 0 < chance <= 1:
        faults.add("pick_probability", "must be in (0, 1]")
    faults.identifier("class", command.class_, required=False)
    if command.placement and faults.known("placement", command.placement, "placement", catalog.placements):
        channel = catalog.placements[command.placement].channel
        if channel != command.channel:
            faults.add("placement", f"belongs to the channel `{channel}`")
    context = fitted("context", "context field", command.context, catalog.context, faults)
    for name in command.candidates:
        faults.known("candidates", name, "action", catalog.index)
    if command.candidates and command.action not in command.candidates:
        faults.add("candidates", "must have the action itself among them")
    faults.raise_any()
    others = tuple(dict.fromkeys(name for name in command.candidates if name != command.action))
    return replace(command, context=context, candidates=(command.action, *others) if command.candidates else ())


def _too_old(catalog: Catalog) -> InvalidArgument:
    days = catalog.ledger_retention_ms // 86_400_000
    said = f"lies further back than the {days} days that the ledger keeps; give the catalogue a longer `history`"
    return InvalidArgument([Violation("occurred_at", said)])
