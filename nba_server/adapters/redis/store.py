"""The store as one object: opened, checked, identified; its parts implement the ports.

The only place that puts the parts together.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.address import connect
from nba_server.adapters.redis.artifacts import ArtifactStore
from nba_server.adapters.redis.cap_lender import RedisCapLender
from nba_server.adapters.redis.cap_reader import RedisCapReader
from nba_server.adapters.redis.client import StoreClient
from nba_server.adapters.redis.clock import StoreClock
from nba_server.adapters.redis.customer_writer import RedisCustomerWriter
from nba_server.adapters.redis.decision_writer import RedisDecisionWriter
from nba_server.adapters.redis.directory import RedisDirectory
from nba_server.adapters.redis.each import each
from nba_server.adapters.redis.express import RedisExpress
from nba_server.adapters.redis.fitness import check_fitness, replicas_of
from nba_server.adapters.redis.households import RedisHouseholds
from nba_server.adapters.redis.identity import StoreIdentity
from nba_server.adapters.redis.journal import JournalStream
from nba_server.adapters.redis.leases import LeaseStore
from nba_server.adapters.redis.reader import RedisReader
from nba_server.adapters.redis.releases import RedisReleases
from nba_server.adapters.redis.scripts import CREATE
from nba_server.adapters.redis.settings import ANY, BUCKETS, FORMAT, LIVE, REPLAY, StoreSettings
from nba_server.adapters.redis.snapshots import SnapshotStore
from nba_server.adapters.redis.timers import RedisTimers
from nba_server.adapters.redis.visitors import RedisVisitors
from nba_server.adapters.redis.webhooks import WebhookStore
from nba_server.errors import FailedPrecondition

EPOCH = "=0"
"""The clock of a new replay store stands at 1970, from where it can be moved to any time."""


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What a store is, for good. `version` is the engine's."""

    kind: str
    buckets: int
    seed: int
    created_ms: int
    format: str
    engine: str
    version: str

    @property
    def replay(self) -> bool:
        """Whether the store has a clock of its own."""
        return self.kind == REPLAY


class Store:
    """Use `Store.open`; one object a process and event loop."""

    def __init__(self, client: StoreClient, info: StoreInfo, secret: bytes, settings: StoreSettings) -> None:
        self._client = client
        self._strict = settings.strict
        self.info = info
        self.identity = StoreIdentity(secret, info.buckets, info.seed)
        self.clock = StoreClock(client, info.buckets, replay=info.replay)
        self.reader = RedisReader(client)
        self.decisions = RedisDecisionWriter(client, settings.remember_requests_ms)
        self.releases = RedisReleases(client)
        self.customers = RedisCustomerWriter(client)
        self.caps = RedisCapLender(client, info.buckets)
        self.cap_uses = RedisCapReader(client, self.clock, self.caps.counter)
        self.households = RedisHouseholds(client, self.reader, self.identity)
        self.visitors = RedisVisitors(client, self.households, self.identity)
        self.timers = RedisTimers(client, self.identity)
        self.directory = RedisDirectory(client, info.buckets)
        self.webhooks = WebhookStore(client, info.buckets)
        self.journal = JournalStream(client, info.buckets)
        self.snapshots = SnapshotStore(client, self.clock)
        self.artifacts = ArtifactStore(client, self.clock)
        self.leases = LeaseStore(client)
        self.express = None if client.spread or settings.strict else RedisExpress(client, info.buckets)

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        kind: str = LIVE,
        create: bool = True,
        allow: frozenset[str] = frozenset(),
        seed: int | None = None,
        settings: StoreSettings | None = None,
    ) -> Store:
        """Opens the store at `url`, creating it when `create`. `kind` is `live`, `replay` or `any` (never creates).

        `seed` counts when the store is created. The secret of a replay store follows from its seed, so that two of
        them with equal seeds give equal ids; that of a live store is random. `allow` names start checks to skip:
        `eviction`, `append-only`, `version`, `min-replicas` (strict mode). Raises `FailedPrecondition` and `StoreUnavailable`.
        """
        chosen = settings or StoreSettings()
        client = connect(url, chosen)
        try:
            engine, version = await check_fitness(client, allow, chosen.strict)
            meta = await _meta(client, kind, seed, create=create and kind != ANY)
            info = _info(meta, engine, version)
            if kind not in (ANY, info.kind):
                raise _wrong_kind(info.kind)
            if kind == REPLAY:
                await each(client, keys.clock, info.buckets, "SETNX", EPOCH)
            return cls(client, info, bytes.fromhex(meta["secret"]), chosen)
        except BaseException:
            await client.close()
            raise

    @property
    def available(self) -> bool:
        """False while a part of the store does not answer and calls to it are refused at once."""
        return self._client.available

    async def in_sync(self) -> bool:
        """Whether every server of the store has as many replicas on line as it needs: in a cluster one to fail over to.

        Raises `StoreUnavailable`.
        """
        needed = max(self._strict, 1 if self._client.spread else 0)
        if not needed:
            return True
        return all(replicas_of(facts) >= needed for facts in await self._client.facts())

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()


async def _meta(client: StoreClient, kind: str, seed: int | None, *, create: bool) -> Mapping[str, str]:
    stored = await client.one(("HGETALL", keys.META))
    if not stored:
        if not create:
            raise FailedPrecondition("There is no store of this server at the given address yet.", reason="NO_STORE")
        await _create(client, kind, seed)
        stored = await client.one(("HGETALL", keys.META))
    meta = {name.decode(): value.decode() for name, value in stored.items()}
    if meta["format"] != FORMAT:
        raise _other_format(meta["format"])
    return meta


async def _create(client: StoreClient, kind: str, seed: int | None) -> None:
    """Writes what the store is, unless another process was faster."""
    number = secrets.randbits(64) if seed is None else seed
    derived = blake2b(number.to_bytes(8, "big"), digest_size=32, person=b"replay").hexdigest()
    meta = {
        "kind": kind,
        "format": FORMAT,
        "buckets": str(BUCKETS),
        "seed": str(number),
        "secret": derived if kind == REPLAY else secrets.token_hex(32),
    }
    await client.one(CREATE.call([keys.META], *(part for field in meta.items() for part in field)))


def _info(meta: Mapping[str, str], engine: str, version: str) -> StoreInfo:
    return StoreInfo(
        kind=meta["kind"],
        buckets=int(meta["buckets"]),
        seed=int(meta["seed"]),
        created_ms=int(meta["created"]),
        format=meta["format"],
        engine=engine,
        version=version,
    )


def _other_format(found: str) -> FailedPrecondition:
    if found.isdigit() and int(found) > int(FORMAT):
        return FailedPrecondition(
            f"A newer version of nba-server has written this store: it has format {found}, this version knows {FORMAT}. Start"
            " that version or a newer one, or restore a backup that was made before the upgrade.",
            reason="STORE_TOO_NEW",
        )
    return FailedPrecondition(f"The store has format {found}, which this version does not know; it knows {FORMAT}.")


def _wrong_kind(kind: str) -> FailedPrecondition:
    if kind == REPLAY:
        return FailedPrecondition(
            "This is a replay store: its clock is not real. Open it for replay, or use another store.",
            reason="REPLAY_STORE",
        )
    return FailedPrecondition(
        "This is a live store: its clock is real and cannot be moved. Replay into a store of its own.",
        reason="LIVE_STORE",
    )
