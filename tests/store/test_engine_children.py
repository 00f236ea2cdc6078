"""Who goes first where the engine shares a processor with what rewrites its file and with the archiver."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from redis import Redis

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.engine.children import YIELDS

TOLD = Path(f"/proc/self/task/{os.getpid()}/children").exists()
pytestmark = pytest.mark.skipif(not TOLD, reason="this system does not tell who a process's children are")


def _child_of(engine: EmbeddedEngine) -> int:
    """The child that rewrites; it takes seconds for what is in the store."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        children = Path(f"/proc/{engine.pid}/task/{engine.pid}/children").read_text(encoding="ascii").split()
        if children:
            return int(children[0])
    pytest.fail("the engine rewrites nothing")


def test_a_child_that_rewrites_the_file_yields_to_the_engine(tmp_path: Path) -> None:
    """Decisions keep their processor; the engine itself stays as it was."""
    with EmbeddedEngine.start(tmp_path) as engine, Redis.from_url(engine.url) as link:
        usual = os.getpriority(os.PRIO_PROCESS, engine.pid)
        link.mset({f"key{number}": number for number in range(200)})
        link.config_set("rdb-key-save-delay", 200_000)
        link.bgrewriteaof()
        child, deadline = _child_of(engine), time.monotonic() + 30
        while os.getpriority(os.PRIO_PROCESS, child) < YIELDS:
            assert time.monotonic() < deadline
        assert os.getpriority(os.PRIO_PROCESS, engine.pid) == usual


def test_the_archivers_niceness_counts_beside_the_engine(tmp_path: Path) -> None:
    """In one session with it, as Linux shares a processor between sessions first; and Ctrl-C does not reach it."""
    with EmbeddedEngine.start(tmp_path) as engine:
        assert os.getsid(engine.pid) == os.getsid(0)
        assert os.getpgid(engine.pid) == engine.pid
