"""A server's worker that looks every millisecond of processor time where it is, and tells at its end: `... FILE`.

The samples say which stage spends the time; the counters that a server has anyhow cannot, as one pass serves many stages.
"""

from __future__ import annotations

import json
import signal
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

from nba_server.adapters.express import compiled
from nba_server.processes.running import run
from nba_server.worker import work

EVERY_S = 0.001
EXPRESS = "express"
STAGES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (EXPRESS, ("/adapters/express/",)),
    ("codec", ("/transport/grpc/codec/", "/journal_codec", "/journal_", "/application/reservation", "ledger_codec")),
    ("commit", ("/redis/decision_writer", "/redis/reserving")),
    ("read", ("/redis/reader", "/redis/codec")),
    ("score", ("/funnel/scoring", "/nba_models/", "/model_scorer")),
    (
        "arbitrate",
        ("/funnel/arbitration", "/funnel/slate", "/funnel/conclusion", "/domain/exploration", "/funnel/batch"),
    ),
    ("rules", ("/domain/",)),
    ("admit", ("/application/admission", "/application/validation", "/application/shapes", "/redis/identity")),
    ("store client", ("/adapters/redis/", "/site-packages/redis/", "/site-packages/hiredis/")),
    ("decide", ("/application/decide", "/application/arms", "/application/express", "/application/ordinary")),
    ("observe", ("/observability/", "/prometheus_client/")),
    ("transport", ("/transport/", "/application/batching", "/asyncio/", "/grpc/", "/uvloop/", "/processes/running")),
)
"""A sample belongs to the first stage that has a part of the path of the innermost frame that any stage knows."""


def main(out: Path) -> int:
    """Works as any worker until it is ended, then writes the samples by stage and by function."""
    stages: Counter[str] = Counter()
    functions: Counter[str] = Counter()

    def look(_number: int, frame: FrameType | None) -> None:
        stages[_stage(frame)] += 1
        if frame is not None:
            functions[f"{Path(frame.f_code.co_filename).name}:{frame.f_code.co_qualname}"] += 1

    lane: Any = None if compiled() else import_module("nba_server.adapters.express._lane")

    def begin(_number: int, _frame: FrameType | None) -> None:
        stages.clear()
        functions.clear()
        if lane is not None:
            lane.watch()

    signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)
    signal.signal(signal.SIGUSR2, begin)  # what was before does not count
    try:
        return run(work)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        phases = {} if lane is None else lane.watched()
        found = {"stages": _divided(stages, phases), "functions": functions.most_common(40)}
        out.write_text(json.dumps(found))


def _divided(stages: Counter[str], phases: dict[str, float]) -> dict[str, float]:
    """The samples in the express lane by its own phases: from outside it is one call for a whole batch."""
    found: dict[str, float] = dict(stages)
    whole = sum(phases.values())
    if not whole:
        return found
    express = found.pop(EXPRESS, 0.0)
    for name, seconds in phases.items():
        found[name] = found.get(name, 0.0) + express * seconds / whole
    return found


def _stage(frame: FrameType | None) -> str:
    while frame is not None:
        path = frame.f_code.co_filename
        for stage, parts in STAGES:
            if any(part in path for part in parts):
                return stage
        frame = frame.f_back
    return "other"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
