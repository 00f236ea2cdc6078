"""Random lives by the compiled lane and on the ordinary path: the stores that they leave behind are the same, byte for byte."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import msgpack
import pytest
from redis.asyncio import Redis

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.engine.liveness import ask
from nba_server.adapters.express import compiled
from nba_server.adapters.express.lane import CompiledLane
from nba_server.adapters.redis import keys
from nba_server.adapters.redis.reader import TO_DECIDE
from nba_server.adapters.redis.settings import StoreSettings
from nba_server.adapters.redis.store import Store
from nba_server.application.admission import DecideCommand
from nba_server.application.decide import DecideResult
from nba_server.application.ports import CustomerWrite
from nba_server.domain.consent import Consent, ConsentStatus
from nba_server.transport.grpc.codec.answer import AnswerCodec
from tests.express.customers import NOW_MS
from tests.express.worlds import World, world
from tests.fakes import FakeModels
from tests.store.test_express import Server

pytestmark = pytest.mark.skipif(bool(compiled()), reason=f"no express lane: {compiled()}")
REMEMBER_MS = StoreSettings().remember_requests_ms
CUSTOMERS, TURNS, MOST = 5, 14, 6
CALM_TURNS = 50


class Life:
    """Customers of a world, who ask, come back, ask twice at once, and change while they are decided for.

    `calm` ones ask once at a time, and nobody else changes them; with `desk` nobody looks at a decision by itself.
    """

    def __init__(
        self, store: Store, given: World, seed: int, *, express: bool, calm: bool = False, desk: bool = False
    ) -> None:
        lane = CompiledLane(AnswerCodec(), remember_ms=REMEMBER_MS, server_version="1")
        lane.ready(given.catalog, given.scorer)
        self.store, self.dice, self.given = store, Random(seed), given
        models = FakeModels(given.scorer)
        self.server = Server(
            store, given.catalog, models, express=express, every=0 if calm else 7, lane=lane, desk=desk
        )
        self.calm, self.shown = calm, not desk
        self.told: list[Any] = []
        self.by_lane = self.contended = 0

    async def live(self) -> None:
        """All of it; what was answered is in `told`."""
        for number in range(CUSTOMERS):
            await self._arrive(number)
        now_ms = NOW_MS
        for turn in range(CALM_TURNS if self.calm else TURNS):
            now_ms += self.dice.randrange(1, 4_000_000)
            await self.store.clock.advance(now_ms)
            if not self.calm and self.dice.random() < 0.4:
                self.server.after_read.append(self._change())
            commands = [self._command(turn, place) for place in range(self.dice.randint(1, MOST))]
            if self.calm:
                commands = list(
                    {
                        command.request[:2] if any(command.request[:2]) else place: command
                        for place, command in enumerate(commands)
                    }.values()
                )
            for result in await self.server.decide(commands, shown=self.shown):
                answered = isinstance(result, DecideResult)
                self.told.append((result.answer, result.taken, result.attempts) if answered else repr(result))
                if isinstance(result, DecideResult) and not result.repeated:
                    self.by_lane += result.express is not None
                    self.contended += result.attempts > 1 or (bool(result.taken) and result.taken[0] != 0)

    async def _arrive(self, number: int) -> None:
        """A customer with one of the world's pasts."""
        values = self.given.asked[number].stored.values
        fields = {name: value for name, value in zip(TO_DECIDE, values, strict=True) if name and value}
        if fields:
            ref = self.store.identity.customer(f"c{number}")
            await self.store._client.one(("HSET", keys.customer(ref), *_flat(fields)))

    def _change(self) -> Callable[[], Awaitable[Any]]:
        """Somebody else writes between read and commit: a consent, or only something that raises the version."""
        ref = self.store.identity.customer(f"c{self.dice.randrange(CUSTOMERS)}")
        revoked = (Consent("*", "advertising", ConsentStatus.REVOKED, 1),) if self.dice.random() < 0.3 else None

        async def write() -> None:
            version = (await self.store.reader.read([ref])).states[0].engagement_version
            await self.store.customers.write(
                [CustomerWrite(ref, version, consents=revoked, bump_guard=revoked is not None)]
            )

        return write

    def _command(self, turn: int, place: int) -> DecideCommand:
        asked = self.dice.choice(self.given.asked).request
        if self.calm:
            asked = asked._replace(
                context={}, excluded_actions=frozenset(), deferred=False, placements=asked.placements[:1]
            )
        repeats = self.dice.random() < 0.1
        name = f"c{self.dice.randrange(CUSTOMERS)}" if self.dice.random() < 0.9 else ""
        asked = asked._replace(customer_id=name, visitor_id="", request_id=f"r{0 if repeats else turn}-{place}")
        if self.calm and self.dice.random() < 0.2:
            asked = asked._replace(customer_id="", visitor_id=name)
        return DecideCommand(asked, "tests")


def _flat(fields: dict[str, bytes]) -> list[Any]:
    return [part for pair in fields.items() for part in pair]


async def left(engine: EmbeddedEngine) -> dict[str, Any]:
    """All that the store holds but its clocks; the journal's own ids, which are moments, are left out."""
    link = Redis.from_url(engine.url)
    found: dict[str, Any] = {}
    try:
        for key in sorted([key.decode() async for key in link.scan_iter("nba:{b*")]):
            kind = key.split(":")[2]
            if kind == "c":
                found[key] = await link.hgetall(key)
            elif kind == "r":
                record = msgpack.unpackb(await link.get(key), raw=True)
                found[key] = [*record[:2], *record[3:5], len(record[5]), *record[6:]]
            elif kind == "due":
                found[key] = await link.zrange(key, 0, -1, withscores=True)
            elif kind == "j":
                found[key] = [fields for _, fields in await link.xrange(key)]
    finally:
        await link.aclose()
    return found


async def lived(engine: EmbeddedEngine, seed: int, **way: bool) -> tuple[Life, dict[str, Any]]:
    """A life on an empty store, and what it left."""
    ask(engine.socket, "FLUSHALL", timeout_s=10.0)
    store = await Store.open(engine.url, kind="replay", seed=1)
    try:
        await store.clock.advance(NOW_MS)
        life = Life(store, world(seed), seed, **way)
        await life.live()
    finally:
        await store.close()
    return life, await left(engine)


@pytest.mark.parametrize("seed", [2, 3, 5, 7, 13])
async def test_both_ways_leave_the_same_store(engine: EmbeddedEngine, seed: int) -> None:
    """Ledgers, timers, idempotency records, journal entries and answers, through repeats, races and changes under way."""
    (express, kept), (ordinary, kept_by_python) = [await lived(engine, seed, express=way) for way in (True, False)]
    assert express.told == ordinary.told
    assert kept == kept_by_python
    assert (ordinary.by_lane, ordinary.contended) == (0, express.contended)
    assert {differences for _, differences in express.server.watch.audits} <= {()}
    assert express.by_lane >= 10, "or this shows nothing"
    assert express.contended >= 3, "or nobody met a customer who had changed"


@pytest.mark.parametrize("seed", [2, 3, 5, 7, 13, 17])
async def test_batches_that_nobody_looks_at_leave_the_same_store(engine: EmbeddedEngine, seed: int) -> None:
    """From the commands to the answers in the compiled part, or on the ordinary path: equal but for the names of tries."""
    ways = [await lived(engine, seed, express=desk, calm=True, desk=desk) for desk in (True, False)]
    (express, kept), (ordinary, kept_by_python) = ways
    assert express.told == ordinary.told
    assert kept == kept_by_python
    assert not express.server.watch.faults
    counts = express.server.watch.counts
    assert sum(sum(one.offered.values()) for one in counts) >= 5, "or this shows nothing"
