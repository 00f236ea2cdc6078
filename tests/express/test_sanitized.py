"""Stored records are not trusted: under the sanitizers of addresses and of undefined behaviour, damaged ones harm nobody."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nba_server.adapters.express import compiled
from tests.express.recording import recorded
from tests.express.worlds import world

ROOT = Path(__file__).resolve().parents[2]
WORLDS = (1, 2, 3, 4, 5, 7, 8, 12)
"""With tree models and priors, sigmoid and isotonic calibration, missing values of all kinds."""
CASES = 3_000


def sanitized(folder: Path) -> str:
    """Compiles the lane with sanitizers into a folder; the libraries that its process must begin with.

    Skips where there is nothing to compile with; a lane that does not compile is no reason.
    """
    if compiled():
        pytest.skip(f"no express lane: {compiled()}")  # test_build.py: not so where a compiler is
    compiler = os.environ.get("CXX", "g++")
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not there")
    names = ("libasan.so", "libstdc++.so")
    places = [
        subprocess.run(
            [compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True
        ).stdout.strip()
        for name in names
    ]
    if missing := [name for name, place in zip(names, places, strict=True) if not Path(place).is_absolute()]:
        pytest.skip(f"{compiler} has no {' and no '.join(missing)}")
    command = [
        sys.executable,
        str(ROOT / "tools" / "compile_lane.py"),
        "--sanitize",
        "--require",
        "--into",
        str(folder),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return " ".join(places)


@pytest.mark.timeout(300)
def test_damaged_records_are_taken_or_left(tmp_path: Path) -> None:
    """Truncated, flipped, with lengths beyond the end, well formed with odd values: no bad read, overflow, crash or hang."""
    libraries = sanitized(tmp_path)
    given = tmp_path / "worlds.pickle"
    given.write_bytes(pickle.dumps([recorded(world(seed)) for seed in WORLDS]))
    surroundings = os.environ | {
        "LD_PRELOAD": libraries,
        "ASAN_OPTIONS": "detect_leaks=0",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONMALLOC": "malloc",  # so that what lies behind a record is not another one
    }
    command = [sys.executable, str(Path(__file__).with_name("damage.py")), str(tmp_path), str(given), str(CASES)]
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr[:6_000]
    taken, left, differs, in_sheets = map(int, done.stdout.split())
    assert taken + left == CASES * len(WORLDS)
    assert min(taken, left, differs, 3 * in_sheets) > CASES, "or this shows nothing"
