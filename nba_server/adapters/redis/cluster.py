"""The same commands on a cluster: each goes to the server of its slot, all servers in parallel, each failing alone.

Follows slots that moved (MOVED), are moving (ASK, TRYAGAIN) or changed hands in a failover. `WAIT`, breaker and patience
are those of each server's link.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from redis.exceptions import AskError, ClusterDownError, MasterDownError, MovedError, ReadOnlyError, TryAgainError

from nba_server.adapters.redis.client import Command, Script, StoreClient, facts_of, replies_of
from nba_server.adapters.redis.link import Link
from nba_server.adapters.redis.slots import SlotMap, slot_of
from nba_server.errors import StoreUnavailable
from nba_server.tasks import ended

SCHEMES = {"redis+cluster://": "redis://", "rediss+cluster://": "rediss://"}

ROUNDS = 6
"""How often a command is sent on its way to the right server."""
PAUSE_S = 0.02
"""Between rounds, while a slot is on its way; it grows with each round."""
REFRESH_S = 1.0
"""A map older than this is read again when it is used."""

_ELSEWHERE = (MovedError, AskError, TryAgainError, ClusterDownError, MasterDownError, ReadOnlyError)


class ClusterClient(StoreClient):
    """`link_to` makes the link of an address; `seed` is any server of the cluster. Nothing is sent yet."""

    spread = True

    def __init__(self, seed: str, link_to: Callable[[str], Link], scripts: Sequence[Script]) -> None:
        self._links = {seed: link_to(seed)}
        super().__init__(self._links[seed], scripts)
        self._link_to = link_to
        self._slots = SlotMap()
        self._refreshed = 0.0
        self._refreshing: asyncio.Task[None] | None = None
        self._seed = seed
        self._strangers: list[Link] = []

    async def close(self) -> None:
        """Closes the connections to all servers."""
        await ended(self._refreshing)
        await asyncio.gather(*(link.close() for link in (*self._links.values(), *self._strangers)))

    @property
    def available(self) -> bool:
        """False while any server that owns slots does not answer."""
        return not any(self._to(owner).breaker.is_open for owner in self._slots.primaries)

    def groups(self, buckets: int) -> list[range]:
        """Each bucket has a slot of its own."""
        return [range(bucket, bucket + 1) for bucket in range(buckets)]

    async def facts(self) -> list[dict[str, Any]]:
        """Of every primary."""
        await self._refresh("")
        if not self._slots.primaries:
            raise StoreUnavailable("The store does not answer.", detail=f"no slot map from {self._seed}")
        return [await facts_of(self._to(owner)) for owner in self._slots.primaries]

    async def _send(self, commands: Sequence[Command], *, prompt: bool, confirmed: bool) -> list[Any]:
        """In rounds: what is answered `elsewhere` is sent there, a lost server's share once more after a new map."""
        if time.monotonic() - self._refreshed > REFRESH_S:
            await self._map_again("")
        replies: list[Any] = [None] * len(commands)
        asking: dict[int, str] = {}
        waiting = list(range(len(commands)))
        for number in range(ROUNDS):
            targets = {i: asking.get(i) or self._slots.owner(slot_of(commands[i])) for i in waiting}
            by_server = {target: [i for i in waiting if targets[i] == target] for target in set(targets.values())}
            await asyncio.gather(
                *(
                    self._ask_server(server, places, commands, replies, asking, prompt, confirmed)
                    for server, places in by_server.items()
                )
            )
            again = [i for i in waiting if await self._comes_again(replies[i], commands[i], targets[i], i, asking)]
            if not again:
                break
            waiting = again
            if any(not isinstance(replies[i], (MovedError, AskError)) for i in again):
                await asyncio.sleep(PAUSE_S * (number + 1))
        return [_given_up(reply) if isinstance(reply, _ELSEWHERE) else reply for reply in replies]

    async def _ask_server(
        self,
        server: str,
        places: Sequence[int],
        commands: Sequence[Command],
        replies: list[Any],
        asking: dict[int, str],
        prompt: bool,
        confirmed: bool,
    ) -> None:
        """One round trip to one server; its replies take their places."""
        if not server:
            failure = StoreUnavailable("The store does not answer.", detail="no server owns the slot")
            for i in places:
                replies[i] = failure
            return
        sent: list[Command] = []
        for i in places:
            sent += [("ASKING",), commands[i]] if i in asking else [commands[i]]
        answers = iter(await replies_of(self._to(server), sent, prompt=prompt, confirmed=confirmed))
        for i in places:
            if i in asking:
                next(answers)
            replies[i] = next(answers)

    async def _comes_again(self, reply: Any, command: Command, server: str, place: int, asking: dict[int, str]) -> bool:
        """Whether a command is sent once more, and where to."""
        asking.pop(place, None)
        if isinstance(reply, MovedError):
            self._slots.moved(reply.slot_id, _address(reply, server))
            self._refresh_soon(server)
            return True
        if isinstance(reply, AskError):
            asking[place] = _address(reply, server)
            return True
        if isinstance(reply, _ELSEWHERE):
            await self._map_again(server)
            return True
        if isinstance(reply, StoreUnavailable) and not reply.metadata:
            before = self._slots.owner(slot_of(command))
            await self._map_again(server)
            return self._slots.owner(slot_of(command)) != before or before != server
        return False

    async def _map_again(self, suspect: str) -> None:
        """Waits for the map being read again, except where only a known one is refreshed."""
        self._refresh_soon(suspect)
        if self._refreshing is not None and (suspect or not self._slots.primaries):
            await asyncio.wait([self._refreshing])

    def _refresh_soon(self, suspect: str) -> None:
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self._refresh(suspect), name="slot-map")

    async def _refresh(self, suspect: str) -> None:
        """Asks the servers for the map, the suspect last; while none answers the old map stays."""
        known = list({*self._links, self._seed})
        random.shuffle(known)
        known.sort(key=lambda address: (address == suspect, address in self._links and self._is_open(address)))
        for address in known:
            replies = await replies_of(self._to(address), [("CLUSTER", "SLOTS")], prompt=True, confirmed=False)
            if isinstance(replies[0], list) and replies[0]:
                self._slots.learn(replies[0], address)
                self._refreshed = time.monotonic()
                await self._forget_strangers(replies[0], address)
                return

    async def _forget_strangers(self, told: Sequence[Any], asked: str) -> None:
        """Knows every server that was named, so that the map can be had from replicas too; closes links to others."""
        named = {
            f"{(n[0] or asked.rpartition(':')[0].encode()).decode()}:{n[1]}" for _, _, *nodes in told for n in nodes
        }
        for address in named:
            self._to(address)
        for address in set(self._links) - named - {self._seed}:
            self._strangers.append(self._links.pop(address))
        while self._strangers:
            await self._strangers[-1].close()
            self._strangers.pop()

    def _is_open(self, address: str) -> bool:
        return self._links[address].breaker.is_open

    def _to(self, address: str) -> Link:
        link = self._links.get(address)
        if link is None:
            link = self._links[address] = self._link_to(address)
        return link


def _address(reply: AskError, sender: str) -> str:
    """Where a reply points to; without a host it means the sender's."""
    return f"{reply.host or sender.rpartition(':')[0]}:{reply.port}"


def _given_up(reply: Exception) -> StoreUnavailable:
    return StoreUnavailable(
        "This part of the store is being moved; try again.", detail=f"{type(reply).__name__}: {reply}"
    )
