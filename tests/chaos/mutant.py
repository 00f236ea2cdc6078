"""A server that is wrong on purpose: its store script reserves without looking at the limits again.

The proofs must catch it; what catches nothing proves nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from nba_server.adapters.redis import address, decision_writer
from nba_server.adapters.redis.client import Script
from nba_server.adapters.redis.scripts import ALL, DECIDE

CHECK = "local function admits("


def without_check(script: Script) -> Script:
    """The script whose function of the limits says yes to everything."""
    head, check, rest = script.source.partition(CHECK)
    arguments, line, body = rest.partition("\n")
    assert check, f"the script has no {CHECK!r} any more: name here what checks the limits now"
    source = f"{head}{check}{arguments}{line}  do return true end\n{body}"
    return Script(source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest())


@contextmanager
def no_recheck() -> Iterator[None]:
    """Stores opened inside run the mutant."""
    mutant = without_check(DECIDE)
    scripts = tuple(mutant if script is DECIDE else script for script in ALL)
    with patch.object(decision_writer, "DECIDE", mutant), patch.object(address, "ALL", scripts):
        yield
