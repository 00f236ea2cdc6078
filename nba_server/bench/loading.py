"""Fills a store with the benchmark's customers and model, by the server's own adapters.

The engine rewrites its append-only file whenever it has doubled: while a store fills not at all, and once when it is full.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from itertools import islice

from redis.asyncio import Redis

from nba_server.adapters.model_registry import ModelRegistry
from nba_server.adapters.redis import codec, keys
from nba_server.adapters.redis.ledger_codec import encode_ledger
from nba_server.adapters.redis.store import Store
from nba_server.bench import model, population
from nba_server.errors import FailedPrecondition
from nba_server.pb import journal_pb2

DISTINCT = 2_000
"""Different records; more customers share them. What a decision costs does not depend on who else has the same profile."""
_AT_ONCE = 1_000
_GROWTH = "auto-aof-rewrite-percentage"
REWRITTEN_S = 600.0


async def fill(url: str, customers: int, actions: int) -> str:
    """Writes `customers` records and publishes the model for `actions`; gives its version."""
    store = await Store.open(url)
    link = Redis.from_url(url)
    try:
        growth = (await link.config_get(_GROWTH))[_GROWTH] or 0
        await link.config_set(_GROWTH, 0)
        now_ms = await store.clock.now()
        records = [_record(number, now_ms, actions) for number in range(min(customers, DISTINCT))]
        for numbers in _chunks(range(customers)):
            pipeline = link.pipeline(transaction=False)
            for number in numbers:
                place = keys.customer(store.identity.customer(f"c{number:07d}"))
                pipeline.hset(place, mapping=records[number % len(records)])  # type: ignore[arg-type]
            await pipeline.execute()
        await _rewritten(link)
        await link.config_set(_GROWTH, growth)
        version, files = model.sealed(actions)
        registry = ModelRegistry(store.artifacts)
        await registry.publish(version, files)
        await registry.promote(version, "for the benchmark")
        return version
    finally:
        await link.aclose()
        await store.close()


async def keep_file(url: str) -> None:
    """From now on the engine rewrites its append-only file no more: a small store would do so in the midst of a window."""
    link = Redis.from_url(url)
    try:
        await link.config_set(_GROWTH, 0)
    finally:
        await link.aclose()


async def _rewritten(link: Redis) -> None:
    """Has the append-only file rewritten and waits for it. Raises `FailedPrecondition`."""
    await link.bgrewriteaof()
    end = time.monotonic() + REWRITTEN_S
    while (state := await link.info("persistence"))["aof_rewrite_in_progress"] or state["aof_rewrite_scheduled"]:
        if time.monotonic() > end:
            raise FailedPrecondition(f"The store's file is not rewritten after {REWRITTEN_S:.0f} s")
        await asyncio.sleep(0.1)


def _record(number: int, now_ms: int, actions: int) -> dict[str, bytes | int]:
    return {
        "p": codec.encode_profile(population.profile(number)),
        "k": codec.encode_consents(population.consents()),
        "l": encode_ledger(population.ledger(number, now_ms, actions)),
        "pv": 1,
        "gv": 1,
        "ev": 1,
    }


def _chunks(numbers: range) -> Iterator[list[int]]:
    left = iter(numbers)
    while found := list(islice(left, _AT_ONCE)):
        yield found


async def some_decisions(url: str, most: int) -> list[str]:
    """The ids of at most so many decisions that the journal holds, drawn from all buckets alike."""
    store = await Store.open(url)
    try:
        records = await store.journal.read({}, 100 * most)
        ids = [
            entry.decision.decision_id for record in records if (entry := _entry(record.payload)).HasField("decision")
        ]
        return random.Random(3).sample(ids, min(most, len(ids)))  # noqa: S311  reproducible choice
    finally:
        await store.close()


def _entry(payload: bytes) -> journal_pb2.JournalEntry:
    return journal_pb2.JournalEntry.FromString(payload)


async def journaled(url: str) -> int:
    """How many entries all journals have had, trimmed ones included."""
    store = await Store.open(url)
    link = Redis.from_url(url)
    try:
        pipeline = link.pipeline(transaction=False)
        for bucket in range(store.info.buckets):
            pipeline.execute_command("XINFO", "STREAM", keys.journal(bucket))
        replies = await pipeline.execute(raise_on_error=False)
        return sum(int(_entries(reply)) for reply in replies if not isinstance(reply, Exception))
    finally:
        await link.aclose()
        await store.close()


def _entries(reply: object) -> int:
    fields = reply if isinstance(reply, dict) else dict(zip(reply[::2], reply[1::2], strict=True))  # type: ignore[index]
    return int(
        {str(name, "utf-8") if isinstance(name, bytes) else name: value for name, value in fields.items()}[
            "entries-added"
        ]
    )
