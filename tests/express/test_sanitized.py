"""Stored records are not trusted: under the sanitizers of addresses and of undefined behaviour, damaged ones harm nobody."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from nba_server.adapters.express import compiled
from tests.express.recording import recorded
from tests.express.worlds import world
from tests.sanitizing import sanitized

WORLDS = (1, 2, 3, 4, 5, 7, 8, 12)
"""With tree models and priors, sigmoid and isotonic calibration, missing values of all kinds."""
CASES = 3_000


@pytest.mark.timeout(300)
def test_damaged_records_are_taken_or_left(tmp_path: Path) -> None:
    """Truncated, flipped, with lengths beyond the end, well formed with odd values: no bad read, overflow, crash or hang."""
    if compiled():
        pytest.skip(f"no express lane: {compiled()}")  # test_build.py: not so where a compiler is
    surroundings = sanitized("lane", tmp_path)
    given = tmp_path / "worlds.pickle"
    given.write_bytes(pickle.dumps([recorded(world(seed)) for seed in WORLDS]))
    command = [sys.executable, str(Path(__file__).with_name("damage.py")), str(tmp_path), str(given), str(CASES)]
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr[:6_000]
    taken, left, differs, in_sheets = map(int, done.stdout.split())
    assert taken + left == CASES * len(WORLDS)
    assert min(taken, left, differs, 3 * in_sheets) > CASES, "or this shows nothing"
