"""What a customer takes of the store beside profile and ledger, when decisions are archived and trimmed: bytes by kind of key.

By then request ids are forgotten too, and what is left is the record, and a timer while something of the ledger waits.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import grpc
from redis.asyncio import Redis

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.store import Store
from nba_server.bench.scenario import CHANNEL, Scenario
from nba_server.bench.world import Run, best_transport
from nba_server.errors import FailedPrecondition
from nba_server.pb import decision_pb2, decision_pb2_grpc, outcome_pb2, outcome_pb2_grpc

DECISIONS, AT_ONCE = 5, 32
REACTIONS = (outcome_pb2.OUTCOME_TYPE_IMPRESSION, outcome_pb2.OUTCOME_TYPE_CLICKED)
SETTLED_S = 300.0
OPTIONS = ("--request-ttl", "1s", "--archive-interval", "200ms", "--journal-keep", "0s")

CROWD = 500
"""Timers in each bucket: from 129 on the engine keeps a sorted set in another form, and large stores have thousands."""
_FAR_MS = 1 << 42
CONTENT = {"p": "profile", "l": "ledger", "k": "consents", "s": "suppressions"}
"""Fields of a record that are what somebody said or did; the rest of it is `record`."""
_RECORDS, _TIMERS, _OF_BUCKETS = "c", "due", ("j", "clock", "caps", "dead")


@dataclass(frozen=True, slots=True)
class Weight:
    """Bytes of memory as the engine counts them (`MEMORY USAGE`), but `stored`, the lengths of the fields in `CONTENT`.

    `by_kind` are all keys of customers, and `of_buckets` is what one bucket has of the others.
    """

    customers: int
    timers: int
    stored: Counter[str]
    by_kind: Counter[str]
    of_buckets: Counter[str]

    def parts(self) -> dict[str, float]:
        """Bytes a customer beside profile and ledger, by what they are for. A timer counts as one of a large store does."""
        record = self.by_kind[_RECORDS] - self.stored.total()
        others = sum(self.by_kind.values()) - self.by_kind[_RECORDS] - self.by_kind[_TIMERS]
        return {
            **{name: self.stored[name] / self.customers for name in ("consents", "suppressions")},
            "record": record / self.customers,
            "timer": self.by_kind[_TIMERS] / self.timers,
            "others": others / self.customers,
        }

    def beside(self) -> float:
        """All of them."""
        return sum(self.parts().values())


def measure(run: Run) -> None:
    """Five decisions and two outcomes for each of so many customers; then the keys of all buckets are weighed."""
    with (
        run.stored("footprint", Scenario(), customers=run.sizes.lives) as stored,
        run.serving(stored, best_transport(), *OPTIONS, warm=False) as ours,
    ):
        ours.answered += asyncio.run(_used(ours.port, stored.customers))
        weight = asyncio.run(_settled_weight(stored.url))
    run.found["bytes_per_customer"] = weight.beside()
    run.detail["bytes_per_customer"] = {
        "beside": weight.parts(),
        **{name: weight.stored[name] / weight.customers for name in ("profile", "ledger")},
        "by_kind_of_key": {name: size / weight.customers for name, size in weight.by_kind.items() if name != _TIMERS},
        "bucket": dict(weight.of_buckets),
    }


async def crowded(store: Store, link: Redis) -> None:
    """Gives each bucket the timers of many customers, who have nothing else and are not due for a century."""
    for bucket in range(store.info.buckets):
        await link.zadd(keys.due(bucket), {secrets.token_hex(16): _FAR_MS + number for number in range(CROWD)})


async def weigh(link: Redis) -> Weight:
    """The weight of all customers of a store that nobody uses meanwhile. What buckets have is the mean of one."""
    found: Counter[str] = Counter()
    names = [name async for name in link.scan_iter(match="nba:{b*", count=1_000)]
    for start in range(0, len(names), 1_000):
        await _weigh(link, names[start : start + 1_000], found)
    number = Counter(_kind(name) for name in names)
    return Weight(
        customers=number[_RECORDS],
        timers=found.pop("timers"),
        stored=Counter({name: found.pop(name, 0) for name in CONTENT.values()}),
        of_buckets=Counter({kind: found.pop(kind) // number[kind] for kind in _OF_BUCKETS if number[kind]}),
        by_kind=found,
    )


async def _used(port: int, customers: int) -> int:
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

        await asyncio.gather(*(one(number) for number in range(customers)))
    return customers * (DECISIONS + len(REACTIONS))


async def _settled_weight(url: str) -> Weight:
    """Raises `FailedPrecondition`."""
    store = await Store.open(url)
    link = Redis.from_url(url)
    try:
        await _settled(store, link)
        await crowded(store, link)
        return await weigh(link)
    finally:
        await link.aclose()
        await store.close()


async def _weigh(link: Redis, names: Sequence[bytes], found: Counter[str]) -> None:
    pipeline = link.pipeline(transaction=False)
    for name in names:
        pipeline.execute_command("MEMORY", "USAGE", name, "SAMPLES", "0")
        if _kind(name) == _RECORDS:
            for field in CONTENT:
                pipeline.hstrlen(name, field)
        if _kind(name) == _TIMERS:
            pipeline.zcard(name)
    replies = iter(await pipeline.execute())
    for name in names:
        found[_kind(name)] += next(replies) or 0
        if _kind(name) == _RECORDS:
            for part in CONTENT.values():
                found[part] += next(replies)
        if _kind(name) == _TIMERS:
            found["timers"] += next(replies)


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
