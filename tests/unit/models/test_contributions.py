"""What each feature adds to a score."""

from __future__ import annotations

import numpy as np
import pytest

from nba_models import definition_file
from nba_models.contributions import NotLogged, row_parts
from nba_models.features import FeatureLayout
from nba_models.scorer import load
from tests.unit.models.small import DEFINITION, random_case, sealed


def test_parts_add_up_to_the_raw_score() -> None:
    """Base and parts of a row sum to the raw score, and its calibrated probability is the one that was served."""
    version, files = sealed()
    model = load(version, files)
    case = random_case(np.random.default_rng(5), 4)
    columns = model.layout.read(case)
    table = model.layout.table([columns], [4])
    wanted = model.model_propensity(table)
    found = row_parts(model, model.layout, columns, [0, 3])
    for parts, row in zip(found, (0, 3), strict=True):
        assert parts.base + sum(parts.log_odds.values()) == pytest.approx(parts.raw, abs=1e-9)
        assert parts.predicted == wanted[row]
        assert set(parts.log_odds) == {*model.layout.numbers, *model.layout.categories}


def test_other_layouts_are_read_by_name() -> None:
    """Columns that another definition logged give the same parts, and a lack of features is said."""
    version, files = sealed()
    model = load(version, files)
    wider = definition_file.parse(
        DEFINITION.text.replace("features:", "features:\n  - {name: request.hour, kind: number, scope: shared}")
    )
    case = random_case(np.random.default_rng(6), 2)
    (own,) = row_parts(model, model.layout, model.layout.read(case), [1])
    logged = FeatureLayout(wider)
    assert row_parts(model, logged, logged.read(case), [1]) == [own]
    narrow = FeatureLayout(
        definition_file.parse(DEFINITION.text.replace("  - {name: customer.age, kind: number, scope: shared}\n", ""))
    )
    with pytest.raises(NotLogged, match=r"customer\.age"):
        row_parts(model, narrow, narrow.read(case), [1])
