"""Answers that are waited for in place, from a store that says odd things just then: nothing is lost, doubled or believed."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from redis.exceptions import BusyLoadingError
from redis.exceptions import ConnectionError as LostConnection

from nba_server.adapters.redis import wires
from nba_server.adapters.redis.link import Link
from nba_server.adapters.redis.settings import StoreSettings
from nba_server.errors import StoreUnavailable

PONG = b"+PONG\r\n"


@dataclass
class Odd:
    """A store in a thread of its own: each batch of PINGs gets the next of `answers`, else what it should get.

    Of an answer in two parts the second waits for `go_on`; an empty one closes the connection.
    """

    answers: list[tuple[bytes, ...]] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)
    asked: int = 0
    connections: int = 0

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """No more connections; the one that there is ends with its client."""
        self._listening.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                link, _ = self._listening.accept()
                self.connections += 1
                threading.Thread(target=self._answer, args=(link,), daemon=True).start()

    def _answer(self, link: socket.socket) -> None:
        with contextlib.suppress(OSError), link:
            while data := link.recv(1 << 16):
                if b"PING" not in data:
                    link.sendall(b"+OK\r\n" * (data.count(b"\r\n*") + 1))
                    continue
                self.asked += 1
                parts = self.answers.pop(0) if self.answers else (PONG * data.count(b"PING"),)
                if not parts:
                    return
                link.sendall(parts[0])
                for part in parts[1:]:
                    self.go_on.wait(20)
                    link.sendall(part)


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> Iterator[Odd]:
    """One whose answers are waited for in place however long they take."""
    monkeypatch.setattr(wires, "IN_PLACE_S", 20.0)
    store = Odd()
    yield store
    store.close()


class Asking:
    """Batches of PINGs: reads, each on an idle connection, or writes, which go in line."""

    def __init__(self, store: Odd, *, retries: int, lined: bool) -> None:
        self._link = Link.to(store.url, StoreSettings(read_timeout_s=5.0, retries=retries))
        self._lined = lined

    async def __aenter__(self) -> Asking:
        """With a connection that nothing is under way on."""
        assert await self.pinged() == [b"PONG"]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._link.close()

    async def pinged(self, times: int = 1) -> list[object]:
        """What is answered to so many PINGs in one batch."""
        return await self._link.send([("PING",)] * times, prompt=True, confirmed=self._lined)


LINED = pytest.mark.parametrize("lined", [False, True], ids=["read", "write"])


@LINED
async def test_what_comes_later_is_not_lost(odd: Odd, lined: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the answers, and the rest when nobody waits in place any more."""
    async with Asking(odd, retries=0, lined=lined) as asking:
        monkeypatch.setattr(wires, "IN_PLACE_S", 0.05)
        odd.answers.append((PONG + b"+PO", b"NG\r\n" + PONG))
        asyncio.get_running_loop().call_soon(odd.go_on.set)  # not before the loop has a turn
        assert await asking.pinged(3) == [b"PONG"] * 3
        assert await asking.pinged() == [b"PONG"]
    assert odd.connections == 1


@LINED
async def test_a_connection_lost_meanwhile_is_one_more_try(odd: Odd, lined: bool) -> None:
    """On a new connection; without tries left it is an error."""
    async with Asking(odd, retries=1, lined=lined) as asking:
        odd.answers.append(())
        assert await asking.pinged(2) == [b"PONG"] * 2
        assert odd.asked == 3
        odd.answers += [(), ()]
        with pytest.raises(StoreUnavailable):
            await asking.pinged()


@LINED
@pytest.mark.parametrize("said", [b"?what\r\n", PONG * 2])
async def test_who_says_anything_else_is_not_listened_to(odd: Odd, lined: bool, said: bytes) -> None:
    """Neither is what came before it; the next batch has a connection of its own."""
    async with Asking(odd, retries=0, lined=lined) as asking:
        odd.answers.append((said,))
        with pytest.raises(StoreUnavailable) as refused:
            await asking.pinged()
        assert isinstance(refused.value.__cause__, LostConnection)
        assert await asking.pinged() == [b"PONG"]
    assert odd.connections == 2


@LINED
async def test_a_store_that_loads_has_no_answers_yet(odd: Odd, lined: bool) -> None:
    """It is asked once more, says so, and is asked again later, all on the same connection."""
    async with Asking(odd, retries=1, lined=lined) as asking:
        odd.answers += [(b"-LOADING it reads its data\r\n",)] * 2
        with pytest.raises(StoreUnavailable) as refused:
            await asking.pinged()
        assert isinstance(refused.value.__cause__, BusyLoadingError)
        assert await asking.pinged() == [b"PONG"]
    assert odd.connections == 1
