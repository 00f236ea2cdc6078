"""Bytes of strangers are not trusted: under the sanitizers of addresses and of undefined behaviour, damaged ones harm nobody."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from hpack import Encoder

from tests.front.frames import asking, greeting
from tests.front.sound import connection
from tests.integration.kitchen import ECHO
from tests.sanitizing import sanitized

KNOWN, CONNECTIONS = 200, 20_000


@pytest.mark.timeout(300)
def test_damaged_connections_harm_nobody(tmp_path: Path) -> None:
    """Truncated, flipped, spliced, with other lengths and headers: no bad read, overflow, crash or hang; others are served."""
    surroundings = sanitized("front", tmp_path)
    given = tmp_path / "known.pickle"
    call = greeting({4: 1 << 20}), bytes(Encoder().encode(asking(ECHO)))
    given.write_bytes(pickle.dumps(([connection(seed) for seed in range(KNOWN)], call)))
    command = [sys.executable, str(Path(__file__).with_name("damage.py")), str(tmp_path), str(given), str(CONNECTIONS)]
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr[:6_000]
    calls, opened, messages, gone, ended, beside = map(int, done.stdout.split())
    assert beside == CONNECTIONS // 8
    assert min(calls / 5, opened / 2, messages, gone, ended / 5) > CONNECTIONS / 20, "or this shows nothing"
