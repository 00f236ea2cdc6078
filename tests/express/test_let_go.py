"""What served before goes: tables, models and catalogues by reference counts alone, and their memory back to the system."""

from __future__ import annotations

import ctypes
import gc
import os
import platform
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from nba_server.adapters.express import compiled
from nba_server.adapters.express.lane import KEPT, CompiledLane
from nba_server.adapters.heap import give_back
from nba_server.transport.grpc.codec.answer import AnswerCodec
from tests.express.worlds import World, world

_BLOCKS, _BYTES = 400, 100_000
"""Below the size from which each block is asked of the system by itself."""


@pytest.fixture
def uncollected() -> Iterator[None]:
    """No cycle is collected meanwhile: a worker collects by the clock, and a catalogue must not wait for that."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.skipif(bool(compiled()), reason=f"no express lane: {compiled()}")
@pytest.mark.usefixtures("uncollected")
def test_nothing_of_what_served_before_is_kept() -> None:
    """After more changes than pairs are kept, nobody holds the first of them any more."""
    lane = CompiledLane(AnswerCodec(), remember_ms=86_400_000, server_version="1.2.3")
    gone = _served(lane, world(1, requests=4))
    for seed in range(2, 2 + KEPT):
        later = world(seed, requests=4)
        lane.ready(later.catalog, later.scorer)
        lane.take(later.asked, later.catalog, later.scorer)
    assert [name for name, reference in gone.items() if reference() is not None] == []


def _served(lane: CompiledLane, given: World) -> dict[str, weakref.ref[object]]:
    """Decides with a world's tables; what they are made of, without holding it."""
    lane.ready(given.catalog, given.scorer)
    lane.take(given.asked, given.catalog, given.scorer)
    core = lane.core(given.catalog, given.scorer)
    assert core is not None
    assert core.lane is not None
    values = given.catalog.values  # a catalogue has slots; its arrays go with it
    return {
        "scorer": weakref.ref(given.scorer),
        "catalogue": weakref.ref(values),
        "model": weakref.ref(given.scorer.kernel),
    }


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the heap is not glibc's")
def test_what_was_freed_in_the_midst_of_a_heap_goes_back() -> None:
    """One block behind them keeps the pages of all others, until they are given back."""
    heap = ctypes.CDLL(None)
    heap.malloc.restype, heap.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    heap.free.argtypes = [ctypes.c_void_p]
    blocks = [heap.malloc(_BYTES) for _ in range(_BLOCKS)]
    for block in blocks:
        ctypes.memset(block, 1, _BYTES)
    for block in blocks[:-1]:
        heap.free(block)
    before = _resident()
    give_back()
    given = before - _resident()
    heap.free(blocks[-1])
    assert given > _BLOCKS * _BYTES / 2


def _resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
