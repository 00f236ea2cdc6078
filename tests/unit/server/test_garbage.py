"""Cycles are collected by the clock while a worker serves, and as ever afterwards."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from nba_server.processes import garbage


class _Cycle:
    """Holds itself."""

    def __init__(self) -> None:
        self.itself = self


async def test_cycles_are_collected_beside_the_decisions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Automatic collection is off meanwhile, garbage goes all the same, and nothing of it stays switched off."""
    monkeypatch.setattr(garbage, "EVERY_S", 0.001)
    async with garbage.collected_beside():
        assert not gc.isenabled()
        gone = weakref.ref(_Cycle())
        async with asyncio.timeout(10):
            while True:
                if gone() is None:
                    break
                await asyncio.sleep(0)
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
