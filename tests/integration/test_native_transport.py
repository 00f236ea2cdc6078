"""What the native transport has of its own: calls that go before they begin, no TLS, its writing thread."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nba_server.errors import InvalidArgument
from nba_server.settings import NATIVE, Settings
from nba_server.transport.native.front import CROWD
from nba_server.transport.native.server import NativeServer
from nba_server.transport.native.writers import WRITER
from tests.integration.kitchen import ECHO, HERE, SLOW, Kitchen, called, channel, started


@pytest.fixture
async def front(kitchen: Kitchen) -> AsyncIterator[NativeServer]:
    """A native server of the kitchen's methods."""
    async with started(NativeServer(HERE), kitchen.methods) as made:
        yield made


async def test_who_goes_before_the_handler_begins_leaves_nothing_behind(front: NativeServer) -> None:
    """Come and gone in one look: nobody waits for such a call when the server leaves."""
    front._begin(7, [name for name, _ in front._methods].index(SLOW), b"", (), None)
    assert front._gone(7)
    for _ in range(3):
        await asyncio.sleep(0)
    assert 7 not in front._under_way


def test_tls_names_the_setting(tmp_path: Path) -> None:
    """The native transport has none, and says so before anything starts."""
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).touch()
    flags = {"transport": NATIVE, "tls_cert": str(tmp_path / "cert.pem"), "tls_key": str(tmp_path / "key.pem")}
    with pytest.raises(InvalidArgument) as raised:
        Settings.load(flags, {})
    assert [violation.field for violation in raised.value.violations] == ["--transport"]
    assert "native has no TLS" in raised.value.violations[0].message


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="only Linux knows threads that do not interrupt")
async def test_the_writing_thread_lets_the_loop_finish_its_batch_in_a_crowd(
    kitchen: Kitchen, front: NativeServer
) -> None:
    """Answers of a batch leave together instead of one by one, where both share a core; a lone one waits for nobody."""
    writers = await asyncio.to_thread(_threads, WRITER)
    assert writers

    async def asked_until(policy: int) -> None:
        async with asyncio.timeout(20):
            while {os.sched_getscheduler(number) for number in writers} != {policy}:
                assert await called(link, ECHO, b"one") == b"one"

    async with channel(front) as link:
        await asked_until(os.SCHED_OTHER)
        crowd = [asyncio.ensure_future(called(link, SLOW, b"")) for _ in range(CROWD)]
        await asked_until(os.SCHED_BATCH)
        kitchen.let_go.set()
        await asyncio.gather(*crowd)
        await asked_until(os.SCHED_OTHER)


def _threads(name: str) -> list[int]:
    """Of this process, by the beginning of their name."""
    tasks = Path("/proc/self/task").iterdir()
    return [int(task.name) for task in tasks if (task / "comm").read_text().startswith(name)]
