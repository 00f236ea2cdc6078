"""A list of named versions, one of which is live: what catalogue snapshots and models have in common.

Which one is live changes atomically, with a note in an audit stream.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.client import Command, StoreClient
from nba_server.adapters.redis.scripts import MARK, POINT
from nba_server.errors import FailedPrecondition, NotFound


@dataclass(frozen=True, slots=True)
class PointerChange:
    """An entry of the audit: what became live when, what was live before, and why."""

    at_ms: int
    live: str
    before: str
    note: str


class Pointer:
    """`prefix` is a key prefix with a hash tag, so that all its keys live in one slot."""

    def __init__(self, client: StoreClient, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def key(self, part: str) -> str:
        """A key of this list's slot."""
        return f"{self._prefix}:{part}"

    def listing(self, name: str, meta: Mapping[str, str]) -> Command:
        """The command that puts a version on the list; the first note of it stands."""
        return ("HSETNX", self.key("list"), name, json.dumps(dict(meta)))

    async def live(self) -> str:
        """The live version; empty when there is none yet."""
        return await self._text("live")

    async def previous(self) -> str:
        """What was live before; empty when there was nothing."""
        return await self._text("previous")

    async def set_live(self, name: str, note: str, fence: int | None, lease: str) -> bool:
        """Makes a version live. False when the lease with `fence` is lost. Raises `NotFound`."""
        reply = await self._client.one(
            POINT.call(
                (*(self.key(part) for part in ("list", "live", "previous", "audit")), self._lease_key(lease)),
                name,
                note,
                "" if fence is None else str(fence),
            )
        )
        if reply == 0:
            raise NotFound(f"`{name}` was never published to this store.")
        return bool(reply == 1)

    async def versions(self) -> list[Mapping[str, str]]:
        """Versions, newest first, each with its note and `live` (`1` or `0`). A note has `published_ms`."""
        listed, live = await self._client.run([("HGETALL", self.key("list")), ("GET", self.key("live"))])
        rows = [{**json.loads(meta), "live": "1" if name == live else "0"} for name, meta in listed.items()]
        rows.sort(key=lambda row: int(row["published_ms"]), reverse=True)
        return list(rows)

    async def audit(self, limit: int) -> list[PointerChange]:
        """The last changes of what is live, newest first."""
        reply = await self._client.one(("XREVRANGE", self.key("audit"), "+", "-", "COUNT", limit))
        return [
            PointerChange(
                at_ms=int(stream_id.partition(b"-")[0]),
                live=fields[b"live"].decode(),
                before=fields[b"before"].decode(),
                note=fields[b"note"].decode(),
            )
            for stream_id, fields in reply
        ]

    async def state(self) -> dict[str, str]:
        """What else is kept beside the pointer, by field."""
        found = await self._client.one(("HGETALL", self.key("state")))
        return {name.decode(): value.decode() for name, value in found.items()}

    async def mark(self, field: str, value: str, expected: str, fence: int | None, lease: str, note: str) -> int:
        """Changes a field from `expected`. 1: done, 0: it is something else by now, -1: the lease is lost."""
        keys_ = (*(self.key(part) for part in ("state", "audit", "live")), self._lease_key(lease))
        fenced = "" if fence is None else str(fence)
        return int(await self._client.one(MARK.call(keys_, field, value, expected, fenced, note)))

    async def _text(self, part: str) -> str:
        value = await self._client.one(("GET", self.key(part)))
        return value.decode() if value else ""

    def _lease_key(self, lease: str) -> str:
        if not lease:
            return self.key("no-lease")
        if self._prefix != keys.MODELS:
            raise FailedPrecondition("Leases guard models only.")
        return keys.lease(lease)
