"""How the engine gets its memory: the environment in which it is started. Every name in it is a wish: where it cannot be met, the
engine runs as it would have without.

Each decision's bytes are allocated and freed a dozen times inside the engine, in pieces of several kB: with the C library's
allocator as it comes that is a fifth of what the engine does.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping

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


def environment(given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The engine's environment: `given`, and what makes memory cheap.

    Whoever has set one of the names has chosen: then nothing is added.
    """
    if platform.system() != "Linux" or any(name in given for name in NAMES):
        return dict(given)
    wishes = _TUNABLES | ({"hugetlb": 1} if huge_pages(platform.release()) else {})
    tunables = ":".join(f"glibc.malloc.{name}={value}" for name, value in wishes.items())
    return dict(given) | {"GLIBC_TUNABLES": tunables}


def huge_pages(release: str) -> bool:
    """Whether a system of this version is asked for huge pages: a store grows with hardly a page fault, and forks in less time.

    Where the system gives them to everybody unasked (`always`), the engine itself declines them.
    """
    version = re.match(r"(\d+)\.(\d+)", release)
    return version is not None and (int(version[1]), int(version[2])) >= _SMALL_COPIES
