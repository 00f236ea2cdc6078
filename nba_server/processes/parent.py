"""Makes a child process end when its parent does, however the parent ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

PARENT = "NBA_SUPERVISOR_PID"
"""Variable that names the parent's process id; without it a process stands alone."""
_PR_SET_PDEATHSIG = 1
_POLL_S = 1.0


def end_with_parent(environ: dict[str, str] | os._Environ[str] = os.environ) -> None:
    """Asks the kernel for SIGTERM at the parent's death, and looks itself where the kernel cannot (or was too late)."""
    parent = int(environ.get(PARENT, "0"))
    if not parent:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    threading.Thread(target=_watch, args=(parent,), name="parent-watch", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL_S)
    os.kill(os.getpid(), signal.SIGTERM)
