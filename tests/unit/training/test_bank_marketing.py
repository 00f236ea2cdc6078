"""Training on real calls of a bank, in time order. The data are not part of the project: without them the test says so."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from nba_models import definition_file
from nba_models.definition import ModelDefinition
from nba_models.features import FeatureLayout
from nba_server.pb import journal_pb2
from nba_training.evaluate import auc, measure
from nba_training.extract import Extract, extract
from nba_training.fit import fit, importance
from nba_training.gate import sound
from nba_training.live import propensity
from nba_training.split import Parts, by_time
from tests.unit.training.world import START_MS, Facts, Item, Known, ListSource, end_of, features, outcome, ref

DATA = Path(__file__).resolve().parents[4] / "shared/data/bank_marketing/bank-additional.csv.gz"
NUMBERS = ("age", "previous", "emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed")
TEXTS = ("job", "marital", "education", "housing", "loan", "contact", "month", "day_of_week", "poutcome")
MINUTE_MS = 60_000

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="bank_marketing data are not beside this checkout")


def _definition(*more: str) -> str:
    lines = [f"  - {{name: customer.{name}, kind: number, scope: shared}}" for name in (*NUMBERS, *more)]
    lines += [f"  - {{name: customer.{name}, kind: category, scope: shared}}" for name in TEXTS]
    return "\n".join(
        ["model: bank", "features:", *lines, "  - {name: action.id, kind: category, scope: pair}",
         "parameters: {num_leaves: 15, learning_rate: 0.05, min_data_in_leaf: 50}", "fit: {rounds: 200}"]
    )  # fmt: skip


def _calls(text: str) -> Extract:
    """The calls as contacts a minute apart, `yes` as an accepted outcome."""
    definition = definition_file.parse(text)
    layout = FeatureLayout(definition)
    names = {feature.name: feature.kind for feature in definition.features}
    items: list[Item] = []
    with gzip.open(DATA, "rt", encoding="utf-8") as file:
        for place, line in enumerate(csv.DictReader(file)):
            shared = {
                f"customer.{name}": float(value) if names.get(f"customer.{name}") == "number" else value
                for name, value in line.items()
            }
            at_ms = START_MS + place * MINUTE_MS
            entry = journal_pb2.ContactEntry(
                customer_ref=ref(place),
                contact_id=f"x:{place}",
                channel="mail",
                action="alpha",
                occurred_at_ms=at_ms,
                features=features(layout.read(Facts(shared, [{"action.id": "alpha"}]))),
                response_until_ms=at_ms + MINUTE_MS,
            )
            items.append(Item("contact", at_ms, journal_pb2.JournalEntry(contact=entry)))
            if line["y"] == "yes":
                items.append(outcome(f"x:{place}", "accepted", at_ms + 1, place))
    return extract(ListSource(items), Known((definition,)), definition, end_of(items))


def _shuffled(read: Extract, definition: ModelDefinition) -> Parts:
    """Parts of the same sizes as by time, drawn at random: what one must not do."""
    parts = by_time(read.dataset, definition.split)
    order = np.random.default_rng(1).permutation(len(read.dataset))
    first, second = len(parts.fit), len(parts.fit) + len(parts.calibrate)
    cut = [read.dataset.take(np.sort(part)) for part in np.split(order, [first, second])]
    return Parts(*cut, calibrate_ms=0, test_ms=0, purged=0)


def test_time_split_is_sobering() -> None:
    """A random split flatters: on the calls that really came later, the same training ranks far worse, and is refused."""
    definition = definition_file.parse(_definition())
    read = _calls(definition.text)
    random, later = _shuffled(read, definition), by_time(read.dataset, definition.split)
    flattered, honest = (
        measure(propensity(fit(definition, parts)[0], parts.test), parts.test.positive) for parts in (random, later)
    )
    assert flattered.auc > 0.72
    assert honest.auc < flattered.auc - 0.1
    learned = np.concatenate([later.fit.positive, later.calibrate.positive])
    base = measure(np.full(len(later.test), learned.mean()), later.test.positive)
    live = measure(propensity(None, later.test), later.test.positive)
    assert not all(check.passed for check in sound(honest, live, base, definition.gates))


def test_knowledge_from_after_the_call_stands_out() -> None:
    """The call's duration, known only afterwards, takes most of the gain, and lifts the AUC out of the plausible band."""
    definition = definition_file.parse(_definition("duration"))
    parts = _shuffled(_calls(definition.text), definition)
    model, _ = fit(definition, parts)
    name, share = next(iter(importance(model).items()))
    assert (name, share > 0.4) == ("customer.duration", True)
    assert auc(propensity(model, parts.test), parts.test.positive) > definition.gates.auc_high
