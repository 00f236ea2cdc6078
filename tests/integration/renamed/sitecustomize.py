"""Put before everything else on a process's path, this makes it another version of nba-server: SHOWN_VERSION."""

import importlib.metadata
import os

_SHOWN = os.environ.get("SHOWN_VERSION")
_real_version = importlib.metadata.version


def _version(name):
    return _SHOWN if name == "nba-server" else _real_version(name)


if _SHOWN:
    importlib.metadata.version = _version
