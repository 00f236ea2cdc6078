"""The dataset and its split: bounded, in time order, and without anything that was not yet known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nba_models import definition_file
from nba_models.definition import Split
from nba_models.features import FeatureLayout
from nba_training.extract import extract
from nba_training.sample import CustomerSample
from nba_training.split import by_time
from tests.unit.training.world import (
    DAY_MS,
    DEFINITION,
    START_MS,
    Known,
    ListSource,
    contact,
    end_of,
    history,
    outcome,
)


def test_rows_come_in_time_order_whatever_the_archive_order() -> None:
    """Customers archived in another order give the same dataset."""
    items = history(400, 1)
    by_customer = sorted(items, key=lambda item: (getattr(item.entry, item.kind).customer_ref, item.at_ms))
    first = extract(ListSource(items), Known(), DEFINITION, end_of(items)).dataset
    second = extract(ListSource(by_customer), Known(), DEFINITION, end_of(items)).dataset
    assert (np.diff(first.at_ms) >= 0).all()
    assert first.table.numbers.tobytes() == second.table.numbers.tobytes()
    assert first.table.texts == second.table.texts
    assert first.positive.tolist() == second.positive.tolist()
    assert first.actions == second.actions


def test_too_many_rows_thin_customers_not_rows() -> None:
    """Above the limit half of the customers stay, each with all rows and outcomes, and the share is told."""
    items = history(20_000, 2)
    whole = extract(ListSource(items), Known(), DEFINITION, end_of(items))
    limit = replace(DEFINITION, fit=replace(DEFINITION.fit, max_rows=6_000))
    thinned = extract(ListSource(items), Known(), limit, end_of(items))
    assert whole.sample == 1.0
    assert thinned.sample in (0.25, 0.125)
    assert 1_000 < len(thinned.dataset) <= 6_000
    kept = np.isin(whole.dataset.customer, np.unique(thinned.dataset.customer))
    assert len(thinned.dataset) == int(kept.sum())
    assert thinned.dataset.positive.tolist() == whole.dataset.positive[kept].tolist()
    assert thinned.dataset.table.numbers.tobytes() == whole.dataset.table.numbers[kept].tobytes()


def test_sample_keeps_customers_it_kept() -> None:
    """Halving again and again never brings a customer back."""
    sample, refs = CustomerSample(), [f"{value:032x}" for value in range(0, 1 << 128, 1 << 120)]
    before = set(refs)
    for share in (0.5, 0.25, 0.125):
        sample.halve()
        after = {ref for ref in refs if sample.has(ref)}
        assert after < before
        assert len(after) == pytest.approx(len(refs) * share, rel=0.1)
        before = after


def test_rows_of_an_older_definition_are_kept() -> None:
    """After a change of the definition the old rows stay, with holes for what is new."""
    newer = definition_file.parse(
        DEFINITION.text.replace("features:\n", "features:\n  - {name: customer.income, kind: number, scope: shared}\n")
    )
    items = history(50, 3)
    found = extract(ListSource(items), Known((DEFINITION, newer)), newer, end_of(items)).dataset
    columns = found.columns(FeatureLayout(newer))
    income, age = (FeatureLayout(newer).numbers.index(name) for name in ("customer.income", "customer.age"))
    assert len(found) == 50
    assert np.isnan(columns.numbers[:, income]).all()
    assert not np.isnan(columns.numbers[:, age]).any()


def test_history_ends_where_the_definition_says() -> None:
    """Rows older than `history_days` are not read."""
    items = history(300, 4)
    found = extract(
        ListSource(items), Known(), replace(DEFINITION, fit=replace(DEFINITION.fit, history_days=30)), end_of(items)
    )
    assert 0 < len(found.dataset) < 150
    assert found.dataset.at_ms.min() >= end_of(items) - 30 * DAY_MS


@pytest.mark.parametrize("seed", range(5))
def test_split_leaks_nothing(seed: int) -> None:
    """Parts follow each other in time, and every label that was learned from was known before the test began."""
    items = history(1_000, seed)
    parts = by_time(extract(ListSource(items), Known(), DEFINITION, end_of(items)).dataset, DEFINITION.split)
    assert parts.fit.at_ms.max() < parts.calibrate_ms <= parts.calibrate.at_ms.min()
    assert parts.calibrate.at_ms.max() < parts.test_ms <= parts.test.at_ms.min()
    assert parts.fit.known_ms.max() <= parts.test_ms
    assert parts.calibrate.known_ms.max() <= parts.test_ms
    assert len(parts.fit) + len(parts.calibrate) + len(parts.test) + parts.purged == 1_000
    assert len(parts.test) == pytest.approx(300, abs=5)


def test_late_yes_is_not_learned_before_it_was_known() -> None:
    """A row whose yes came only during the test is purged although its window had closed."""
    items = [contact(f"x:{day}", "alpha", START_MS + day * DAY_MS, day) for day in range(100)]
    items.append(outcome("x:10", "clicked", START_MS + 90 * DAY_MS, 10))
    found = extract(ListSource(items), Known(), DEFINITION, START_MS + 200 * DAY_MS).dataset
    parts = by_time(found, DEFINITION.split)
    assert parts.test_ms == START_MS + 70 * DAY_MS
    assert parts.purged == 7
    assert not parts.fit.positive.any()


def test_rows_of_one_moment_stay_together() -> None:
    """A campaign sent at one time is not cut in two; the border is the nearest one."""
    items = [
        contact(f"x:{wave}-{place}", "alpha", START_MS + wave * 20 * DAY_MS, wave * 100 + place)
        for wave in range(5)
        for place in range(40)
    ]
    found = extract(ListSource(items), Known(), DEFINITION, START_MS + 200 * DAY_MS).dataset
    parts = by_time(found, Split(calibrate=0.2, test=0.3))
    assert [len(part) for part in (parts.fit, parts.calibrate, parts.test)] in ([120, 40, 40], [80, 40, 80])
