"""Proof 4: calls cancelled at random leave nothing behind: no reservation counts ten seconds after its caller has gone.

Looks into the store itself for what still counts, and asks again with some of the ids: those must keep their contact.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from pathlib import Path
from typing import Any

import grpc

from nba_server.adapters.redis.store import Store
from nba_server.pb import decision_pb2
from tests.chaos import world
from tests.chaos.engines import backend
from tests.chaos.fleet import Server
from tests.chaos.load import OPTIONS

AFTER_S = 10.0
RESERVED_S = 120
"""Reservations of this proof last longer than it looks on, so that no expiry helps."""


async def cancelled_calls(
    address: str, requests: int, *, seconds: float, seed: int = 1
) -> tuple[dict[str, str], set[str], int]:
    """(customer by cancelled request, those asked again and answered, calls answered before they were cancelled)."""
    gone: dict[str, str] = {}
    again: set[str] = set()
    answered = 0
    numbers, end = iter(range(requests)), time.monotonic() + seconds

    async def worker(channel: grpc.aio.Channel) -> None:
        nonlocal answered
        decide = channel.unary_unary(
            "/nba.v1.DecisionService/Decide",
            request_serializer=decision_pb2.DecideRequest.SerializeToString,
            response_deserializer=decision_pb2.DecideResponse.FromString,
        )
        for number in numbers:
            if time.monotonic() > end:
                return
            draw = random.Random(f"{seed}:{number}")
            request = decision_pb2.DecideRequest(customer_id=f"g{number}", channel="web", request_id=f"g-{number}")
            call = decide(request, timeout=5.0)
            asyncio.get_running_loop().call_later(draw.random() * 0.2, call.cancel)
            try:
                await call
                answered += 1
                continue
            except asyncio.CancelledError:
                gone[request.request_id] = request.customer_id
            except grpc.aio.AioRpcError:
                gone[request.request_id] = request.customer_id
            if draw.random() < 0.1 and await _asked_again(decide, request):
                again.add(request.request_id)

    async with grpc.aio.insecure_channel(address, options=OPTIONS) as channel:
        await asyncio.gather(*(worker(channel) for _ in range(32)))
    return gone, again, answered


async def _asked_again(decide: Any, request: decision_pb2.DecideRequest) -> bool:
    try:
        response = await decide(request, timeout=5.0)
    except grpc.aio.AioRpcError:
        return False
    return bool(response.actions)


def completed(server: Server) -> set[str]:
    """Decisions whose calls ended with OK in the server, by its access log: the answer was on its way to the caller."""
    lines = (server.data / "log.jsonl").read_text(errors="replace").splitlines()
    calls = [json.loads(line) for line in lines if '"OK"' in line and '"decision_id"' in line]
    return {call["decision_id"] for call in calls}


async def left_behind(url: str, gone: dict[str, str], again: set[str], answered: set[str]) -> tuple[int, int, int, int]:
    """What callers who have gone left behind.

    (reservations, those of them whose answer crossed with the cancellation and so was given, committed decisions,
    contacts kept for who asked again).
    """
    store = await Store.open(url, kind="any")
    try:
        now = await store.clock.now()
        ghosts = crossed = committed = kept = 0
        for request, customer in gone.items():
            ref = store.identity.customer(customer)
            ledger = (await store.reader.read([ref])).states[0].ledger
            counting = {contact.decision_id for contact in ledger if contact.counts_at(now)}
            committed += bool(ledger)
            if request in again:
                kept += bool(counting)
            elif counting:
                crossed += counting <= answered
                ghosts += not counting <= answered
        return ghosts, crossed, committed, kept
    finally:
        await store.close()


async def proof(server: Server, requests: int, *, seconds: float, after_s: float = AFTER_S) -> dict[str, Any]:
    """Cancels, waits, looks."""
    gone, again, answered = await cancelled_calls(server.address, requests, seconds=seconds)
    await asyncio.sleep(after_s)
    left = await left_behind(str(server.facts["store"]), gone, again, completed(server))
    ghosts, crossed, committed, kept = left
    return {
        "calls": answered + len(gone),
        "cancelled": len(gone),
        "answered": answered,
        "committed_though_cancelled": committed,
        "asked_again": len(again),
        "lost_when_asked_again": len(again) - kept,
        "ghost_reservations": ghosts,
        "answers_that_crossed_with_the_cancellation": crossed,
        "kills": {},
    }


def run(folder: Path, engine_name: str, requests: int, *, seconds: float) -> dict[str, Any]:
    """The proof on an engine."""
    catalogue = world.write_catalogue(folder / "catalogue", reservation_s=RESERVED_S)
    with backend(engine_name, folder) as engine:
        options = {**engine.options, "access-log": "true"}
        with Server(folder / "data", catalogue, store=engine.url, options=options) as server:
            return asyncio.run(proof(server, requests, seconds=seconds))
