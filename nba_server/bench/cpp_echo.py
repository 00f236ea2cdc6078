"""The empty call of a C++ server beside our decisions, where gRPC's C++ library and a compiler are installed.

It says how far a decision is from what gRPC costs at the least; what a window is, figures.py knows.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

from nba_server.bench import figures, machine
from nba_server.bench.figures import ECHO, Bench, Spread
from nba_server.bench.processes import Program, free_port, listens
from nba_server.bench.world import Run
from nba_server.errors import FailedPrecondition

_SOURCE = Path(__file__).with_name("peers") / "echo.cpp"
_LIBRARY = "grpc++"
_NEEDED = "the empty call in C++ needs it; on Debian: apt-get install g++ pkg-config libgrpc++-dev"


def build(folder: Path) -> Path:
    """The compiled server, built once. Raises `FailedPrecondition` where compiler or library are missing."""
    program = folder / "cpp-echo"
    if program.exists():
        return program
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        raise FailedPrecondition(f"No C++ compiler: {_NEEDED}")
    flags = shlex.split(_known("--cflags", "--libs"))
    command = [compiler, "-std=c++17", "-O2", "-o", str(program), str(_SOURCE), *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own source
    if done.returncode:
        program.unlink(missing_ok=True)
        raise FailedPrecondition(f"The empty call in C++ cannot be compiled: {done.stderr.strip()[:300]}")
    return program


def measure(run: Run, ours: Bench) -> None:
    """Its rate in turn with our decisions, 64 in flight; its latency alone."""
    rounds, seconds, port = run.sizes.cpp_rounds, run.sizes.seconds, free_port()
    with Program([str(build(run.folder)), str(port)], run.folder / "cpp-echo.log", machine.cores()[0]) as program:
        program.wait_for(lambda: listens(port))
        busy = figures.paired(
            lambda: ours.decide(seconds=seconds), lambda: window(ours, program, port, seconds=seconds), rounds
        )
        alone = [window(ours, program, port, seconds=seconds, in_flight=1) for _ in range(rounds)]
    run.detail["cpp_echo"] = {
        "grpc": _known("--modversion"),
        "decide_per_cpp_echo": figures.ratio(busy, "per_second"),
        **{
            name: Spread.of([pair["theirs"][field] for pair in busy])
            for name, field in (("calls_per_second", "per_second"), ("cpu_us", "cpu_us"), ("load_share", "cpu_share"))
        },
        "lone_p50_us": Spread.of([found["p50_us"] for found in alone]),
        "lone_p99_us": Spread.of([found["p99_us"] for found in alone]),
    }


def window(bench: Bench, program: Program, port: int, **options: Any) -> dict[str, Any]:
    """One window of its calls, with its processor time a call."""
    before = machine.cpu_seconds(program.pids)
    found = bench.call(port, ECHO, **options)
    return found | {"cpu_us": (machine.cpu_seconds(program.pids) - before) / max(1, found["answers"]) * 1e6}


def _known(*asked: str) -> str:
    """What pkg-config says of the library. Raises `FailedPrecondition`."""
    program = shutil.which("pkg-config")
    if program is None:
        raise FailedPrecondition(f"No pkg-config: {_NEEDED}")
    done = subprocess.run([program, *asked, _LIBRARY], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise FailedPrecondition(f"pkg-config does not know {_LIBRARY}: {_NEEDED}")
    return done.stdout.strip()
