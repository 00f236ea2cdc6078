"""What a customer takes of the store beside profile and ledger, when decisions are archived and trimmed.

By then request ids are forgotten too; what waits for a reaction waits on, each under a timer.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence

import grpc
from redis.asyncio import Redis

from nba_server.adapters.redis.store import Store
from nba_server.bench.scenario import CHANNEL, Scenario
from nba_server.bench.world import Run, best_transport
from nba_server.errors import FailedPrecondition
from nba_server.pb import decision_pb2, decision_pb2_grpc, outcome_pb2, outcome_pb2_grpc

CUSTOMERS, DECISIONS, AT_ONCE = 2_000, 5, 32
REACTIONS = (outcome_pb2.OUTCOME_TYPE_IMPRESSION, outcome_pb2.OUTCOME_TYPE_CLICKED)
SETTLED_S = 300.0
OPTIONS = ("--request-ttl", "1s", "--archive-interval", "200ms", "--journal-keep", "0s")


def measure(run: Run) -> None:
    """Five decisions and two outcomes for each of so many customers; then the keys of all buckets are weighed."""
    with (
        run.stored("footprint", Scenario(), customers=CUSTOMERS) as stored,
        run.serving(stored, best_transport(), *OPTIONS) as ours,
    ):
        ours.answered += asyncio.run(_used(ours.port))
        parts = asyncio.run(_weighed(stored.url))
    own = parts.pop("profile"), parts.pop("ledger")
    beside = sum(parts.values()) - sum(own)
    run.found["bytes_per_customer"] = beside / CUSTOMERS
    run.detail["bytes_per_customer"] = {
        "beside": beside / CUSTOMERS,
        "profile": own[0] / CUSTOMERS,
        "ledger": own[1] / CUSTOMERS,
        "by_kind_of_key": {name: size / CUSTOMERS for name, size in parts.items()},
    }


async def _used(port: int) -> int:
    """Makes the decisions and reports the outcomes; how many entries the journal has got by it."""
    room = asyncio.Semaphore(AT_ONCE)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        decide = decision_pb2_grpc.DecisionServiceStub(channel).Decide
        react = outcome_pb2_grpc.OutcomeServiceStub(channel).RecordOutcome

        async def one(number: int) -> None:
            async with room:
                for _ in range(DECISIONS):
                    asked = decision_pb2.DecideRequest(customer_id=f"c{number:07d}", channel=CHANNEL)
                    answer = await decide(asked, timeout=60)
                for type_ in REACTIONS:
                    outcome = outcome_pb2.Outcome(
                        decision_id=answer.decision_id, action=answer.actions[0].action, type=type_
                    )
                    await react(outcome_pb2.RecordOutcomeRequest(outcome=outcome), timeout=60)

        await asyncio.gather(*(one(number) for number in range(CUSTOMERS)))
    return CUSTOMERS * (DECISIONS + len(REACTIONS))


async def _weighed(url: str) -> Counter[str]:
    """Bytes of memory by kind of key, and the plain bytes of profiles and ledgers. Raises `FailedPrecondition`."""
    store = await Store.open(url)
    link = Redis.from_url(url)
    try:
        await _settled(store, link)
        found: Counter[str] = Counter()
        names = [name async for name in link.scan_iter(match="nba:{b*", count=1_000)]
        for start in range(0, len(names), 1_000):
            await _weigh(link, names[start : start + 1_000], found)
        return found
    finally:
        await link.aclose()
        await store.close()


async def _weigh(link: Redis, names: Sequence[bytes], found: Counter[str]) -> None:
    pipeline = link.pipeline(transaction=False)
    for name in names:
        pipeline.execute_command("MEMORY", "USAGE", name, "SAMPLES", "0")
        if _kind(name) == "c":
            pipeline.hstrlen(name, "p")
            pipeline.hstrlen(name, "l")
    replies = iter(await pipeline.execute())
    for name in names:
        found[_kind(name)] += next(replies) or 0
        if _kind(name) == "c":
            found["profile"] += next(replies)
            found["ledger"] += next(replies)


async def _settled(store: Store, link: Redis) -> None:
    """Waits until the journal is archived and trimmed and no request id is remembered."""
    end = time.monotonic() + SETTLED_S
    while await store.journal.length() or [name async for name in link.scan_iter(match="nba:{b*:r:*", count=10_000)]:
        if time.monotonic() > end:
            raise FailedPrecondition(f"The journal is not archived and trimmed after {SETTLED_S:.0f} s")
        await asyncio.sleep(0.5)


def _kind(name: bytes) -> str:
    """`nba:{b01a}:c:...` -> `c`."""
    return name.decode().split(":")[2]
