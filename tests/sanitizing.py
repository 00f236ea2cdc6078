"""Compiled parts under the sanitizers of addresses and of undefined behaviour, for programs that hand them damaged bytes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def sanitized(part: str, folder: Path) -> dict[str, str]:
    """Compiles it with sanitizers into a folder; the environment of a process that is to load it.

    Skips where there is nothing to compile with; a part that does not compile is no reason.
    """
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
    script = str(ROOT / "tools" / "compile_parts.py")
    command = [sys.executable, script, "--part", part, "--sanitize", "--require", "--into", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return os.environ | {
        "LD_PRELOAD": " ".join(places),
        "ASAN_OPTIONS": "detect_leaks=0",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONMALLOC": "malloc",  # so that what lies behind some bytes is not another one's
    }
