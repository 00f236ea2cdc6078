"""The journal of a batch beside its file: who is to be decided for, in which order, and what was answered.

One SQLite file; each step is a transaction that is on the disk before the next begins, so that a run that dies is continued.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from nba_server.errors import FailedPrecondition

FORMAT = 1
WAITING, BEGUN, OFFER, NO_OFFER, REFUSED, UNKNOWN = "todo", "begun", "offer", "no_offer", "refused", "unknown"

_TABLES = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS customers (
    customer_id TEXT PRIMARY KEY, turn INTEGER NOT NULL, state TEXT NOT NULL, begun_s REAL NOT NULL DEFAULT 0, answer TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_state ON customers (state, turn);
CREATE INDEX IF NOT EXISTS by_turn ON customers (turn);
"""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a customer was answered: a state, and its rows or its reason."""

    customer_id: str
    state: str
    answer: Any


class Progress:
    """The journal of one batch. `path` is made when it is not there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = sqlite3.connect(path, isolation_level=None)
        try:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise FailedPrecondition(
                f"{path} is not the progress of a batch: {error}. Take another --out, or remove that file.",
                reason="PROGRESS_UNREADABLE",
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._db.close()

    def about(self) -> dict[str, Any]:
        """What is kept of the batch as a whole; empty for a new one."""
        return {name: json.loads(value) for name, value in self._db.execute("SELECT name, value FROM about")}

    def note(self, **facts: Any) -> None:
        """Keeps facts of the batch as a whole."""
        with self._step():
            self._note(facts)

    def listed(self, customers: Iterable[tuple[int, str]], **facts: Any) -> None:
        """Takes in customers with their turns, each once, and keeps how far the listing is, in one step."""
        with self._step():
            rows = [(customer_id, turn, WAITING) for turn, customer_id in customers]
            self._db.executemany("INSERT OR IGNORE INTO customers (customer_id, turn, state) VALUES (?, ?, ?)", rows)
            self._note(facts)

    def begin(self, count: int, now_s: float) -> list[str]:
        """The next customers in their turn, at most `count`; from now on an answer may exist that nobody has kept."""
        with self._step():
            found = self._db.execute(
                "SELECT customer_id FROM customers WHERE state = ? ORDER BY turn, customer_id LIMIT ?", (WAITING, count)
            ).fetchall()
            self._db.executemany(
                "UPDATE customers SET state = ?, begun_s = ? WHERE customer_id = ?",
                [(BEGUN, now_s, customer_id) for (customer_id,) in found],
            )
        return [customer_id for (customer_id,) in found]

    def resume(self, since_s: float) -> int:
        """Makes those begun after `since_s` to be asked for again; the others are unknown, and their number is returned."""
        with self._step():
            late = self._db.execute(
                "UPDATE customers SET state = ? WHERE state = ? AND begun_s < ?", (UNKNOWN, BEGUN, since_s)
            ).rowcount
            self._db.execute("UPDATE customers SET state = ? WHERE state = ?", (WAITING, BEGUN))
        return late

    def put_back(self, customer_ids: Sequence[str]) -> None:
        """Makes customers to be decided for again whose call certainly did nothing."""
        with self._step():
            rows = [(WAITING, customer_id) for customer_id in customer_ids]
            self._db.executemany("UPDATE customers SET state = ? WHERE customer_id = ?", rows)

    def settle(self, settled: Sequence[Settled]) -> None:
        """Keeps answers."""
        with self._step():
            self._db.executemany(
                "UPDATE customers SET state = ?, answer = ? WHERE customer_id = ?",
                [(one.state, json.dumps(one.answer, ensure_ascii=False), one.customer_id) for one in settled],
            )

    def counts(self) -> dict[str, int]:
        """Customers by state."""
        return dict(self._db.execute("SELECT state, COUNT(*) FROM customers GROUP BY state"))

    def answers(self, state: str) -> Iterator[tuple[str, Any]]:
        """Customers of a state with their answers, in their turn."""
        cursor = self._db.execute(
            "SELECT customer_id, answer FROM customers WHERE state = ? ORDER BY turn, customer_id", (state,)
        )
        for customer_id, answer in cursor:
            yield customer_id, json.loads(answer) if answer else None

    def _note(self, facts: Mapping[str, Any]) -> None:
        rows = [(name, json.dumps(value)) for name, value in facts.items()]
        self._db.executemany("INSERT OR REPLACE INTO about (name, value) VALUES (?, ?)", rows)

    def _step(self) -> _Step:
        return _Step(self._db)


class _Step:
    """One transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")
