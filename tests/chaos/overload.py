"""Proof 6: twice the load that can be served, from callers who honour push-back and from callers who do not.

The best throughput is measured first, with callers who wait for each answer; then calls arrive by the clock, come what may.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from nba_server.pb import decision_pb2
from tests.chaos import world
from tests.chaos.engines import backend
from tests.chaos.fleet import Server
from tests.chaos.frozen import quantile
from tests.chaos.load import OPTIONS

DEADLINE_S = 1.0
CONCURRENCY = 64
MOST_OPEN = 4_000
"""Calls that the callers have open at most: behind it an arrival is not sent, and counts as not served."""


@dataclass(slots=True)
class Seen:
    """What one phase saw. Times in seconds."""

    offered: int = 0
    served: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    late: int = 0


class Callers:
    """Calls over a few connections, each for a customer and with an id of its own."""

    def __init__(self, channels: list[grpc.aio.Channel]) -> None:
        method, write = "/nba.v1.DecisionService/Decide", decision_pb2.DecideRequest.SerializeToString
        self._calls = [channel.unary_unary(method, request_serializer=write) for channel in channels]
        self._numbers = itertools.count()

    async def call(self, seen: Seen, *, push_back: bool = False) -> None:
        """One decision; with `push_back` it is tried again when the server says so, within its deadline."""
        number, end = next(self._numbers), time.monotonic() + DEADLINE_S
        request = decision_pb2.DecideRequest(customer_id=f"l{number}", channel="web", request_id=f"l-{number}")
        while True:
            started = time.monotonic()
            try:
                await self._calls[number % len(self._calls)](request, timeout=max(0.001, end - started))
            except grpc.aio.AioRpcError as error:
                seen.codes[error.code().name] += 1
                if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                    return
                seen.refused.append(time.monotonic() - started)
                pause = retry_after(error)
                if not push_back or time.monotonic() + pause > end:
                    return
                await asyncio.sleep(pause)
                continue
            seen.served.append(time.monotonic() - started)
            seen.late += time.monotonic() > end
            return

    async def closed(self, seconds: float) -> Seen:
        """As many as can be served: each caller waits for its answer."""
        seen, end = Seen(), time.monotonic() + seconds

        async def one() -> None:
            while time.monotonic() < end:
                seen.offered += 1
                await self.call(seen)

        await asyncio.gather(*(one() for _ in range(CONCURRENCY)))
        return seen

    async def offered(self, rate: float, seconds: float, *, push_back: bool) -> Seen:
        """Calls by the clock."""
        seen, started = Seen(), time.monotonic()
        tasks: set[asyncio.Task[None]] = set()
        while (passed := time.monotonic() - started) < seconds:
            while seen.offered < rate * passed:
                seen.offered += 1
                if len(tasks) < MOST_OPEN:
                    task = asyncio.create_task(self.call(seen, push_back=push_back))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
            await asyncio.sleep(0.002)
        if tasks:
            await asyncio.wait(tasks)
        return seen


def retry_after(error: grpc.aio.AioRpcError) -> float:
    """Seconds that the server asks for."""
    status = rpc_status.from_call(error)
    info = error_details_pb2.RetryInfo()
    for detail in status.details if status else ():
        if detail.Unpack(info):
            return float(info.retry_delay.seconds + info.retry_delay.nanos / 1e9)
    return 0.1


@asynccontextmanager
async def callers(address: str) -> AsyncIterator[Callers]:
    """Callers on eight connections."""
    channels = [grpc.aio.insecure_channel(address, options=OPTIONS) for _ in range(8)]
    yield Callers(channels)
    for channel in channels:
        await channel.close()


async def proof(address: str, seconds: float) -> dict[str, Any]:
    """The best, then twice as much, in both ways, then how soon it is well again."""
    async with callers(address) as calling:
        await calling.closed(2.0)
        best = len((await calling.closed(seconds)).served) / seconds
        honouring = await calling.offered(2 * best, seconds, push_back=True)
        stubborn = await calling.offered(2 * best, seconds, push_back=False)
        since = time.monotonic()
        recovered = await _recovered(calling, since)
    return {
        "best_per_second": round(best),
        "goodput_push_back": round((len(honouring.served) - honouring.late) / seconds / best, 3),
        "goodput_stubborn": round((len(stubborn.served) - stubborn.late) / seconds / best, 3),
        "late_answers": honouring.late + stubborn.late,
        "served_p99_ms": quantile(honouring.served + stubborn.served, 0.99),
        "refusals": len(honouring.refused) + len(stubborn.refused),
        "refusal_p50_ms_at_caller": quantile(honouring.refused + stubborn.refused, 0.5),
        "codes_push_back": dict(honouring.codes),
        "codes_stubborn": dict(stubborn.codes),
        "recovered_s": recovered,
        "calls": honouring.offered + stubborn.offered,
    }


async def _recovered(calling: Callers, since: float) -> float | None:
    """Seconds until twenty calls in a row are served within 100 ms; None when that takes longer than ten."""
    row = 0
    while time.monotonic() - since < 10.0:
        seen = Seen()
        await calling.call(seen)
        row = row + 1 if seen.served and seen.served[0] < 0.1 else 0
        if row == 20:
            return round(time.monotonic() - since, 2)
    return None


async def _refusals_in_the_server(address: str) -> None:
    async with callers(address) as calling:
        await asyncio.gather(*(calling.call(Seen()) for _ in range(600)))


def refusal_ms(log: Path) -> float | None:
    """The 99th percentile of a refusal, as the server's own log has it; milliseconds."""
    lines = [line for line in log.read_text().splitlines() if '"RESOURCE_EXHAUSTED"' in line]
    took = sorted(json.loads(line)["ms"] for line in lines)
    return float(took[int(0.99 * len(took))]) if took else None


def run(folder: Path, engine_name: str, *, seconds: float) -> dict[str, Any]:
    """The proof on an engine, with one worker: the callers need the other core."""
    catalogue = world.write_catalogue(folder / "catalogue")
    with backend(engine_name, folder) as engine:
        options = {**engine.options, "max-concurrency": str(CONCURRENCY)}
        with Server(folder / "data", catalogue, store=engine.url, workers=1, options=options) as server:
            seen = asyncio.run(proof(server.address, seconds))
        loud = {**options, "log-level": "debug", "max-concurrency": "4"}
        with Server(folder / "loud", catalogue, store=engine.url, workers=1, options=loud) as server:
            asyncio.run(_refusals_in_the_server(server.address))
    return {**seen, "refusal_p99_ms_in_server": refusal_ms(folder / "loud" / "log.jsonl"), "kills": {}}
