"""Our load generator held against h2load on the same empty call, where that is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import Any

from nba_server.bench import figures, machine
from nba_server.bench.figures import Bench
from nba_server.bench.world import Run
from nba_server.errors import FailedPrecondition

_RATE = re.compile(r"finished in [^,]+, ([0-9.]+) req/s")
_MESSAGE = b"\0\0\0\0\x20" + b"x" * 32
APART = 0.05


def check(run: Run, bench: Bench, echo: int) -> None:
    """Both at the same echo in turn. Raises `FailedPrecondition` when they are further apart than 5 %."""
    program = shutil.which("h2load")
    if program is None:
        raise FailedPrecondition("h2load is not installed, so the load generator is not checked against it")
    body = run.folder / "h2load.bin"
    body.write_bytes(_MESSAGE)
    sent = run.folder / "h2load-message.bin"
    sent.write_bytes(_MESSAGE[5:])
    command = [program, "-c2", "-m32", "-t1", "-D", str(round(run.sizes.seconds)), "-d", str(body)]
    command += ["-H", "content-type: application/grpc", "-H", "te: trailers", f"http://127.0.0.1:{echo}{figures.ECHO}"]
    pairs = figures.paired(
        lambda: bench.call(echo, figures.ECHO, seconds=run.sizes.seconds, message=sent),
        lambda: {"per_second": _h2load(command)},
        run.sizes.rounds,
    )
    found = figures.ratio(pairs, "per_second")
    run.detail["load_per_h2load"] = found
    if abs(found.median - 1.0) > APART:
        raise FailedPrecondition(f"The load generator and h2load differ: {found.median:.2f} times its rate")


def _h2load(command: list[str]) -> Any:
    done = subprocess.run(  # noqa: S603 - a known program
        command,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: os.sched_setaffinity(0, machine.cores()[1]),
    )
    rate = _RATE.search(done.stdout)
    if done.returncode or rate is None:
        raise FailedPrecondition(f"h2load gave up: {(done.stderr or done.stdout).strip()[-300:]}")
    return float(rate[1])
