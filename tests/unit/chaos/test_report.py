"""What `make chaos` says of a run: the keys, the reasons for what is missing, and everything that does not hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.chaos.bars import Bar, none_of, some_of
from tests.chaos.proof import Proof
from tests.chaos.report import ENGINES, KEYS, report
from tests.chaos.sizes import proofs_of
from tests.chaos.table import table

COUNTS = {"decisions": ("decisions",), "lost_acknowledged": ("lost_decisions", "lost_outcomes")}
FIGURES: dict[str, Any] = {
    "decisions": 120_000,
    "met_a_limit": 60_000,
    "raced_for_the_last_slot": 20_000,
    "lost_decisions": 0,
    "lost_outcomes": 0,
    "kills": {"server": 40},
}


def no_run(folder: Path) -> dict[str, Any]:
    """Nothing is run here."""
    raise AssertionError(folder)


def said(figures: dict[str, Any] | None, *bars: Bar) -> dict[str, Any]:
    """The report of one row."""
    proof = Proof(1, "load", "embedded", "fsync always", no_run, COUNTS, bars)
    reason = None if figures else "AssertionError: the server ended"
    head = {"id": proof.id, "scenario": 1, "name": "load", "engine": "embedded", "mode": "fsync always", "seconds": 1.0}
    return report([proof], [{**head, "figures": figures, "reason": reason}], "short")


def test_a_good_run_leaves_nothing_unmet() -> None:
    """All keys are there, in total and for each engine; what no row shows is null with a reason."""
    facts = said(FIGURES, *none_of("lost_decisions"), *some_of("server_kills"))
    assert facts["unmet"] == []
    assert set(KEYS) <= set(facts)
    assert [set(facts["engines"][engine]) for engine in ENGINES] == [set(KEYS)] * 3
    assert (facts["decisions"], facts["lost_acknowledged"], facts["strict_losses"]) == (120_000, 0, None)
    assert facts["null_because"]["tcp.decisions"] == "shown on: embedded"
    assert "120,000 decisions" in table(facts)


def test_a_missing_row_is_unmet() -> None:
    """A row that could not be run is null with its reason, and nothing is proved."""
    facts = said(None)
    assert facts["decisions"] is None
    assert facts["null_because"]["embedded.decisions"].endswith("the server ended")
    assert any("not shown" in words for words in facts["unmet"])
    assert "not shown: AssertionError" in table(facts)


def test_a_figure_that_misses_its_bar_is_named() -> None:
    """Too much, too little, and what was not measured at all."""
    bars = (*none_of("lost_decisions"), Bar("decisions", least=200_000), Bar("recovered_s", most=5.0))
    facts = said({**FIGURES, "lost_decisions": 2}, *bars)
    assert [words.partition(": ")[2] for words in facts["unmet"]] == [
        "lost_decisions is 2, more than 0",
        "decisions is 120000, less than 200000",
        "recovered_s was not measured",
    ]


def test_a_run_below_the_floors_is_unmet() -> None:
    """Few decisions, few kills, limits that hardly bind: the run proves too little, and says so."""
    small = {**FIGURES, "decisions": 1_000, "met_a_limit": 200, "raced_for_the_last_slot": 50, "kills": {"server": 2}}
    missed = " ".join(said(small)["unmet"])
    assert all(name in missed for name in ("decisions", "kills", "met_a_limit", "raced_for_the_last_slot"))


def test_every_row_has_a_name_of_its_own_and_bars() -> None:
    """Both sizes name the same rows, all nine scenarios among them."""
    short, full = proofs_of(full=False), proofs_of(full=True)
    assert [row.id for row in short] == [row.id for row in full]
    assert len({row.id for row in short}) == len(short)
    assert {row.scenario for row in short} == set(range(1, 10))
    assert all(row.bars for row in short)
