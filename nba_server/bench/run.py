"""One run of the benchmark: its parts in order, and the object that programs read."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from nba_server.bench import cpp_echo, footprint, growth, machine, peer_programs
from nba_server.bench.headline import RATIOS, always, headline
from nba_server.bench.world import Run, Sizes, best_transport
from nba_server.errors import FailedPrecondition

KEYS = (
    *("decide_per_echo", "decide_per_echo_always", "decide_per_echo_grpcio", "p50_ratio", "p99_ratio"),
    *("per_mlserver", "per_fastapi", "half_load_p99_per_p50"),
    *("cost_actions_1000", "cost_actions_10000", "cost_candidates_1000", "p50_customers_1m", "bytes_per_customer"),
)
PACKAGES = ("nba-server", "grpcio", "pygrpc-native", "redis", "hiredis", "lightgbm", "numpy", "protobuf", "uvloop")
ONLY_LONG = ("p50_customers_1m", "swaps")
TOOLS = ("load_check", "cpp_echo")
"""Under `detail`, and null where what they need is not installed."""
BUILDING = "Building the peers"


def bench(*, quick: bool, say: Callable[[str], None], keep: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """All figures. Whenever a part has ended, `keep` gets what there is by then. The clock of `seconds` starts when the peers are
    built.

    Raises `FailedPrecondition` without a C compiler.
    """
    started = time.monotonic()

    def result(run: Run, *, complete: bool) -> dict[str, Any]:
        return _result(run, quick=quick, complete=complete, seconds=time.monotonic() - started)

    with tempfile.TemporaryDirectory(prefix="nba-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        run = Run(folder, Sizes.of(quick=quick), machine.build_load(folder), say)
        run.keep = lambda run: keep(result(run, complete=False))
        run.keep(run)  # a file that cannot be written is better known now than in an hour
        run.attempt((), BUILDING, lambda: _build(run))
        run.attempt((*RATIOS, "half_load_p99_per_p50", "decide_per_echo_grpcio"), "Headline", lambda: headline(run))
        run.attempt(("decide_per_echo_always",), "With an fsync before every answer", lambda: always(run))
        growth.costs(run)
        run.attempt(("large",), "2,500 actions, 100 reaching scoring", lambda: growth.large(run))
        run.attempt(("bytes_per_customer",), "Bytes a customer", lambda: footprint.measure(run))
        if quick:
            run.why |= dict.fromkeys(ONLY_LONG, "left out of the quick form")
        else:
            growth.long(run)
    return result(run, complete=True)


def _build(run: Run) -> None:
    """The parts say for themselves what cannot be built."""
    for build in (peer_programs.environment, cpp_echo.build):
        with suppress(FailedPrecondition):
            build(run.folder)


def _result(run: Run, *, quick: bool, complete: bool, seconds: float) -> dict[str, Any]:
    building = run.detail.get("part_seconds", {}).get(BUILDING, 0.0)
    absent = {} if complete else dict.fromkeys((*KEYS, *ONLY_LONG, *TOOLS), "the run has not come so far")
    for name in (*run.found, *run.detail):
        absent.pop(name, None)
    return {
        "durability": "everysec",
        **{name: run.found.get(name) for name in KEYS},
        "detail": {
            "quick": quick,
            "complete": complete,
            "seconds": round(seconds - building, 1),
            "transport": best_transport(),
            "not_measured": absent | run.why,
            "machine": machine.description(),
            "pinning": "the worker with all its threads on one core; store, load and background process on another",
            "versions": {name: _version(name) for name in PACKAGES},
            **dict.fromkeys(TOOLS),
            **run.detail,
        },
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
