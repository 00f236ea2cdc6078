"""A store whose primary is named by sentinels: asked at the begin, every second while it is used, and at once when it is lost.

Commands go to one server, as without sentinels. A write that a failover caught has an unknown effect, like any other.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

from redis.exceptions import ReadOnlyError

from nba_server.adapters.redis.client import Command, Script, StoreClient, facts_of, replies_of
from nba_server.adapters.redis.link import Link
from nba_server.errors import StoreUnavailable
from nba_server.tasks import ended

SCHEMES = {"redis+sentinel://": "redis://", "rediss+sentinel://": "rediss://"}
REFRESH_S = 1.0
"""An answer of the sentinels that is older is asked for again, so that a primary that was cut off is not used for long."""
ROUNDS = 2
"""What a former primary refused, since it is a replica now, is sent once more to the new one."""


class SentinelClient(StoreClient):
    """`sentinels` are their links; `link_to` makes that of an address. Nothing is sent yet."""

    def __init__(
        self, service: str, sentinels: Sequence[Link], link_to: Callable[[str], Link], scripts: Sequence[Script]
    ) -> None:
        super().__init__(sentinels[0], scripts)
        self._service = service
        self._sentinels = list(sentinels)
        self._link_to = link_to
        self._primary: Link | None = None
        self._links: dict[str, Link] = {}
        self._asked = 0.0
        self._asking: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Closes the connections to the primary, the former ones and the sentinels."""
        await ended(self._asking)
        await asyncio.gather(*(link.close() for link in (*self._sentinels, *self._links.values())))

    @property
    def available(self) -> bool:
        """False while no primary is known that answers."""
        return self._primary is not None and not self._primary.breaker.is_open

    async def facts(self) -> list[dict[str, Any]]:
        """Of the primary."""
        await self._ask_again()
        return [await facts_of(self._known())]

    async def _send(self, commands: Sequence[Command], *, prompt: bool, confirmed: bool) -> list[Any]:
        if time.monotonic() - self._asked > REFRESH_S:
            await self._ask_again(wait=self._primary is None)
        replies: list[Any] = []
        for _ in range(ROUNDS):
            if self._primary is None:
                return [_unknown(self._service)] * len(commands)
            link = self._primary
            replies = await replies_of(link, commands, prompt=prompt, confirmed=confirmed)
            if not any(isinstance(reply, (StoreUnavailable, ReadOnlyError)) for reply in replies):
                return replies
            await self._ask_again()
            if self._primary is link or not all(isinstance(reply, ReadOnlyError) for reply in replies):
                break
        return [_replica(reply) if isinstance(reply, ReadOnlyError) else reply for reply in replies]

    async def _ask_again(self, *, wait: bool = True) -> None:
        """Callers who want to know at the same time share one asking."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask(), name="sentinels")
        if wait:
            await asyncio.wait([self._asking])

    async def _ask(self) -> None:
        """The first sentinel that answers is believed, and asked first from then on; while none does the old primary stays."""
        for sentinel in tuple(self._sentinels):
            command = ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._service)
            (reply,) = await replies_of(sentinel, [command], prompt=True, confirmed=False)
            if not isinstance(reply, list) or len(reply) != 2:
                continue
            self._asked = time.monotonic()
            self._sentinels.remove(sentinel)
            self._sentinels.insert(0, sentinel)
            address = f"{_text(reply[0])}:{_text(reply[1])}"
            if address not in self._links:  # links of former primaries stay: answers may be owed there
                self._links[address] = self._link_to(address)
            self._primary = self._links[address]
            return

    def _known(self) -> Link:
        if self._primary is None:
            raise _unknown(self._service)
        return self._primary


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _unknown(service: str) -> StoreUnavailable:
    return StoreUnavailable("The store does not answer.", detail=f"no sentinel names a primary of {service!r}")


def _replica(error: ReadOnlyError) -> StoreUnavailable:
    return StoreUnavailable("The store is changing its primary; try again.", detail=str(error))
