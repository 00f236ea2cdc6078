"""The parts of a benchmark: one that fails loses none of the others, and what there is can be read at any time."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from nba_server.bench import growth, machine
from nba_server.bench.checked_load import LoadCheck
from nba_server.bench.figures import Spread, paired
from nba_server.bench.run import KEYS, ONLY_LONG, TOOLS, _result
from nba_server.bench.world import NotValid, Run, Sizes
from nba_server.commands.bench import _draw
from nba_server.errors import FailedPrecondition


def a_run(folder: Path) -> Run:
    """One that has no load generator and measures nothing by itself."""
    return Run(folder, Sizes(1, 0.5, 500), folder / "load", lambda what: None)


def fails(fault: Exception) -> None:
    """What a part does that goes wrong."""
    raise fault


def test_a_part_that_fails_loses_no_other(tmp_path: Path) -> None:
    """Whatever goes wrong, earlier figures stay, later parts are measured, and the place of a surprise is kept."""
    run, kept = a_run(tmp_path), []
    run.keep = lambda run: kept.append(_result(run, quick=True, complete=False, seconds=1.0))
    run.attempt(("p50_ratio",), "First", lambda: run.found.update(p50_ratio=1.4))
    run.attempt(("per_mlserver",), "Second", lambda: fails(ValueError("a surprise")))
    run.attempt(("per_fastapi",), "Third", lambda: fails(FailedPrecondition("not installed")))
    run.attempt(("p99_ratio",), "Fourth", lambda: run.found.update(p99_ratio=1.9))
    assert run.found == {"p50_ratio": 1.4, "p99_ratio": 1.9}
    assert run.why == {"per_mlserver": "ValueError: a surprise", "per_fastapi": "not installed"}
    assert "in fails" in run.detail["faults"]["Second"]
    assert [found["p99_ratio"] for found in kept] == [None, None, None, 1.9]


def test_a_part_that_is_not_valid_has_no_figures(tmp_path: Path) -> None:
    """Where the journal has not what was answered, everything found on that server is taken back, and nothing else."""
    run = a_run(tmp_path)
    run.found["decide_per_echo"] = 3.0

    def part() -> None:
        run.found |= {"p50_ratio": 1.4, "per_mlserver": 11.0}
        raise NotValid("7 answers, but 6 journal rows")

    run.attempt(("p50_ratio",), "Headline", part)
    assert run.found == {"decide_per_echo": 3.0}
    assert run.why == dict.fromkeys(("p50_ratio", "per_mlserver"), "7 answers, but 6 journal rows")


def test_a_run_in_progress_names_what_it_has_not_come_to(tmp_path: Path) -> None:
    """All keys are there from the start; null has a reason, and `complete` says which of the two forms it is."""
    run = a_run(tmp_path)
    run.found["p50_ratio"] = 1.4
    partly = _result(run, quick=False, complete=False, seconds=1.0)
    missing = partly["detail"]["not_measured"]
    assert set(KEYS) <= set(partly)
    assert set(missing) == {*KEYS, *ONLY_LONG, *TOOLS} - {"p50_ratio"}
    assert set(missing.values()) == {"the run has not come so far"}
    assert not partly["detail"]["complete"]
    assert not _result(run, quick=False, complete=True, seconds=1.0)["detail"]["not_measured"]


def test_two_in_turn_change_places() -> None:
    """Each window stands beside one of the other, and neither is always the first."""
    order: list[str] = []

    def ours() -> dict[str, str]:
        order.append("ours")
        return {"who": "ours"}

    def theirs() -> dict[str, str]:
        order.append("theirs")
        return {"who": "theirs"}

    assert paired(ours, theirs, 2) == [{"ours": {"who": "ours"}, "theirs": {"who": "theirs"}}] * 2
    assert order == ["ours", "theirs", "theirs", "ours"]


def test_the_table_shows_what_other_tools_say(tmp_path: Path) -> None:
    """The check of the load and the empty call in C++ with their figures, or with the reason why there are none."""
    run = a_run(tmp_path)
    run.why["cpp_echo"] = "No C++ compiler"
    pairs = [{"ours": {"per_second": 104.0}, "theirs": {"per_second": 100.0}}]
    run.detail["load_check"] = LoadCheck.of("h2load 1", pairs)
    assert "1.04" in (shown := drawn(run))
    assert "within 5 %" in shown
    assert "No C++ compiler" in shown
    pairs = [{"ours": {"per_second": 106.0}, "theirs": {"per_second": 100.0}}]
    run.detail["load_check"] = LoadCheck.of("h2load 1", pairs)
    spread = Spread.of([40_000.0])
    run.detail["cpp_echo"] = {
        "calls_per_second": spread,
        "lone_p50_us": spread,
        "decide_per_cpp_echo": Spread.of([0.125]),
    }
    assert "more than 5 % apart" in (shown := drawn(run))
    assert "0.125" in shown


def drawn(run: Run) -> str:
    """The table of what a run has found."""
    out = io.StringIO()
    _draw(Console(file=out, width=200), _result(run, quick=True, complete=True, seconds=1.0))
    return out.getvalue()


@pytest.mark.timeout(180)  # two engines and two servers at the same time
def test_customers_by_the_thousand_and_by_the_million_are_measured_in_turn(tmp_path: Path) -> None:
    """The part with the million, with fewer: a ratio, both latencies and the stores' memory, and no gigabytes left behind."""
    if shutil.which("cc") is None:
        pytest.skip("the load generator is compiled, and there is no C compiler here")
    run = Run(tmp_path, Sizes(1, 0.5), machine.build_load(tmp_path), lambda what: None)
    growth.million(run, 2_000)
    assert run.found["p50_customers_1m"] > 0
    assert set(run.detail["customers"]) == {"p50_ratio", "2000", "10000"}
    assert run.detail["customers"]["2000"]["store_resident_bytes"] > 0
    assert not list(tmp_path.glob("customers_*"))


def test_more_customers_than_there_is_room_for_are_refused_before_they_are_written(tmp_path: Path) -> None:
    """A store that outgrows the machine would be ended in the midst of a run."""
    with pytest.raises(FailedPrecondition, match=r"customers want .* GB of memory, and .* are free"):
        growth.million(a_run(tmp_path), 10**9)
