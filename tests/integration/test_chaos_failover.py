"""The proof of `make chaos` about a cluster, in short: a master dies under load. Counts only."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.clustered import run
from tests.chaos.load import Plan


@pytest.mark.timeout(240)
def test_strict_mode_loses_nothing_when_a_master_dies(tmp_path: Path) -> None:
    """A replica takes over: no limit is broken, and all that was acknowledged is in the archive, once."""
    seen = run(tmp_path, Plan(requests=10_000, seconds=60, customers=30, run="k"), strict=1, failovers=1)
    assert seen["failovers"] == 1
    assert seen["acknowledged_decisions"] > 0
    zero = ("limit_violations", "lost", "double_effects", "unequal_answers", "unexplained_rows", "refused_for_good")
    assert {name: seen[name] for name in zero} == dict.fromkeys(zero, 0)
