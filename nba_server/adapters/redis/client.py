"""Commands of a batch in one round trip, scripts by hash, every failure as `StoreUnavailable`.

Knows links and scripts and nothing of customers. Commands are tuples; replies are what the engine answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from redis.exceptions import NoScriptError, RedisError

from nba_server.adapters.redis.link import Argument, Command, Link
from nba_server.errors import StoreUnavailable

__all__ = ["Argument", "Command", "Script", "StoreClient"]


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script and its hash."""

    source: str
    sha: str

    @classmethod
    def load(cls, *names: str) -> Script:
        """Joins script files of this package; `clock.lua` first where a script needs the time."""
        folder = files("nba_server.adapters.redis") / "scripts"
        source = "\n".join((folder / name).read_text(encoding="utf-8") for name in names)
        return cls(source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest())

    def call(self, keys: Sequence[str], *arguments: Argument) -> Command:
        """The command that runs the script."""
        return ("EVALSHA", self.sha, len(keys), *keys, *arguments)


class StoreClient:
    """Runs commands on one server. One object a process and event loop."""

    spread = False
    """Whether customers are spread over several servers, each of which may fail alone."""

    def __init__(self, link: Link, scripts: Sequence[Script]) -> None:
        self._link = link
        self._scripts = {script.sha: script for script in scripts}

    async def close(self) -> None:
        """Closes all connections."""
        await self._link.close()

    @property
    def available(self) -> bool:
        """False while calls are refused because the store does not answer."""
        return not self._link.breaker.is_open

    async def run(self, commands: Sequence[Command], *, prompt: bool = False, confirmed: bool = False) -> list[Any]:
        """Replies in the order of the commands, in one round trip. Raises `StoreUnavailable`.

        `prompt` and `confirmed` as in `Link.send`: for the path of decisions, and for writes of customers.
        """
        replies = await self.run_each(commands, prompt=prompt, confirmed=confirmed)
        for reply in replies:
            if isinstance(reply, StoreUnavailable):
                raise reply
        return replies

    async def run_each(
        self, commands: Sequence[Command], *, prompt: bool = False, confirmed: bool = False
    ) -> list[Any]:
        """As `run`, with each failure as a `StoreUnavailable` in the place of its reply; nothing is raised."""
        if not commands:
            return []
        replies = await self._send(commands, prompt=prompt, confirmed=confirmed)
        failed = [i for i, reply in enumerate(replies) if isinstance(reply, Exception)]
        if not failed:
            return replies
        unknown = [i for i in failed if isinstance(replies[i], NoScriptError)]
        if unknown:  # the engine lost them: a restart, a failover, a flush; with the source it cannot miss again
            sourced = [self._with_source(commands[i]) for i in unknown]
            again = await self._send(sourced, prompt=prompt, confirmed=confirmed)
            for i, reply in zip(unknown, again, strict=True):
                replies[i] = reply
        return [refusal(reply) if isinstance(reply, RedisError) else reply for reply in replies]

    def exchange(self, payload: bytes, owed: int, *, confirmed: bool) -> Awaitable[list[Any]]:
        """Replies to packed commands, which the path of decisions asks for; refusals as the engine's errors in their places.

        Raises `StoreUnavailable` where nothing is answered.
        """
        return self._link.exchange(payload, owed, confirmed=confirmed)

    async def one(self, command: Command, *, prompt: bool = False) -> Any:
        """The reply to one command. Raises `StoreUnavailable`."""
        return (await self.run((command,), prompt=prompt))[0]

    def groups(self, buckets: int) -> list[range]:
        """The buckets whose keys one command may name together: all of them, or in a cluster each by itself."""
        return [range(buckets)]

    async def facts(self) -> list[dict[str, Any]]:
        """What INFO and the configuration say, of each server that takes writes. Raises `StoreUnavailable`."""
        return [await facts_of(self._link)]

    async def _send(self, commands: Sequence[Command], *, prompt: bool, confirmed: bool) -> list[Any]:
        """A reply, a `StoreUnavailable` or an error of the engine in each place."""
        return await replies_of(self._link, commands, prompt=prompt, confirmed=confirmed)

    def _with_source(self, command: Command) -> Command:
        return ("EVAL", self._scripts[str(command[1])].source, *command[2:])


async def replies_of(link: Link, commands: Sequence[Command], *, prompt: bool, confirmed: bool) -> list[Any]:
    """The link's replies, its failure in the place of each."""
    try:
        return await link.send(commands, prompt=prompt, confirmed=confirmed)
    except StoreUnavailable as error:
        return [error] * len(commands)


async def facts_of(link: Link) -> dict[str, Any]:
    """INFO of one server, and how many replicas it wants before it takes writes (None where it does not tell)."""
    info, wanted = await link.send([("INFO", "everything"), ("CONFIG", "GET", "min-replicas-to-write")])
    if isinstance(info, Exception):
        raise refusal(info) from info
    facts = dict(info)
    told = isinstance(wanted, list) and len(wanted) == 2
    facts["min_replicas_to_write"] = int(wanted[1]) if told else None
    return facts


def refused(words: str) -> StoreUnavailable:
    """The engine lives, but does not do what it was told; `words` are its own, for the log."""
    return StoreUnavailable("The store refused a command.", detail=words)


def refusal(error: Exception) -> StoreUnavailable:
    """As `refused`, of what the engine replied."""
    unavailable = refused(str(error))
    unavailable.__cause__ = error
    return unavailable
