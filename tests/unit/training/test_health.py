"""Drift and health: what has moved is seen, what has not is not, and what nobody gets is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nba_training.extract import extract
from nba_training.health import MOVED, look, over_time, psi
from nba_training.report_sections import health_section, value_table
from nba_training.split import by_time
from tests.unit.training.logged import built, small_log
from tests.unit.training.world import DEFINITION, Known, ListSource, end_of, history


def test_psi_of_numbers() -> None:
    """Equal draws give nearly nothing, a shift by one deviation far more than the alarm, and missing values count."""
    rng = np.random.default_rng(1)
    first, same, moved = rng.normal(size=5000), rng.normal(size=5000), rng.normal(1, 1, 5000)
    assert psi(first, same) < 0.01
    assert psi(first, moved) > MOVED
    assert psi(first, np.where(rng.random(5000) < 0.5, np.nan, same)) > MOVED
    assert psi(np.full(9, np.nan), np.full(9, np.nan)) == 0.0


def test_health_of_a_run() -> None:
    """Of a steady world nothing has moved; an action that is a candidate and never chosen is named; the page says so."""
    items = history(1500, 4)
    parts = by_time(extract(ListSource(items), Known(), DEFINITION, end_of(items)).dataset, DEFINITION.split)
    choices, _ = built(small_log(600, 2))
    unlucky = replace(choices, candidates=np.where(choices.candidates == 2, 3, choices.candidates))
    unlucky = replace(unlucky, names=("alpha", "beta", "gamma", "delta"), chosen=np.zeros(len(choices), dtype=np.int64))
    found = look(parts, unlucky, np.full(len(parts.fit), 0.1), np.full(len(parts.test), 0.1))
    assert max(found.psi.values()) < MOVED
    assert set(found.never) == {"beta", "delta"}
    assert found.no_offer == 0.0
    assert found.figures()["actions_nobody_gets"] == 2.0
    text = "".join(health_section(found.report()["health"]))
    assert "Nobody got: " in text
    assert "<svg" in text
    assert "too few" in value_table({"judged": False, "why_not": "too few choices"})


def test_claims_over_time() -> None:
    """Stretches are in order, cover all rows, and show where claims stop holding."""
    claimed, at = np.full(600, 0.2), np.arange(600)
    positive = np.where(at < 300, at % 5 == 0, at % 2 == 0)
    slices = over_time(at, claimed, positive)
    assert sum(part.rows for part in slices) == 600
    assert (slices[0].observed, slices[-1].observed) == (0.2, 0.5)
