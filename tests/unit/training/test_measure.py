"""Measurement against the numbers of outside libraries."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nba_training.measure import means, proportions, uplift
from nba_training.measure.proportions import Arm
from nba_training.measure.sample_ratio import ALERT_P, sample_ratio

DATA = Path(__file__).resolve().parents[4] / "shared/data"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the shared data are not beside this checkout")


def _vectors(name: str) -> Any:
    return json.loads((DATA / "peer_vectors" / name).read_text())


def test_proportions_equal_the_outside_library() -> None:
    """Difference, z test, Wald, Newcombe, log-ratio and Wilson intervals agree to nine digits."""
    for case in _vectors("two_proportions.json")["cases"]:
        treated, control = Arm(*case["treated"]), Arm(*case["control"])
        z, p_value = proportions.z_test(treated, control)
        assert z == pytest.approx(case["z_pooled"], rel=1e-9, abs=1e-12)
        assert p_value == pytest.approx(case["p_two_sided"], rel=1e-9)
        assert proportions.difference_wald(treated, control) == pytest.approx(case["ci95_diff_wald"], rel=1e-9)
        assert proportions.difference(treated, control) == pytest.approx(case["ci95_diff_newcombe"], rel=1e-9)
        assert proportions.wilson(treated) == pytest.approx(case["wilson_treated"], rel=1e-9, abs=1e-12)
        if case["ci95_ratio_log"] is None:
            assert proportions.ratio(treated, control) is None
        else:
            assert proportions.ratio(treated, control) == pytest.approx(case["ci95_ratio_log"], rel=1e-9)


def test_sample_ratio_equals_the_outside_library() -> None:
    """Chi-square and p value agree, and the textbook mismatch raises the alarm."""
    for case in _vectors("srm_chisquare.json")["cases"]:
        statistic, p_value = sample_ratio(case["observed"], case["ratio"])
        assert statistic == pytest.approx(case["chi2"], rel=1e-9)
        assert p_value == pytest.approx(case["p"], rel=1e-9)
    assert sample_ratio([821588, 815482], [1, 1])[1] < ALERT_P


def test_engagement_lift_equals_the_published_numbers() -> None:
    """The lift agrees wherever the control has impressions, and is not made up where it has none."""
    for case in _vectors("engagement_lift_pega_impact_analyzer.json")["cases"]:
        lift = proportions.engagement_lift(
            Arm(case["accepts_nba"], case["impressions_nba"]), Arm(case["accepts_control"], case["impressions_control"])
        )
        if case["recomputed_lift"] is None:
            assert lift is None
        else:
            assert lift == pytest.approx(case["recomputed_lift"], rel=1e-9)


def test_uplift_curves_equal_the_outside_library() -> None:
    """Both curves point for point, both areas, and uplift at 30 % agree."""
    data = _vectors("uplift_small.json")
    trial = uplift.Trial(np.array(data["y"], dtype=float), np.array(data["treatment"], dtype=float))
    score = np.array(data["score"])
    for name, curve in (
        ("qini_curve", uplift.qini_curve(trial, score)),
        ("uplift_curve", uplift.uplift_curve(trial, score)),
    ):
        assert curve.x.tolist() == data[name]["x"]
        assert curve.y == pytest.approx(data[name]["y"], rel=1e-9, abs=1e-12)
    _check_summary(trial, score, data["expected"])


def _check_summary(trial: uplift.Trial, score: uplift.Floats, expected: dict[str, float]) -> None:
    assert uplift.qini_area(trial, score) == pytest.approx(expected["qini_auc"], rel=1e-8)
    assert uplift.uplift_area(trial, score) == pytest.approx(expected["auuc"], rel=1e-8)
    assert uplift.uplift_at(trial, score, 0.3) == pytest.approx(expected["uplift_at_30pct_overall"], rel=1e-8)
    assert uplift.uplift_at_by_group(trial, score, 0.3) == pytest.approx(expected["uplift_at_30pct_by_group"], rel=1e-8)
    assert uplift.weighted_average_uplift(trial, score) == pytest.approx(expected["weighted_average_uplift"], rel=1e-8)


def _hillstrom() -> list[dict[str, str]]:
    with gzip.open(DATA / "hillstrom/hillstrom.csv.gz", "rt") as file:
        return list(csv.DictReader(file))


def test_hillstrom_means_equal_the_outside_library() -> None:
    """Absolute and relative effects of the e-mail challenge agree with the outside library."""
    rows = _hillstrom()
    for name, wanted in _vectors("uplift_gbstats_hillstrom_visible.json")["expected"].items():
        arm, metric, kind = (part.strip() for part in name.split("/"))
        treated, control = (
            np.array([float(row[metric]) for row in rows if row["segment"] == segment]) for segment in arm.split(" vs ")
        )
        found = (means.absolute if kind == "absolute" else means.relative)(treated, control, binary=metric != "spend")
        assert found.value == pytest.approx(wanted["expected"], rel=1e-9)
        assert [found.low, found.high] == pytest.approx(wanted["ci"], rel=1e-9)
        assert found.p_value == pytest.approx(wanted["p_value"], rel=1e-5, abs=1e-12)


def test_hillstrom_uplift_equals_the_outside_library() -> None:
    """Areas and uplift at 30 % agree on the real trial with a fixed score."""
    rows = _hillstrom()
    for name, expected in _vectors("uplift_sklift_hillstrom_visible.json")["expected"].items():
        arm, metric, _ = (part.strip() for part in name.split(" / "))
        segment = arm.split(" vs ")[0]
        kept = [row for row in rows if row["segment"] in (segment, "No E-Mail")]
        trial = uplift.Trial(
            np.array([float(row[metric]) for row in kept]), np.array([float(row["segment"] == segment) for row in kept])
        )
        score = np.array([int(r["womens"]) * 1e6 + float(r["history"]) * 100 + int(r["row_index"]) / 1e6 for r in kept])
        _check_summary(trial, score, expected)
