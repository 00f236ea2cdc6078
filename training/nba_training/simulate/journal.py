"""The journal of a simulation in memory: the same entries as the archive's, read by the same training steps."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from nba_models.definition import ModelDefinition
from nba_models.features import FeatureLayout
from nba_server.adapters.journal_codec import JournalCodec
from nba_server.application.ports import CustomerRef
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import Decision
from nba_server.pb import journal_pb2


@dataclass(frozen=True, slots=True)
class Item:
    """One entry, as the archive's reader gives them."""

    kind: str
    at_ms: int
    entry: journal_pb2.JournalEntry
    taken: tuple[int, ...] = ()


@dataclass
class Journal:
    """Entries in order of time. It is an `EntrySource` and the `References` of its entries at once."""

    compiled: Catalog
    definition: ModelDefinition
    items: list[Item] = field(default_factory=list)
    version: int = 0
    _codec: JournalCodec = field(default_factory=lambda: JournalCodec("simulated"))

    def __post_init__(self) -> None:
        self._layout = FeatureLayout(self.definition)

    def decided(self, decision: Decision, customer_ref: str) -> None:
        """A decision; its choices were taken."""
        payload = self._codec.decision(decision, self.compiled, CustomerRef(customer_ref, 0), "simulated")
        taken = tuple(place for place, pick in enumerate(decision.picks) if pick.position)
        entry = journal_pb2.JournalEntry.FromString(payload)
        self.items.append(Item("decision", decision.input.now_ms, entry, taken))

    def answered(self, contact_id: str, customer_ref: str, type_: str, at_ms: int) -> None:
        """An outcome."""
        entry = journal_pb2.OutcomeEntry(
            customer_ref=customer_ref,
            contact_id=contact_id,
            type=f"OUTCOME_TYPE_{type_.upper()}",
            occurred_at_ms=at_ms,
        )
        self.items.append(Item("outcome", at_ms, journal_pb2.JournalEntry(outcome=entry)))

    def entries(
        self, kinds: Collection[str] | None = None, since_ms: int | None = None, until_ms: int | None = None
    ) -> Iterator[Item]:
        """As the archive's reader."""
        for item in self.items:
            if (kinds is None or item.kind in kinds) and (since_ms or 0) <= item.at_ms < (until_ms or 1 << 62):
                yield item

    def catalog(self, hash_: str) -> Catalog | None:
        """The one catalogue."""
        return self.compiled

    def layout(self, hash_: str) -> FeatureLayout | None:
        """The one layout."""
        return self._layout if hash_ == self.definition.hash else None
