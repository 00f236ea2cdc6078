"""How the engine gets its memory: the environment in which it is started. Every name in it is a wish: where it cannot be met, the
engine runs as it would have without.

Each decision's bytes are allocated and freed a dozen times inside the engine, in pieces of several kB: with the C library's
allocator as it comes that is a fifth of what the engine does.
"""

from __future__ import annotations

import mmap
import os
import platform
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice

NAMES = ("GLIBC_TUNABLES", "LD_PRELOAD", "MALLOC_CONF")
"""What tells a process which allocator it has, and how that behaves."""
_SMALL_COPIES = (5, 8)
"""Since this version of Linux a page that a rewriting child shares is copied by 4 kB, also out of a huge one."""

_TUNABLES = {
    "mxfast": 0,  # nothing is put aside, to be merged later in the midst of a command
    "tcache_count": 1000,  # pieces up to 1 kB are handed out again without looking for them: 33 MB at the most
    "top_pad": 16 << 20,  # bytes that are asked of the system at once
    "trim_threshold": 64 << 20,  # free bytes that are kept: a journal that was trimmed grows again
    "mmap_threshold": 32 << 20,  # a batch's buffers are not asked of the system each time
}


_HUGE = 2 << 20
"""Bytes of a huge page."""
_TRIED, _SLOW, _SLOW_S = 32, 4, 0.002
"""So many huge pages are tried; where so many take so long they are no gain. To clear one takes a third of a millisecond. Where a
virtual machine's host takes back what is free, and has to find it again, it takes 6 to 10: one decision in two hundred would wait
for that, and all behind it. The first dozen may have been used a moment ago."""


def environment(given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The engine's environment: `given`, and what makes memory cheap.

    Whoever has set one of the names has chosen: then nothing is added.
    """
    if platform.system() != "Linux" or any(name in given for name in NAMES):
        return dict(given)
    huge = huge_pages(platform.release(), _touched)
    tunables = ":".join(
        f"glibc.malloc.{name}={value}" for name, value in (_TUNABLES | ({"hugetlb": 1} if huge else {})).items()
    )
    return dict(given) | {"GLIBC_TUNABLES": tunables}


def huge_pages(release: str, touched: Callable[[], Iterable[float]]) -> bool:
    """Whether the engine asks for huge pages: a store grows with hardly a page fault, and forks in less time.

    Only on a system of a version that copies small ones, and where they are had without a wait: `touched` tells the seconds of
    some. Where the system gives them to everybody unasked (`always`), the engine itself declines them.
    """
    version = re.match(r"(\d+)\.(\d+)", release)
    if version is None or (int(version[1]), int(version[2])) < _SMALL_COPIES:
        return False
    slow = (taken for taken in touched() if taken > _SLOW_S)
    return len(list(islice(slow, _SLOW))) < _SLOW


def _touched() -> Iterator[float]:
    """Seconds until a huge page that this process has not used yet can be written to, one after the other; none where they cannot
    be had."""
    with suppress(OSError), mmap.mmap(-1, (_TRIED + 1) * _HUGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory.madvise(mmap.MADV_HUGEPAGE)
        for place in range(_HUGE, len(memory), _HUGE):
            started = time.perf_counter()
            memory[place - 1] = 1
            yield time.perf_counter() - started
