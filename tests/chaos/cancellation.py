"""Proof 4: calls cancelled at random leave nothing behind: no reservation counts ten seconds after its caller has gone.

Looks into the store itself for what still counts, and asks again with some of the ids: those must keep their contact. The server
cannot call back an answer that is on the wire when its caller goes; a caller who says so (nba_client does) leaves nothing.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from nba_server.adapters.redis.store import Store
from nba_server.pb import decision_pb2, decision_pb2_grpc
from tests.chaos import world
from tests.chaos.engines import backend
from tests.chaos.fleet import Server
from tests.chaos.load import OPTIONS

SOON_S, AFTER_S = 5.0, 10.0
"""When a reservation must be given back, and when none may be left at all."""
RESERVED_S = 120
"""Reservations of this proof last longer than it looks on, so that no expiry helps."""
CALLERS = 32


@dataclass(slots=True)
class Gone:
    """Customers by cancelled request: callers who say that they went (as nba_client does), who just went, who asked again."""

    told: dict[str, str] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)
    again: dict[str, str] = field(default_factory=dict)
    answered: int = 0
    cancelled: int = 0
    releases_failed: int = 0


class Caller:
    """Calls that are cancelled at a random moment; every other one is taken back by its caller, one of ten is asked again."""

    def __init__(self, channel: grpc.aio.Channel, gone: Gone) -> None:
        stub = decision_pb2_grpc.DecisionServiceStub(channel)
        self._decide, self._release, self._gone = stub.Decide, stub.ReleaseDecision, gone

    async def call(self, number: int, seed: int) -> None:
        """One call."""
        draw = random.Random(f"{seed}:{number}")
        request = decision_pb2.DecideRequest(
            customer_id=f"g{number}", request_id=f"g-{number}", call_id=f"call-{number}", channel="web"
        )
        call = self._decide(request, timeout=5.0)
        asyncio.get_running_loop().call_later(draw.random() * 0.2, call.cancel)
        try:
            await call
            self._gone.answered += 1
            return
        except (asyncio.CancelledError, grpc.aio.AioRpcError):
            self._gone.cancelled += 1
        if draw.random() < 0.1 and await self._asked_again(request):
            self._gone.again[request.request_id] = request.customer_id
        elif number % 2 and await self._taken_back(request):
            self._gone.told[request.request_id] = request.customer_id
        else:
            self._gone.silent[request.request_id] = request.customer_id

    async def _asked_again(self, request: decision_pb2.DecideRequest) -> bool:
        """With the same id, by a call of its own."""
        again = decision_pb2.DecideRequest()
        again.CopyFrom(request)
        again.call_id = f"again-{request.call_id}"
        try:
            response = await self._decide(again, timeout=5.0)
        except grpc.aio.AioRpcError:
            return False
        return bool(response.actions)

    async def _taken_back(self, request: decision_pb2.DecideRequest) -> bool:
        names = decision_pb2.ReleaseDecisionRequest(
            customer_id=request.customer_id, request_id=request.request_id, call_id=request.call_id
        )
        try:
            await self._release(names, timeout=5.0)
        except grpc.aio.AioRpcError:
            self._gone.releases_failed += 1
            return False
        return True


async def cancelled_calls(gone: Gone, address: str, requests: int, *, seconds: float, seed: int = 1) -> None:
    """All calls, many at once; `gone` grows meanwhile."""
    numbers, end = iter(range(requests)), time.monotonic() + seconds

    async def worker(caller: Caller) -> None:
        for number in numbers:
            if time.monotonic() > end:
                return
            await caller.call(number, seed)

    async with grpc.aio.insecure_channel(address, options=OPTIONS) as channel:
        caller = Caller(channel, gone)
        await asyncio.gather(*(worker(caller) for _ in range(CALLERS)))


def completed(server: Server) -> set[str]:
    """Decisions whose calls ended with OK in the server, by its access log: the answer was on its way to the caller."""
    lines = (server.data / "log.jsonl").read_text(errors="replace").splitlines()
    calls = [json.loads(line) for line in lines if '"OK"' in line and '"decision_id"' in line]
    return {call["decision_id"] for call in calls}


async def left_behind(url: str, gone: Gone, answered: set[str]) -> dict[str, int]:
    """What callers who have gone left behind: reservations, answers that crossed with a silent cancellation, and so on."""
    found = {"ghosts": 0, "crossed": 0, "committed": 0, "lost_when_asked_again": 0}
    store = await Store.open(url, kind="any")
    try:
        now = await store.clock.now()
        for group in (gone.told, gone.silent, gone.again):
            for customer in group.values():
                ref = store.identity.customer(customer)
                ledger = (await store.reader.read([ref])).states[0].ledger
                counting = {contact.decision_id for contact in ledger if contact.counts_at(now)}
                found["committed"] += bool(ledger)
                if group is gone.again:
                    found["lost_when_asked_again"] += not counting
                elif counting:
                    crossed = group is gone.silent and counting <= answered
                    found["crossed" if crossed else "ghosts"] += 1
        return found
    finally:
        await store.close()


async def proof(server: Server, requests: int, *, seconds: float) -> dict[str, Any]:
    """Cancels, waits, looks; and looks again."""
    gone = Gone()
    await cancelled_calls(gone, server.address, requests, seconds=seconds)
    url = str(server.facts["store"])
    await asyncio.sleep(SOON_S)
    soon = await left_behind(url, gone, completed(server))
    await asyncio.sleep(AFTER_S - SOON_S)
    left = await left_behind(url, gone, completed(server))
    cancelled = len(gone.told) + len(gone.silent) + len(gone.again)
    return {
        "calls": gone.answered + cancelled,
        "cancelled": cancelled,
        "taken_back_by_their_callers": len(gone.told),
        "releases_failed": gone.releases_failed,
        "answered": gone.answered,
        "committed_though_cancelled": left["committed"],
        "asked_again": len(gone.again),
        "lost_when_asked_again": left["lost_when_asked_again"],
        "ghosts_after_5_s": soon["ghosts"],
        "ghost_reservations": left["ghosts"],
        "answers_that_crossed_with_the_cancellation": left["crossed"],
        "kills": {},
    }


def run(folder: Path, engine_name: str, requests: int, *, seconds: float) -> dict[str, Any]:
    """The proof on an engine."""
    catalogue = world.write_catalogue(folder / "catalogue", reservation_s=RESERVED_S)
    with backend(engine_name, folder) as engine:
        options = {**engine.options, "access-log": "true"}
        with Server(folder / "data", catalogue, store=engine.url, options=options) as server:
            return asyncio.run(proof(server, requests, seconds=seconds))
