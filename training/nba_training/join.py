"""Decisions and outside contacts with their outcomes: the second pass over the archive, one labelled row a contact.

Features are those that were logged at the decision; nothing is looked up that the decision did not know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import nan

import numpy as np

from nba_models.definition import Label
from nba_models.features import FeatureLayout, RawColumns
from nba_server.adapters.journal_entry import candidates_of, features_of
from nba_server.adapters.journal_values import feature_columns
from nba_server.domain.catalog import Catalog
from nba_server.domain.propensity import FeatureColumns
from nba_server.pb import journal_pb2
from nba_training.labels import Exposure, Labelled, NoLabel, label
from nba_training.outcomes import OutcomeBook
from nba_training.sample import CustomerSample
from nba_training.source import Entry, References

ALWAYS_KNOWN = frozenset(
    {"customer.known", "contact.count_7d", "contact.count_30d", "contact.count_90d", "activity.purchases"}
)
"""Personal facts that every decision has, unless the customer has not granted profiling."""


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled contact. `columns` has the raw features of this candidate alone, in the layout that it names."""

    customer: str
    at_ms: int
    known_ms: int
    channel: str
    action: str
    group: str
    positive: bool
    prior: float
    evidence: float
    pick_probability: float
    columns: RawColumns
    value: float = 0.0


@dataclass(frozen=True, slots=True)
class Offer:
    """A contact that may become a row."""

    id: str
    customer: str
    at_ms: int
    channel: str
    action: str
    respond_until_ms: int
    pick_probability: float
    ours: bool
    features: FeatureColumns
    row: int


class Join:
    """Joins in bounded memory. `skipped` counts contacts that are no row, by reason; `contacts` counts all of them."""

    def __init__(
        self, outcomes: OutcomeBook, references: References, sample: CustomerSample, rules: Label, as_of_ms: int
    ) -> None:
        self._outcomes = outcomes
        self._references = references
        self._sample = sample
        self._rules = rules
        self._as_of_ms = as_of_ms
        self.skipped: Counter[str] = Counter()
        self.contacts = 0

    def rows(self, entries: Iterable[Entry]) -> Iterator[Row]:
        """The rows of decision and contact entries."""
        for item in entries:
            if item.kind == "decision":
                yield from self._decision(item)
            elif item.kind == "contact":
                yield from self._contact(item.entry.contact)

    def _decision(self, item: Entry) -> Iterator[Row]:
        entry = item.entry.decision
        if entry.anonymous or not item.taken or not self._sample.has(entry.customer_ref):
            return
        catalog = self._references.catalog(entry.catalog_hash)
        candidates, features = candidates_of(entry), features_of(entry)
        for index in item.taken:
            pick = entry.picks[index]
            self.contacts += 1
            if pick.fallback:
                self.skipped["fallback"] += 1
                continue
            candidate = candidates[pick.candidate]
            offer = Offer(
                id=f"{entry.decision_id}:{candidate.action}",
                customer=self._outcomes.person(entry.customer_ref),
                at_ms=item.at_ms,
                channel=entry.request.channel,
                action=candidate.action,
                respond_until_ms=item.at_ms + _window_ms(catalog, candidate.action, entry.request.channel),
                pick_probability=pick.pick_probability or nan,
                ours=True,
                features=features,
                row=candidate.row,
            )
            yield from self._row(offer, catalog)

    def _contact(self, entry: journal_pb2.ContactEntry) -> Iterator[Row]:
        if not self._sample.has(entry.customer_ref):
            return
        self.contacts += 1
        offer = Offer(
            id=entry.contact_id,
            customer=entry.customer_ref,
            at_ms=entry.occurred_at_ms,
            channel=entry.channel,
            action=entry.action,
            respond_until_ms=entry.response_until_ms,
            pick_probability=entry.pick_probability if entry.HasField("pick_probability") else nan,
            ours=False,
            features=feature_columns(entry.features),
            row=0,
        )
        yield from self._row(offer, self._references.catalog(""))

    def _row(self, offer: Offer, catalog: Catalog | None) -> Iterator[Row]:
        layout = self._references.layout(offer.features.definition_hash)
        if catalog is None or layout is None:
            self.skipped["unknown reference"] += 1
            return
        index = catalog.index.get(offer.action)
        if index is None:
            self.skipped["unknown action"] += 1
            return
        columns = layout.row(offer.features, offer.row)
        if _withheld(layout, columns):
            self.skipped["no consent to profiling"] += 1
            return
        exposure = Exposure(offer.ours, offer.channel, catalog.channels.get(offer.channel), offer.respond_until_ms)
        found = label(exposure, self._outcomes.of(offer.id), self._rules, self._as_of_ms)
        if isinstance(found, NoLabel):
            self.skipped[found.value] += 1
            return
        yield _labelled(offer, found, catalog, index, columns)


def _labelled(offer: Offer, found: Labelled, catalog: Catalog, index: int, columns: RawColumns) -> Row:
    return Row(
        customer=offer.customer,
        at_ms=offer.at_ms,
        known_ms=found.known_ms,
        channel=offer.channel,
        action=offer.action,
        group=catalog.actions[index].group,
        positive=found.positive,
        prior=float(catalog.prior_propensity[index]),
        evidence=float(catalog.prior_evidence[index]),
        pick_probability=offer.pick_probability,
        columns=columns,
        value=found.value,
    )


def _withheld(layout: FeatureLayout, columns: RawColumns) -> bool:
    """Whether the decision was made without personal facts: then nothing is learned from it."""
    numbers = np.frombuffer(columns.shared_numbers + columns.pair_numbers, dtype="<f8")
    return any(name in ALWAYS_KNOWN and np.isnan(value) for name, value in zip(layout.numbers, numbers, strict=True))


def _window_ms(catalog: Catalog | None, action: str, channel: str) -> int:
    if catalog is None:
        return 0
    index = catalog.index.get(action)
    own = catalog.actions[index].response_window_ms if index is not None else 0
    known = catalog.channels.get(channel)
    return own or (known.response_window_ms if known is not None else 0)
