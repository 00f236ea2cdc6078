"""Customers that nothing is learned from, and the sign that a model knows customers instead of what makes them answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nba_models import definition_file
from nba_models.definition import Split, canonical
from nba_training.challenge import challenge
from nba_training.dataset import Dataset
from nba_training.extract import extract
from nba_training.leaks import seen_and_new
from nba_training.live import Opponent
from nba_training.logs.builder import ChoicesBuilder
from nba_training.source import Silent
from nba_training.split import by_time, held_out
from tests.unit.training.world import DEFINITION, Known, ListSource, end_of, history

SPLIT = Split(calibrate=0.2, test=0.3, customers=0.25)


def _rows(contacts: int = 3000) -> Dataset:
    items = history(contacts, 5)
    return extract(ListSource(items), Known(), DEFINITION, end_of(items)).dataset


def test_held_out_customers_are_only_judged_on() -> None:
    """A quarter of the customers, always the same, is in no part but the test; a greater share keeps who was held out before."""
    rows = _rows()
    parts, plain = by_time(rows, SPLIT), by_time(rows, replace(SPLIT, customers=0.0))
    learned = set(np.concatenate([parts.fit.customer, parts.calibrate.customer]).tolist())
    assert not held_out(np.array(sorted(learned)), 0.25).any()
    assert np.array_equal(parts.test.customer, plain.test.customer)
    assert parts.purged == plain.purged
    share = held_out(np.unique(rows.customer), 0.25).mean()
    assert 0.2 < share < 0.3
    assert held_out(rows.customer, 0.4)[held_out(rows.customer, 0.25)].all()
    assert parts.unseen.sum() > plain.unseen.sum()


def test_a_model_that_knows_its_customers_is_stopped() -> None:
    """Scores that are right for customers of the fit and noise for others fail the check; equally good ones pass."""
    parts = by_time(_rows(), SPLIT)
    positive, noise = parts.test.positive, np.random.default_rng(1).random(len(parts.test))
    knows = np.where(parts.unseen, noise, 0.6 * positive + 0.4 * noise)
    (bad,) = seen_and_new(knows, parts, 0.1)
    (good,) = seen_and_new(0.3 * positive + 0.7 * noise, parts, 0.1)
    assert (bad.passed, good.passed) == (False, True)
    assert "knows the customers" in str(bad)
    few = by_time(_rows(60), SPLIT)
    assert seen_and_new(np.zeros(len(few.test)), few, 0.1) == (), "too few to tell"


def test_the_check_is_among_those_of_a_challenger() -> None:
    """An honest model passes it, and the definition keeps its hash where neither key is said."""
    parts = by_time(_rows(), SPLIT)
    nothing = ChoicesBuilder({}).build()
    found = challenge(DEFINITION, parts, Opponent("prior", None), nothing, 0.05, Silent())
    assert [check.passed for check in found.checks if check.name.startswith("leak: AUC of customers")] == [True]
    text = DEFINITION.text.replace("test: 0.3}", "test: 0.3, customers: 0.25}")
    defined = definition_file.parse(text)
    assert defined.split == SPLIT
    assert definition_file.parse(canonical(defined).decode()).hash == defined.hash != DEFINITION.hash
    assert b"customers" not in canonical(DEFINITION)
