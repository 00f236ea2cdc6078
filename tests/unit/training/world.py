"""A small world for the tests of training: a catalogue, customers with a known truth, and their journal entries."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import blake2b

import numpy as np

from nba_models import definition_file
from nba_models.definition import ModelDefinition
from nba_models.features import FeatureLayout, RawColumns, Scalar
from nba_server.adapters.catalog.compiling import CompiledFolder, compile_text
from nba_server.adapters.journal_columns import text_column
from nba_server.domain.catalog import Catalog
from nba_server.pb import decision_pb2, journal_pb2, outcome_pb2

DAY_MS = 86_400_000
START_MS = 1_767_225_600_000
"""2026-01-01T00:00:00Z."""

ACTIONS = ("alpha", "beta", "gamma", "delta")

DEFINITION = definition_file.parse(
    """
model: small
title: For tests
features:
  - {name: request.channel, kind: category, scope: shared}
  - {name: customer.known, kind: number, scope: shared}
  - {name: customer.age, kind: number, scope: shared}
  - {name: action.id, kind: category, scope: pair}
  - {name: history.presented_30d, kind: number, scope: pair}
split: {calibrate: 0.2, test: 0.3}
fit: {rounds: 60, patience: 15, min_category_rows: 5}
parameters: {num_leaves: 7, min_data_in_leaf: 20, learning_rate: 0.1}
gates: {min_rows: 300, min_positives: 30, min_test_positives: 10, draws: 300, calibration_error: 0.08}
"""
)


@cache
def catalogue() -> CompiledFolder:
    """Channels of both directions, four actions with p0 = 0.15."""
    actions = "\n".join(
        f"          - {{id: {name}, title: {name}, value: 1, prior: {{propensity: 0.15, evidence: 50}}, treatments: "
        f"[{{id: w, channel: web, content: {{t: x}}}}, {{id: m, channel: mail, content: {{t: x}}}}]}}"
        for name in ACTIONS
    )
    return compile_text(
        f"""
catalog: {{name: world, timezone: UTC, currency: EUR}}
attributes:
  age: {{type: integer, description: Age}}
channels:
  web: {{direction: inbound, reservation: 5m, response_window: 1d}}
  mail: {{direction: outbound, reservation: 1h, response_window: 7d}}
placements:
  banner: {{channel: web, slots: 2}}
  letter: {{channel: mail, slots: 1}}
issues:
  - id: sell
    title: Sell
    groups:
      - id: things
        title: Things
        actions:
{actions}
"""
    )


@dataclass(frozen=True, slots=True)
class Item:
    """An archived entry."""

    kind: str
    at_ms: int
    entry: journal_pb2.JournalEntry
    taken: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ListSource:
    """Entries in a list, in order."""

    items: Sequence[Item]
    version: int = 3

    def entries(
        self, kinds: Collection[str] | None = None, since_ms: int | None = None, until_ms: int | None = None
    ) -> Iterator[Item]:
        """As the archive's reader."""
        for item in self.items:
            if (kinds is None or item.kind in kinds) and (since_ms or 0) <= item.at_ms < (until_ms or 1 << 62):
                yield item


@dataclass(frozen=True, slots=True)
class Known:
    """References to the one catalogue, and to the layouts of some definitions."""

    definitions: Sequence[ModelDefinition] = (DEFINITION,)

    def catalog(self, hash_: str) -> Catalog | None:
        """The catalogue, for its hash and for the live one."""
        return catalogue().catalog if hash_ in ("", catalogue().hash) else None

    def layout(self, hash_: str) -> FeatureLayout | None:
        """The layout of a known definition."""
        found = next((item for item in self.definitions if item.hash == hash_), None)
        return FeatureLayout(found) if found is not None else None


@dataclass(frozen=True, slots=True)
class Facts:
    """A scoring case of given facts."""

    shared: Mapping[str, Scalar]
    pairs: Sequence[Mapping[str, Scalar]]
    prior: np.ndarray = field(default_factory=lambda: np.zeros(0))
    evidence: np.ndarray = field(default_factory=lambda: np.zeros(0))


def ref(customer: int) -> str:
    """The keyed reference of a customer."""
    return blake2b(str(customer).encode(), digest_size=16).hexdigest()


def features(columns: RawColumns) -> journal_pb2.FeatureEntry:
    """Raw columns as the journal has them."""
    return journal_pb2.FeatureEntry(
        definition_hash=columns.definition_hash,
        shared_numbers=columns.shared_numbers,
        shared_texts=columns.shared_texts,
        pair_numbers=columns.pair_numbers,
        pair_texts=columns.pair_texts,
    )


def columns_of(actions: Sequence[str], age: int | None = 40, channel: str = "web", known: bool = True) -> RawColumns:
    """Raw columns of candidates; `known` False: profiling was not granted."""
    shared: dict[str, Scalar] = {"request.channel": channel}
    if known:
        shared["customer.known"] = True
        if age is not None:
            shared["customer.age"] = age
    pairs = [{"action.id": name, "history.presented_30d": place} for place, name in enumerate(actions)]
    return FeatureLayout(DEFINITION).read(Facts(shared, pairs))


def outcome(
    contact_id: str, type_: str, at_ms: int, customer: int = 1, *, event_id: str = "", withdraws: str = ""
) -> Item:
    """An outcome."""
    entry = journal_pb2.OutcomeEntry(
        customer_ref=ref(customer),
        contact_id=contact_id,
        type=outcome_pb2.OutcomeType.Value(f"OUTCOME_TYPE_{type_.upper()}"),
        occurred_at_ms=at_ms,
        event_id=event_id,
        withdraws=withdraws,
    )
    return Item("outcome", at_ms, journal_pb2.JournalEntry(outcome=entry))


def contact(
    contact_id: str, action: str, at_ms: int, customer: int = 1, *, age: int | None = 40, window_ms: int = 7 * DAY_MS
) -> Item:
    """A contact made elsewhere, by mail."""
    entry = journal_pb2.ContactEntry(
        customer_ref=ref(customer),
        contact_id=contact_id,
        channel="mail",
        action=action,
        occurred_at_ms=at_ms,
        features=features(columns_of([action], age, "mail")),
        response_until_ms=at_ms + window_ms,
    )
    return Item("contact", at_ms, journal_pb2.JournalEntry(contact=entry))


def decision(
    decision_id: str,
    actions: Sequence[str],
    at_ms: int,
    customer: int = 1,
    *,
    channel: str = "web",
    taken: tuple[int, ...] = (0,),
    fallback: bool = False,
    anonymous: bool = False,
    known: bool = True,
    deferred: bool = False,
) -> Item:
    """A decision whose candidates are these actions, picked in reverse order of their rows."""
    count = len(actions)
    entry = journal_pb2.DecisionEntry(
        decision_id=decision_id,
        customer_ref=ref(customer),
        decided_at_ms=at_ms,
        request=decision_pb2.DecideRequest(channel=channel, defer_activation=deferred),
        catalog_hash=catalogue().hash,
        candidates=journal_pb2.CandidateColumns(count=count, action=text_column(actions)),
        picks=[
            journal_pb2.PickEntry(
                candidate=count - 1 - place, position=place + 1, pick_probability=0.5, fallback=fallback
            )
            for place in range(count)
        ],
        features=features(columns_of(actions, channel=channel, known=known)),
        anonymous=anonymous,
    )
    return Item("decision", at_ms, journal_pb2.JournalEntry(decision=entry), taken)


def truth(age: int, action: str) -> float:
    """The true chance of a positive outcome: who is old likes alpha, who is young beta, nobody much the rest."""
    old = (age - 20) / 60
    return {"alpha": 0.03 + 0.42 * old, "beta": 0.45 - 0.42 * old}.get(action, 0.06)


def history(contacts: int, seed: int, *, useful: bool = True, days: int = 100) -> list[Item]:
    """Contacts by mail over `days`, about four a customer, with clicks by the truth (or, not `useful`, by chance)."""
    rng = np.random.default_rng(seed)
    times = np.sort(rng.integers(0, days * DAY_MS, contacts)) + START_MS
    items = []
    for place, at_ms in enumerate(times.tolist()):
        customer = int(rng.integers(0, max(1, contacts // 4)))
        age, action = 20 + (customer * 7919) % 60, ACTIONS[int(rng.integers(0, 4))]
        items.append(contact(f"x:{place}", action, at_ms, customer, age=age))
        if rng.random() < (truth(age, action) if useful else 0.15):
            items.append(outcome(f"x:{place}", "clicked", at_ms + int(rng.integers(1, 6 * DAY_MS)), customer))
    return sorted(items, key=lambda item: item.at_ms)


def end_of(items: Sequence[Item]) -> int:
    """A time when all windows of these items have closed."""
    return max(item.at_ms for item in items) + 8 * DAY_MS


def with_label(**changes: object) -> ModelDefinition:
    """The definition with another label section."""
    return replace(DEFINITION, label=replace(DEFINITION.label, **changes))  # type: ignore[arg-type]  # a test's own names
