"""Sends customers in batches and survives a server that goes away for a while.

A patch that is sent twice changes nothing more, so an interrupted import is simply run again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from nba_client import CustomerPatch, UpsertResult
from nba_server.commands.customer_lines import BadLine, GoodLine
from nba_server.commands.patient import patiently


class Upserts(Protocol):
    """What the import needs of a client's `customers`."""

    def upsert_many(self, patches: list[CustomerPatch], /) -> list[UpsertResult]:
        """One result a patch."""


@dataclass
class Imported:
    """What an import did: customers taken, lines refused, and the last line that is settled."""

    customers: int = 0
    refused: list[BadLine] = field(default_factory=list)
    line: int = 0


def import_lines(
    customers: Upserts,
    lines: Iterable[GoodLine | BadLine],
    *,
    batch: int,
    progress: Callable[[int], None],
    wait: Callable[[float], None] = time.sleep,
) -> Imported:
    """Imports all lines; `progress` gets the offset in bytes that is settled. A customer comes once a batch, as the API asks.

    Raises the client's error when the server stays away; what was settled before stays.
    """
    done = Imported()
    waiting: dict[str, GoodLine] = {}

    def flush() -> None:
        if not waiting:
            return
        good = list(waiting.values())
        results = patiently(lambda: customers.upsert_many([line.patch for line in good]), wait)
        for line, result in zip(good, results, strict=True):
            if result.error:
                done.refused.append(BadLine(line.line, result.error))
            else:
                done.customers += 1
        done.line = good[-1].line
        progress(good[-1].end)
        waiting.clear()

    for line in lines:
        if isinstance(line, BadLine):
            done.refused.append(line)
            continue
        if line.patch.customer_id in waiting or len(waiting) >= batch:
            flush()
        waiting[line.patch.customer_id] = line
    flush()
    done.refused.sort(key=lambda bad: bad.line)
    return done
