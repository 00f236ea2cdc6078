"""Gives memory that nothing uses back to the system.

Loading a model and making its tables takes tens of MB for a moment, in threads of which each has a heap of its own. Glibc keeps
the pages of what was freed in the midst of a heap: a process grew with changes of what serves, although nothing was kept.
"""

from __future__ import annotations

import ctypes


def give_back() -> None:
    """To be called in a thread, where something large was let go. It takes milliseconds, in which others may have to wait for
    memory. Does nothing without glibc."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
