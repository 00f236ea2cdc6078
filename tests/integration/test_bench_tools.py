"""The benchmark's own tools: the load generator, h2load beside it, and the empty call in C++."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from nba_server.bench import checked_load, cpp_echo, machine
from nba_server.bench.figures import ECHO, Bench
from nba_server.bench.processes import Load, Program, echo, free_port, listens
from nba_server.bench.world import Run, Sizes
from nba_server.errors import FailedPrecondition


def beside(folder: Path, program: Program, port: int) -> Bench:
    """Windows of a peer's calls."""
    if shutil.which("cc") is None:
        pytest.skip("the load generator is compiled, and there is no C compiler here")
    load = Load(machine.build_load(folder), frozenset(machine.cores()[1]), 100)
    return Bench(load, program, port, "", 0, count(1))


def test_an_open_loop_sends_when_calls_are_due_and_rests_between(tmp_path: Path) -> None:
    """As many calls as the rate says, and little of the core that it shares with the store."""
    program, port = echo(tmp_path, machine.cores()[0])
    with program:
        found = beside(tmp_path, program, port).call(port, ECHO, rate=1_000.0, seconds=1.0)
    assert found["answers"] + found["unsent"] == pytest.approx(1_000, abs=2)
    assert 0 < found["cpu_share"] < 0.5


def test_what_there_is_to_archive_is_no_peers_burden(tmp_path: Path) -> None:
    """Our background process stands still while a peer is measured, and goes on behind it."""
    waits = ["-c", "import sys; print('ready', flush=True); sys.stdin.read()", "nba_server.background"]
    with subprocess.Popen([sys.executable, *waits], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        bench = Bench(
            Load(tmp_path, frozenset(), 1), cast("Program", SimpleNamespace(pids=[process.pid])), 1, "", 0, count(1)
        )
        with bench.still():
            assert _state_in(process.pid, "T")
        assert _state_in(process.pid, "RS")
        process.stdin.close()


def _state_in(pid: int, states: str) -> bool:
    """Whether the system says so, soon."""
    end = time.monotonic() + 30.0
    while (state := Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]) not in states:
        if time.monotonic() > end:
            raise AssertionError(state)
    return True


def test_h2load_and_our_generator_meet_the_same_echo(tmp_path: Path) -> None:
    """Windows of both in turn, on one connection; the verdict is that of the median ratio."""
    if shutil.which("h2load") is None:
        pytest.skip("h2load is not on PATH; on Debian: apt-get install nghttp2-client")
    run = Run(tmp_path, Sizes(1, 0.5), tmp_path / "load", lambda what: None)
    program, port = echo(tmp_path, machine.cores()[0])
    with program:
        checked_load.check(run, beside(tmp_path, program, port), port)
    found = run.detail["load_check"]
    assert len(found.ratio.all) == checked_load.WINDOWS_A_ROUND
    assert found.ours_per_second.low > 0
    assert found.h2load_per_second.low > 0
    assert found.within_5_percent == (0.95 <= found.ratio.median <= 1.05)


def test_without_the_tools_the_reason_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each names what it misses and how it is had."""
    run = Run(tmp_path, Sizes(1, 0.5), tmp_path / "load", lambda what: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    bench = Bench(Load(tmp_path, frozenset(), 1), Program.__new__(Program), 1, "", 0, count(1))
    run.attempt(("load_check",), "The load generator", lambda: checked_load.check(run, bench, 1))
    run.attempt(("cpp_echo",), "The empty call in C++", lambda: cpp_echo.measure(run, bench))
    assert "apt-get install nghttp2-client" in run.why["load_check"]
    assert "No C++ compiler" in run.why["cpp_echo"]
    assert "libgrpc++-dev" in run.why["cpp_echo"]


def test_the_empty_call_in_cpp_gives_back_what_it_got(tmp_path: Path) -> None:
    """Compiled from our one file, it answers every call of a busy window and of a lone caller."""
    try:
        built = cpp_echo.build(tmp_path)
    except FailedPrecondition as missing:
        if "cannot be compiled" in missing.message:
            raise
        pytest.skip(missing.message)
    port = free_port()
    with Program([str(built), str(port)], tmp_path / "cpp-echo.log", machine.cores()[0]) as program:
        program.wait_for(lambda: listens(port))
        bench = beside(tmp_path, program, port)
        busy = cpp_echo.window(bench, program, port, seconds=0.5)
        alone = cpp_echo.window(bench, program, port, seconds=0.2, in_flight=1)
    assert busy["answers"] > 0
    assert alone["answers"] > 0
    assert busy["failed"] == alone["failed"] == 0
    assert busy["cpu_us"] > 0
