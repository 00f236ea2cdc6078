"""Calls that have gone are taken off their requests: at once, or when it is certain, and again when the store was away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from nba_server.application.abandoned import Abandoned
from nba_server.application.ports import Attempt, CustomerRef, HeldContact, Release, ReleaseStatus
from nba_server.errors import StoreUnavailable
from tests.plain_formats import PlainJournal


def attempt(name: str) -> Attempt:
    """A call of one customer."""
    return Attempt(CustomerRef("f" * 32, 1), "key", name)


@dataclass
class Desk:
    """A store that releases one contact per call; `down` many calls fail first."""

    down: int = 0
    released: list[tuple[str, dict[str, bytes]]] = field(default_factory=list)
    seen: asyncio.Event = field(default_factory=asyncio.Event)

    async def release(self, attempt: Attempt, entries: Mapping[str, bytes]) -> Release:
        """First asks for the entry."""
        if self.down:
            self.down -= 1
            raise StoreUnavailable("away")
        if not entries:
            return Release(ReleaseStatus.WANTED, "d1", 1000, (HeldContact("d1:a1", "a1", "web"),))
        self.released.append((attempt.name, dict(entries)))
        self.seen.set()
        return Release(ReleaseStatus.RELEASED)


@asynccontextmanager
async def working(desk: Desk, settle_s: float = 0.0) -> AsyncIterator[Abandoned]:
    """At work meanwhile."""
    abandoned = Abandoned(desk, PlainJournal(), settle_s=settle_s)
    abandoned.start()
    yield abandoned
    await abandoned.stop()


async def test_a_call_that_has_gone_is_released_at_once_with_an_entry() -> None:
    """The journal says of each contact that it was not delivered, by the server."""
    desk = Desk()
    async with working(desk) as abandoned:
        abandoned.gone(attempt("one"))
        await asyncio.wait_for(desk.seen.wait(), 5)
    assert desk.released == [("one", {"d1:a1": b"d1:a1 delivery_failed server"})]
    assert abandoned.waiting == 0


async def test_an_unanswered_commit_is_looked_at_when_it_is_certain() -> None:
    """Not before its time has passed, since it might still happen."""
    desk = Desk()
    async with working(desk, settle_s=3600.0) as abandoned:
        abandoned.unsettled(attempt("one"))
        abandoned.gone(attempt("two"))
        await asyncio.wait_for(desk.seen.wait(), 5)
        assert abandoned.waiting == 1
    assert [name for name, _ in desk.released] == ["two"]
    desk = Desk()
    async with working(desk) as abandoned:
        abandoned.unsettled(attempt("one"))
        await asyncio.wait_for(desk.seen.wait(), 5)


async def test_a_store_that_is_away_is_asked_again() -> None:
    """Nothing is forgotten; the order stays."""
    desk = Desk(down=3)
    async with working(desk) as abandoned:
        for name in ("one", "two"):
            abandoned.gone(attempt(name))
        async with asyncio.timeout(10):
            while True:
                if len(desk.released) == 2:
                    break
                await asyncio.sleep(0.01)
    assert sorted(name for name, _ in desk.released) == ["one", "two"]


async def test_what_is_certain_is_released_before_the_end() -> None:
    """A call noted just before the stop is served by it."""
    desk = Desk()
    async with working(desk) as abandoned:
        abandoned.gone(attempt("one"))
    assert [name for name, _ in desk.released] == ["one"]
