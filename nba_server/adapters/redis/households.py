"""Moves customers into households and out of them. All members of a household live in its bucket, so that one call
checks them all.

A move is three calls: `announce` takes the customer's turn and reads the record, `arrive` puts it down where it will live,
`depart` turns the old place into a pointer, if nothing was written there since: that is the moment of the move. Versions
only grow, so that a mover that was overtaken can neither arrive nor depart, and a broken move leaves nothing that is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.blob import script_blob
from nba_server.adapters.redis.client import Command, StoreClient
from nba_server.adapters.redis.identity import StoreIdentity
from nba_server.adapters.redis.ledger_codec import decode_ledger
from nba_server.adapters.redis.reader import RedisReader
from nba_server.adapters.redis.scripts import ANNOUNCE, ARRIVE, DEPART, REDIRECT, REJOIN, RETRACT
from nba_server.application.ports import CustomerRef, located
from nba_server.domain.engagement import CustomerState
from nba_server.errors import Conflict, FailedPrecondition

ATTEMPTS = 64

MOST_MEMBERS = 100
"""A household that has so many takes no more: each decision reads all of them, so a wrong id must not gather everybody."""


@dataclass(frozen=True, slots=True)
class _Move:
    """One try: from where to where, the household that is left and the one that is joined (empty: none)."""

    origin: CustomerRef
    source: CustomerRef
    target: CustomerRef
    left: str
    joined: str

    def members(self, household: str, bucket: int) -> str:
        """The key of a household's members; that of the customer stands for none."""
        return keys.household(CustomerRef(household, bucket)) if household else keys.customer(self.source)


class RedisHouseholds:
    """Implements `Households`."""

    def __init__(self, client: StoreClient, reader: RedisReader, identity: StoreIdentity) -> None:
        self._client = client
        self._reader = reader
        self._identity = identity

    async def place(self, customer: CustomerRef, household: CustomerRef | None) -> int | None:
        """See `Households`."""
        origin = self._identity.origin(customer.ref)
        target = CustomerRef(customer.ref, household.bucket) if household else origin
        joined = household.ref if household else ""
        for _ in range(ATTEMPTS):
            state = (await self._reader.read([origin])).states[0]
            if state.household.ref == joined:
                return None
            await self._check_room(household)
            move = _Move(origin, located(origin, state), target, state.household.ref, joined)
            version = await self._try(move, state)
            if version is not None:
                return version
        raise Conflict("others change this customer all the time; try again", reason="CUSTOMER_CONTENDED")

    async def bring(self, customer: CustomerRef, state: CustomerState, bucket: int) -> bool:
        """Moves a record of nobody's household, as read, to a bucket. False when somebody was faster."""
        origin = self._identity.origin(customer.ref)
        move = _Move(origin, located(origin, state), CustomerRef(customer.ref, bucket), "", "")
        return await self._move(move, state.engagement_version) is not None

    async def _check_room(self, household: CustomerRef | None) -> None:
        if household and int(await self._client.one(("SCARD", keys.household(household)))) >= MOST_MEMBERS:
            text = f"the household has {MOST_MEMBERS} members already; is its id one that names nobody in particular?"
            raise FailedPrecondition(text, reason="HOUSEHOLD_FULL")

    async def _try(self, move: _Move, state: CustomerState) -> int | None:
        if move.source == move.target:
            return await self._rejoin(move, state.engagement_version)
        return await self._move(move, state.engagement_version)

    async def _rejoin(self, move: _Move, version: int) -> int | None:
        bucket = move.source.bucket
        places = (keys.customer(move.source), move.members(move.left, bucket), move.members(move.joined, bucket))
        flags = (int(bool(move.left)), int(bool(move.joined)))
        return int(await self._client.one(REJOIN.call(places, version, move.source.ref, move.joined, *flags))) or None

    async def _move(self, move: _Move, version: int) -> int | None:
        """The profile version after it, None when somebody was faster."""
        here = (keys.customer(move.source), keys.due(move.source.bucket))
        told = await self._client.one(ANNOUNCE.call(here, version, move.source.ref))
        if not told:
            return None
        fields, due_ms = dict(_pairs(told[0])), told[1] or b"0"
        announced, arriving = version + 1, version + 2
        profile_version = int(fields.get(b"pv", 0)) + 1
        fields |= {b"ev": b"%d" % arriving, b"pv": b"%d" % profile_version, b"h": move.joined.encode()}
        if not move.joined:
            del fields[b"h"]
        fields.pop(b"at", None)
        if not await self._arrive(move, arriving, fields, due_ms):
            return None
        pointer = f"{move.target.bucket}|{arriving}"
        left = (move.members(move.left, move.source.bucket),) if move.left else ()
        depart = DEPART.call((*here, *left), announced, pointer, arriving, move.source.ref)
        if not await self._client.one(depart):
            places = self._target(move)
            joined = int(bool(move.joined))
            await self._client.one(RETRACT.call(places, arriving, move.source.ref, joined))
            return None
        await self._shorten(move, pointer, arriving)
        return profile_version

    async def _arrive(self, move: _Move, version: int, fields: dict[bytes, Any], due_ms: bytes) -> bool:
        requests = await self._requests(move.source, fields.get(b"l", b""))
        places = (*self._target(move), *(keys.request(move.target.bucket, key) for key in requests))
        meta = (version, move.target.ref, bool(move.joined))
        parts = [part for pair in fields.items() for part in pair]
        records = [part for record in requests.values() for part in record]
        arrive = ARRIVE.call(places, script_blob(meta), script_blob(parts), due_ms, script_blob(records))
        return bool(await self._client.one(arrive))

    def _target(self, move: _Move) -> tuple[str, str, str]:
        """The keys of the new place: customer, timers, members."""
        target = move.target
        members = keys.household(CustomerRef(move.joined, target.bucket)) if move.joined else keys.customer(target)
        return keys.customer(target), keys.due(target.bucket), members

    async def _requests(self, source: CustomerRef, ledger: bytes) -> dict[str, tuple[bytes, int]]:
        """The idempotency records that are still kept of the decisions in the ledger, by request key."""
        decided = {contact.decision_id.rpartition("-")[2] for contact in decode_ledger(ledger) if contact.decision_id}
        named = sorted(decided)
        commands: list[Command] = []
        for key in named:
            place = keys.request(source.bucket, key)
            commands += [("GET", place), ("PTTL", place)]
        replies = await self._client.run(commands) if commands else []
        kept = zip(named, replies[::2], replies[1::2], strict=True)
        return {key: (record, ttl) for key, record, ttl in kept if record is not None and ttl > 0}

    async def _shorten(self, move: _Move, pointer: str, version: int) -> None:
        """Takes the detour out of the way. When it fails the way is longer, and still right."""
        commands = [REDIRECT.call([keys.customer(move.target)], pointer, version, 1)]
        if move.origin not in (move.source, move.target):
            commands.append(REDIRECT.call([keys.customer(move.origin)], pointer, version, 0))
        await self._client.run_each(commands)


def _pairs(parts: list[bytes]) -> list[tuple[bytes, bytes]]:
    return list(zip(parts[::2], parts[1::2], strict=True))
