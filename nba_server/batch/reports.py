"""Delivery reports of an outbound list: rows of a decision and a state become outcomes.

Sent and delivered confirm the contact; what failed, or was not sent at all, releases it. A repeat changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from nba_client import Outcome, OutcomeResult
from nba_server.commands.patient import patiently
from nba_server.commands.table_rows import BadRow, Row, read_rows

STATES: Mapping[str, str] = {
    "sent": "sent",
    "delivered": "delivered",
    "failed": "delivery_failed",
    "bounced": "delivery_failed",
    "delivery_failed": "delivery_failed",
    "not_sent": "delivery_failed",
}
"""What a report may say, and the outcome that it is."""
BATCH = 500


class Takes(Protocol):
    """What is needed of a client."""

    def outcomes(self, outcomes: Sequence[Outcome]) -> list[OutcomeResult]:
        """One result an outcome."""


@dataclass
class Reported:
    """What reports did: outcomes recorded by type, those known already, and rows that were refused."""

    recorded: Counter[str] = field(default_factory=Counter)
    known: int = 0
    refused: list[BadRow] = field(default_factory=list)


def report(client: Takes, file: Path, state: str, *, only: bool, told: Callable[[int], None]) -> Reported:
    """Reports the rows of a file; `state` holds where a row has no `status`, or with `only` for all of them."""
    done, settled = Reported(), 0
    for part in _parts(_outcomes(file, state, only=only)):
        good = [(line, outcome) for line, outcome in part if isinstance(outcome, Outcome)]
        done.refused += [outcome for _, outcome in part if isinstance(outcome, BadRow)]
        if good:
            results = patiently(lambda good=good: client.outcomes([outcome for _, outcome in good]))  # type: ignore[misc]
            for (line, outcome), result in zip(good, results, strict=True):
                _note(done, line, outcome, result)
        settled += len(part)
        told(settled)
    return done


def _note(done: Reported, line: int, outcome: Outcome, result: OutcomeResult) -> None:
    if result.error:
        done.refused.append(BadRow(line, result.error))
    elif result.status.startswith("recorded"):
        done.recorded[str(outcome.type)] += 1
    else:
        done.known += 1


def _outcomes(file: Path, state: str, *, only: bool) -> Iterator[tuple[int, Outcome | BadRow]]:
    for row in read_rows(file):
        if isinstance(row, BadRow):
            yield row.line, row
            continue
        said = state if only else _text(row, "status").lower() or state
        if not _text(row, "decision_id"):
            yield (
                row.number,
                BadRow(row.number, "has no `decision_id`; take the rows of the list that `nba batch` wrote"),
            )
        elif said not in STATES:
            yield row.number, BadRow(row.number, f"status {said!r} is not one of {', '.join(STATES)}")
        else:
            outcome = Outcome(STATES[said], decision_id=_text(row, "decision_id"), action=_text(row, "action"))
            yield row.number, outcome


def _text(row: Row, name: str) -> str:
    value: Any = row.values.get(name)
    return "" if value is None else str(value).strip()


def _parts(
    rows: Iterable[tuple[int, Outcome | BadRow]],
) -> Iterator[list[tuple[int, Outcome | BadRow]]]:
    part: list[tuple[int, Outcome | BadRow]] = []
    for row in rows:
        part.append(row)
        if len(part) == BATCH:
            yield part
            part = []
    if part:
        yield part
