"""Outcomes by contact, and who turned out to be whom: the first pass over the archive.

Withdrawals are applied as the ledger applies them; what an outcome means is labels.py's work.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from nba_server.domain.engagement import Reaction
from nba_server.domain.outcome import OutcomeType
from nba_server.pb import journal_pb2, outcome_pb2
from nba_training.sample import CustomerSample
from nba_training.source import Entry, Silent, Watch

_TYPES = {outcome_pb2.OutcomeType.Value(f"OUTCOME_TYPE_{kind.name}"): kind.value for kind in OutcomeType}
_PREFIX = "outcome_type_"
FIRST_PASS = frozenset({"outcome", "identity"})
"""The kinds of entries that are collected."""


class OutcomeBook:
    """Reactions by ledger id, of the customers in the sample. Above `max_contacts` the sample is halved."""

    def __init__(self, sample: CustomerSample, max_contacts: int) -> None:
        self._sample = sample
        self._max_contacts = max_contacts
        self._reactions: dict[str, tuple[str, list[Reaction]]] = {}
        self._known: dict[str, str] = {}
        self.read = 0

    def collect(self, entries: Iterable[Entry], watch: Watch | None = None) -> None:
        """Takes in the entries of `FIRST_PASS`, each customer's in order."""
        watch = watch or Silent()
        for item in entries:
            self.read += 1
            if self.read % 4_096 == 0:
                watch.advance(self.read)
            if item.kind == "identity":
                self._known[item.entry.identity.visitor_ref] = item.entry.identity.customer_ref
                continue
            self._add(item.entry.outcome)
            while len(self._reactions) > self._max_contacts:
                self._sample.halve()
                self._reactions = {id_: kept for id_, kept in self._reactions.items() if self._sample.has(kept[0])}

    def person(self, customer_ref: str) -> str:
        """Whose reference it is: that of the customer whom a visitor became, else the same."""
        return self._known.get(customer_ref, customer_ref)

    def of(self, contact_id: str) -> Sequence[Reaction]:
        """The reactions on a contact, oldest first."""
        found = self._reactions.get(contact_id)
        return found[1] if found is not None else ()

    def _add(self, outcome: journal_pb2.OutcomeEntry) -> None:
        if not self._sample.has(outcome.customer_ref) or outcome.type not in _TYPES:
            return
        _, reactions = self._reactions.setdefault(outcome.contact_id, (outcome.customer_ref, []))
        type_ = _TYPES[outcome.type]
        if type_ == OutcomeType.WITHDRAWN:
            _withdraw(reactions, outcome.withdraws)
            return
        value = outcome.value if outcome.HasField("value") else None
        reactions.append(Reaction(type_, outcome.occurred_at_ms, outcome.event_id, value, late=outcome.late))


def _withdraw(reactions: list[Reaction], name: str) -> None:
    """Marks the newest standing reaction of that event id, else of that type."""
    places = [place for place, reaction in enumerate(reactions) if reaction.event_id and reaction.event_id == name]
    type_ = name.lower().removeprefix(_PREFIX)
    places = places or [place for place, reaction in enumerate(reactions) if reaction.type == type_]
    standing = [place for place in places if not reactions[place].withdrawn]
    if standing:
        reactions[standing[-1]] = dataclasses.replace(reactions[standing[-1]], withdrawn=True)
