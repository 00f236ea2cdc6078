"""Our load generator held against h2load on the same empty call, where that is installed.

One connection, as many in flight, short windows in turn: what else the machine does meets both alike.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nba_server.bench import figures, machine
from nba_server.bench.figures import ECHO, Bench, Spread
from nba_server.bench.world import Run
from nba_server.errors import FailedPrecondition

APART = 0.05
IN_FLIGHT, WINDOW_S = 64, 1.0
WINDOWS_A_ROUND = 2
"""So many more windows of each than rounds: they are short, but long enough that a generator's start does not show."""
_MESSAGE = b"x" * 32
_PREFIX = b"\0" + len(_MESSAGE).to_bytes(4, "big")
_RATE = re.compile(r"finished in [^,]+, ([0-9.]+) req/s")
_SOUND = re.compile(r", ([0-9]+) failed, ([0-9]+) errored, ([0-9]+) timeout")


@dataclass(frozen=True, slots=True)
class LoadCheck:
    """Calls a second of both, and the ratio pair by pair; its median says whether they agree.

    h2load sends path and length of every call in full, which gRPC's clients and our generator do not: up to 2 µs for the
    server, a hundredth of this echo's call but a tenth of one in C++. So it is this echo that they are held against.
    """

    h2load: str
    in_flight: int
    connections: int
    window_seconds: float
    ours_per_second: Spread
    h2load_per_second: Spread
    ratio: Spread
    within_5_percent: bool

    @classmethod
    def of(cls, version: str, pairs: list[dict[str, Any]]) -> LoadCheck:
        """Of windows in pairs."""
        ours, theirs = (Spread.of([pair[who]["per_second"] for pair in pairs]) for who in ("ours", "theirs"))
        ratio = figures.ratio(pairs, "per_second")
        return cls(version, IN_FLIGHT, 1, WINDOW_S, ours, theirs, ratio, abs(ratio.median - 1.0) <= APART)


def check(run: Run, bench: Bench, echo: int) -> None:
    """Both at the same echo in turn. Raises `FailedPrecondition` without h2load."""
    program = shutil.which("h2load")
    if program is None:
        raise FailedPrecondition("h2load is not on PATH (on Debian: apt-get install nghttp2-client)")
    message, body = run.folder / "h2load-message.bin", run.folder / "h2load.bin"
    message.write_bytes(_MESSAGE)
    body.write_bytes(_PREFIX + _MESSAGE)
    pairs = figures.paired(
        lambda: bench.call(echo, ECHO, seconds=WINDOW_S, in_flight=IN_FLIGHT, connections=1, message=message),
        lambda: _theirs(bench, program, echo, body),
        WINDOWS_A_ROUND * run.sizes.rounds,
    )
    run.detail["load_check"] = LoadCheck.of(_version(program), pairs)


def _theirs(bench: Bench, program: str, echo: int, body: Path) -> dict[str, Any]:
    with bench.still():
        return {"per_second": calls(program, echo, body)}


def calls(program: str, port: int, body: Path) -> float:
    """Empty calls a second by h2load, where our own load would run. Raises `FailedPrecondition` when one fails."""
    shape = ["-c1", f"-m{IN_FLIGHT}", "-t1", "-D", f"{WINDOW_S * 1000:.0f}ms", "-d", str(body)]
    headers = ["-H", "content-type: application/grpc", "-H", "te: trailers"]
    done = subprocess.run(  # noqa: S603 - a known program
        [program, *shape, *headers, f"http://127.0.0.1:{port}{ECHO}"],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: os.sched_setaffinity(0, machine.cores()[1]),
    )
    rate, sound = _RATE.search(done.stdout), _SOUND.search(done.stdout)
    if done.returncode or rate is None or sound is None or any(map(int, sound.groups())):
        raise FailedPrecondition(f"h2load gave up: {(done.stderr or done.stdout).strip()[-300:]}")
    return float(rate[1])


def _version(program: str) -> str:
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
