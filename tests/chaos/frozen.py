"""Proof 5: while the store is frozen every answer is quick and clear, nothing is offered unreserved, and it ends by itself."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from nba_server.pb import decision_pb2
from tests.chaos import world
from tests.chaos.acknowledged import AcknowledgedLog
from tests.chaos.engines import backend, freeze, thaw
from tests.chaos.fleet import Server
from tests.chaos.load import OPTIONS, digest, met
from tests.chaos.pressure import archived
from tests.chaos.recount import recount

PAUSE_S = 0.1
"""Between two calls of one client: the proof is about a frozen store, not about a full machine."""
SETTLED = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """One attempt: when it ended, how long it took, and its code."""

    ended: float
    took: float
    code: str


async def attempts(
    address: str, log: AcknowledgedLog, run: str, going: Callable[[], bool], clients: int
) -> list[Answer]:
    """Single calls without retries; what is OK goes to the log, what is not stays unanswered."""
    answers: list[Answer] = []
    numbers = itertools.count()

    async def client(channel: grpc.aio.Channel) -> None:
        decide = channel.unary_unary(
            "/nba.v1.DecisionService/Decide", request_serializer=decision_pb2.DecideRequest.SerializeToString
        )
        while going():
            number = next(numbers)
            request = decision_pb2.DecideRequest(
                customer_id=f"{run}{number % 500}", channel="web", request_id=f"{run}-{number}"
            )
            started = time.monotonic()
            try:
                data = await decide(request, timeout=2.0)
            except grpc.aio.AioRpcError as error:
                answers.append(Answer(time.monotonic(), time.monotonic() - started, error.code().name))
                await log.note("unanswered", q=request.request_id)
            else:
                ended = time.monotonic()
                answers.append(Answer(ended, ended - started, "OK"))
                await _note(log, request, data, started, ended)
            await asyncio.sleep(PAUSE_S)

    channels = [grpc.aio.insecure_channel(address, options=OPTIONS) for _ in range(4)]
    await asyncio.gather(*(client(channels[place % 4]) for place in range(clients)))
    for channel in channels:
        await channel.close()
    return answers


async def _note(
    log: AcknowledgedLog, request: decision_pb2.DecideRequest, data: bytes, started: float, ended: float
) -> None:
    response = decision_pb2.DecideResponse.FromString(data)
    await log.note(
        "decision",
        c=request.customer_id,
        q=request.request_id,
        ch=request.channel,
        t0=started,
        t1=ended,
        met=met(response),
        id=response.decision_id,
        at=response.decided_at.ToMilliseconds(),
        h=digest(data),
        o=[[action.placement, action.action] for action in response.actions],
    )


async def proof(
    server: Server, pid: int, log: Path, *, before_s: float, frozen_s: float, after_s: float, clients: int = 16
) -> dict[str, Any]:
    """Load before, during and after; the figures of each part."""
    phase = True
    async with AcknowledgedLog(log) as noted:
        loading = asyncio.create_task(attempts(server.address, noted, "f", lambda: phase, clients))
        await asyncio.sleep(before_s)
        frozen = time.monotonic()
        freeze(pid)
        try:
            await asyncio.sleep(frozen_s)
        finally:
            thawed = time.monotonic()
            thaw(pid)
        await asyncio.sleep(after_s)
        phase = False
        answers = await loading
    return figures(answers, frozen, thawed)


def figures(answers: list[Answer], frozen: float, thawed: float) -> dict[str, Any]:
    """What the answers show."""
    during = [a for a in answers if frozen <= a.ended - a.took and a.ended <= thawed]
    crossing = [a for a in answers if a.ended - a.took < frozen <= a.ended]
    before = [a for a in answers if a.ended < frozen]
    after = sorted((a for a in answers if a.ended - a.took > thawed), key=lambda a: a.ended)
    bad = [a.ended - thawed for a in after if a.code != "OK"]
    normal = [a for a in after if a.ended > thawed + 5.0]
    return {
        "answers_frozen": len(during),
        "stalled_p99_ms": quantile([a.took for a in during + crossing], 0.99),
        "stalled_p50_ms": quantile([a.took for a in during], 0.5),
        "codes_frozen": dict(Counter(a.code for a in during)),
        "ok_before": share(before),
        "ok_after_5_s": share(normal),
        "back_to_normal_s": round(max(bad, default=0.0), 2),
        "p99_before_ms": quantile([a.took for a in before], 0.99),
    }


def quantile(seconds: list[float], part: float) -> float | None:
    """In milliseconds."""
    ordered = sorted(seconds)
    return round(ordered[min(len(ordered) - 1, int(part * len(ordered)))] * 1000, 1) if ordered else None


def share(answers: list[Answer]) -> float | None:
    """The part that was answered in full."""
    return round(sum(a.code == "OK" for a in answers) / len(answers), 4) if answers else None


def run(folder: Path, engine_name: str, *, frozen_s: float, around_s: float = 8.0) -> dict[str, Any]:
    """The proof on an engine."""
    catalogue = world.write_catalogue(folder / "catalogue")
    log = folder / "clients.jsonl"
    with (
        backend(engine_name, folder) as engine,
        Server(folder / "data", catalogue, store=engine.url, options=engine.options) as server,
    ):
        pid = engine.tcp.pid if engine.tcp else server.engine()
        seen = asyncio.run(proof(server, pid, log, before_s=around_s, frozen_s=frozen_s, after_s=around_s + 4))
        asyncio.run(archived(server))
    counted = recount(world.spec(), folder / "data" / "archive", [log])
    return {
        **counted,
        **seen,
        "unreserved_offers": counted["lost_decisions"] + counted["rows_unlike_answers"],
        "kills": {},
    }
