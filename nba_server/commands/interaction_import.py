"""Sends past contacts and what became of them, in the order of time, each customer once a batch.

Contacts go first and their outcomes behind them, so that the next contact of the customer is learned from with what was known
then. A repeat changes nothing: an interrupted import is simply run again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from nba_client import Contact, Outcome, OutcomeResult, Recorded
from nba_server.commands.interaction import Interaction
from nba_server.commands.patient import patiently
from nba_server.commands.table_rows import BadRow


class Records(Protocol):
    """What the import needs of a client."""

    def contacts(self, records: Sequence[Contact]) -> list[Recorded]:
        """One result a contact."""

    def outcomes(self, outcomes: Sequence[Outcome]) -> list[OutcomeResult]:
        """One result an outcome."""


@dataclass
class ImportedInteractions:
    """What an import did. `known` were there already; rows without an offer are no contacts and count as `without_offer`."""

    contacts: int = 0
    outcomes: int = 0
    known: int = 0
    without_offer: int = 0
    refused: list[BadRow] = field(default_factory=list)


def import_interactions(
    client: Records,
    rows: Iterable[Interaction | BadRow],
    *,
    batch: int,
    progress: Callable[[int], None],
    wait: Callable[[float], None] = time.sleep,
) -> ImportedInteractions:
    """Imports all rows; `progress` gets how many are settled. All rows are read first, because history goes in by time."""
    done = ImportedInteractions()
    good: list[Interaction] = []
    for row in rows:
        if isinstance(row, BadRow):
            done.refused.append(row)
        elif not row.action:
            done.without_offer += 1
        else:
            good.append(row)
    good.sort(key=lambda row: (row.time, row.line))
    settled = 0
    for part in _batches(good, batch):
        _send(client, part, done, wait)
        settled += len(part)
        progress(settled)
    done.refused.sort(key=lambda bad: bad.line)
    return done


def _batches(rows: Sequence[Interaction], size: int) -> Iterator[list[Interaction]]:
    """At most `size` rows, no customer twice in one."""
    part: list[Interaction] = []
    customers: set[str] = set()
    for row in rows:
        if len(part) >= size or row.customer_id in customers:
            yield part
            part, customers = [], set()
        part.append(row)
        customers.add(row.customer_id)
    if part:
        yield part


def _send(
    client: Records, part: Sequence[Interaction], done: ImportedInteractions, wait: Callable[[float], None]
) -> None:
    answers = patiently(lambda: client.contacts([_contact(row) for row in part]), wait)
    taken = []
    for row, answer in zip(part, answers, strict=True):
        if answer.error:
            done.refused.append(BadRow(row.line, answer.error))
            continue
        done.contacts += answer.recorded
        done.known += not answer.recorded
        taken.append(row)
    reacted = [row for row in taken if row.outcome]
    if not reacted:
        return
    results = patiently(lambda: client.outcomes([_outcome(row) for row in reacted]), wait)
    for row, result in zip(reacted, results, strict=True):
        if result.error:
            done.refused.append(BadRow(row.line, f"outcome: {result.error}"))
        else:
            done.outcomes += result.status.startswith("recorded")


def _contact(row: Interaction) -> Contact:
    chance = row.pick_probability
    return Contact(
        customer_id=row.customer_id,
        contact_id=row.contact_id,
        channel=row.channel,
        action=row.action,
        occurred_at=row.time,
        pick_probability=None if chance is None else min(1.0, chance / row.offer_probability),
        placement=row.placement,
        context=row.context,
        candidates=row.candidates,
    )


def _outcome(row: Interaction) -> Outcome:
    return Outcome(
        row.outcome,
        contact_id=row.contact_id,
        customer_id=row.customer_id,
        event_id=f"import:{row.outcome}",
        occurred_at=row.outcome_time or row.time,
        value=row.revenue,
        product=row.product,
    )
