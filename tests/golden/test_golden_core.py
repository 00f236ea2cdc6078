"""The golden cases on the domain alone, and the proof that every stage of the funnel is needed for them."""

from __future__ import annotations

import pytest

from nba_server.domain.funnel.stages import STAGES, Step
from tests.golden.case import GoldenCase, load_cases
from tests.golden.core import decided
from tests.golden.expectation import differences

CASES = load_cases()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: GoldenCase) -> None:
    """The decision is as the case wants it: ranking, numbers, reasons, removals and what is logged."""
    catalog = case.catalog()
    assert differences(case, decided(case, catalog), catalog) == []


@pytest.mark.parametrize("removed", STAGES, ids=lambda step: step.name)
def test_every_stage_is_needed(removed: Step) -> None:
    """With any one stage left out, at least one case of that stage fails."""
    stages = tuple(step for step in STAGES if step is not removed)
    assert any(_fails(case, stages) for case in _about(removed))


def test_three_cases_a_stage_and_one_on_missing_data() -> None:
    """Every stage has at least three cases, one of them on missing data."""
    for step in STAGES:
        names = [case.name for case in _about(step)]
        assert len(names) >= 3, step.name
        assert any(name.startswith("missing") for name in names), step.name


def _about(step: Step) -> list[GoldenCase]:
    return [case for case in CASES if case.stage.partition("-")[2] == step.name.replace("_", "-")]


def _fails(case: GoldenCase, stages: tuple[Step, ...]) -> bool:
    catalog = case.catalog()
    return bool(differences(case, decided(case, catalog, stages=stages), catalog))
