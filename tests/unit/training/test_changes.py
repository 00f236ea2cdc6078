"""What the report tells beyond the gates: gain curves, what a challenger would do otherwise, where actions are lost."""

from __future__ import annotations

import numpy as np
import pytest

from nba_models import definition_file
from nba_models.definition import Tuning
from nba_models.definition_file import DefinitionInvalid
from nba_server.errors import FailedPrecondition
from nba_training.changes import changes, gain_curve
from nba_training.extract import extract
from nba_training.fit import fit
from nba_training.funnel import decisions_funnel, rows_funnel
from nba_training.live import propensity
from nba_training.ope.policy import ByPriority
from nba_training.report_sections import changes_section, funnel_section
from nba_training.split import by_time
from nba_training.tune import tune
from tests.unit.training import world
from tests.unit.training.test_uplift import trial
from tests.unit.training.world import DEFINITION, START_MS, Known, ListSource, end_of, history


def test_gain_curve_of_known_rankings() -> None:
    """A perfect ranking has all positives early, a constant one the diagonal, none at all a flat line."""
    positive = np.arange(100) < 20
    assert gain_curve(-np.arange(100.0), positive, 5) == pytest.approx((0, 1, 1, 1, 1, 1))
    assert gain_curve(np.zeros(100), positive, 5) == pytest.approx((0, 0.2, 0.4, 0.6, 0.8, 1))
    assert gain_curve(np.zeros(100), np.zeros(100, dtype=np.bool_), 5) == (0.0,) * 6


def test_changes_name_actions_and_features() -> None:
    """Against a policy that never mails, the action that would be mailed comes first; the features are those of the trees."""
    items = history(2000, 1)
    parts = by_time(extract(ListSource(items), Known(), DEFINITION, end_of(items)).dataset, DEFINITION.split)
    model, _ = fit(DEFINITION, parts)
    choices = trial(300, 0.1)
    always, never = (
        ByPriority(name, lambda log, p=p: np.full(log.candidates.shape, p), epsilon=0.0)
        for name, p in (("a", 0.5), ("n", 0.4))
    )
    mine = propensity(model, parts.test)
    found = changes(choices, (always, never), (model, None), (mine, np.zeros(len(mine))), parts.test.positive)
    assert found.same == 1.0
    assert {shift.name for shift in found.actions} == {"mail", "no offer"}
    assert found.features[0].challenger > 0
    assert found.features[0].live == 0
    assert found.gain["challenger"][5] > found.gain["live"][5]
    page = "".join(changes_section(found.report()["changes"]))
    assert "both models prefer the same" in page
    assert "<svg" in page


def test_funnel_decides_a_sample_again() -> None:
    """Sampled decisions are decided again with their catalogue, the same ones in any order; an unknown one is left out."""
    items = [world.decision(f"d{place}", ["alpha"], START_MS + place, place) for place in range(30)]
    for item in items:
        item.entry.decision.request.placements.add(placement="banner")
    items[3].entry.decision.catalog_hash = "gone"
    found = decisions_funnel(items, Known(), sample=10)
    assert 9 <= found.decisions <= 10
    left = dict(found.left)
    assert left["catalogue"] == 4.0
    assert left["consent"] == 0.0, "nobody in this world has consented"
    assert left["offered"] == 1.0
    assert decisions_funnel(items[::-1], Known(), sample=10) == found
    assert decisions_funnel([], Known()).left == ()


def test_rows_funnel_counts_what_was_left_out() -> None:
    """Contacts, then what is left after each reason, then the positives."""
    items = history(300, 2)
    read = extract(ListSource(items), Known(), DEFINITION, max(item.at_ms for item in items))
    steps = rows_funnel(read)
    assert steps[0] == ["contacts", 300]
    assert steps[-2] == ["without: immature", len(read.dataset)]
    assert "sampled decisions" not in "".join(funnel_section({"decisions": 0, "left": [], "rows": steps}))


def test_regression_has_no_trees_to_tune() -> None:
    """`models`, `value` and `tune` are refused in a definition of another kind, and so is a budget for it."""
    text = "\n".join(line for line in DEFINITION.text.splitlines() if not line.startswith("parameters:"))
    with pytest.raises(DefinitionInvalid, match="models, value and tune are for trees"):
        definition_file.parse(text + "\nkind: regression\nmodels: {per: action}\n")
    plain = definition_file.parse(text + "\nkind: regression\n")
    items = history(200, 1)
    rows = extract(ListSource(items), Known(), DEFINITION, end_of(items)).dataset
    with pytest.raises(FailedPrecondition, match="no trees"):
        tune(plain, rows, Tuning(trials=2))
