"""Counts what is decided and recorded, and times the steps of the decision path, by standing in for the ports.

The use cases know nothing of it; `bootstrap.py` puts these in between.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Protocol

from nba_server.adapters.express.desk import ExpressStore
from nba_server.application.batching import Wanted
from nba_server.application.decide import Decide, DecideCommand, DecideResult
from nba_server.application.express import Made
from nba_server.application.ports import (
    Commit,
    CommitResult,
    CustomerReader,
    CustomerRef,
    DecisionWriter,
    OptimisticCommit,
    PackedCommit,
    PartialStored,
    ReadResult,
    Repeat,
    Stored,
)
from nba_server.application.record_outcomes import OutcomeCommand, OutcomeResult, RecordOutcomes
from nba_server.domain.engagement import CustomerState
from nba_server.errors import NbaError
from nba_server.observability.decision_counts import DecisionCounts
from nba_server.observability.metrics import Metrics
from nba_server.observability.tally import BulkHistogram, Tally

_log = logging.getLogger("nba.decisions")
_MUTED = re.compile(r"muted .*\(rule (.+)\)")

_spent: ContextVar[list[float]] = ContextVar("spent")
"""Seconds that the batch at hand has spent in the ports."""


class ObservedReader:
    """Times reads."""

    def __init__(self, reader: CustomerReader, metrics: Metrics) -> None:
        self._reader = reader
        self._tally = metrics.tally
        self._seconds = metrics.stage_seconds.labels("read")

    async def read(self, refs: Sequence[CustomerRef]) -> ReadResult:
        """As the reader does, without the time."""
        return await self._reader.read(refs)

    async def read_stored(self, refs: Sequence[CustomerRef]) -> PartialStored:
        """As the reader does."""
        started = time.perf_counter()
        try:
            return await self._reader.read_stored(refs)
        finally:
            _spend(self._tally, self._seconds, started)

    def decode(self, stored: Stored) -> CustomerState:
        """As the reader does."""
        return self._reader.decode(stored)


class ObservedWriter:
    """Times commits."""

    def __init__(self, writer: DecisionWriter, metrics: Metrics) -> None:
        self._writer = writer
        self._tally = metrics.tally
        self._seconds = metrics.stage_seconds.labels("commit")

    async def commit(self, commits: Sequence[Commit]) -> Sequence[CommitResult | NbaError]:
        """As the writer does."""
        started = time.perf_counter()
        try:
            return await self._writer.commit(commits)
        finally:
            _spend(self._tally, self._seconds, started)

    def packed(self, commit: OptimisticCommit) -> PackedCommit:
        """As the writer does."""
        return self._writer.packed(commit)

    async def repeated(self, asked: Repeat) -> CommitResult | None:
        """As the writer does."""
        return await self._writer.repeated(asked)


class ObservedExpress:
    """Times the exchanges of batches that stay in the express lane."""

    def __init__(self, store: ExpressStore, metrics: Metrics) -> None:
        self._store = store
        self._tally = metrics.tally
        self._reading = metrics.stage_seconds.labels("read")
        self._committing = metrics.stage_seconds.labels("commit")

    @property
    def spec(self) -> Mapping[str, Any]:
        """As the store's."""
        return self._store.spec

    async def read(self, payload: bytes, customers: int) -> tuple[list[Any], int]:
        """As the store does."""
        started = time.perf_counter()
        try:
            return await self._store.read(payload, customers)
        finally:
            _spend(self._tally, self._reading, started)

    async def commit(self, payload: bytes, calls: int) -> list[Any]:
        """As the store does."""
        started = time.perf_counter()
        try:
            return await self._store.commit(payload, calls)
        finally:
            _spend(self._tally, self._committing, started)


class Sample(Protocol):
    """Looks closer at some decisions."""

    def __call__(self, made: Made) -> None:
        """Looks at it, if it is its turn. May raise `NbaError`."""

    def due(self, decisions: int) -> bool:
        """Whether one of the next so many must be looked at."""

    def passed(self, decisions: int) -> None:
        """So many are made that cannot be looked at."""


class ObservedDecide:
    """Counts decisions, and the time that they take besides reading and committing (`core`).

    `samples` are told of every decision that was made.
    """

    def __init__(
        self,
        decide: Decide,
        metrics: Metrics,
        samples: Sequence[Sample],
    ) -> None:
        self._decide = decide
        self._samples = samples
        self._tally = metrics.tally
        self._counts = DecisionCounts(metrics)
        self._batch_size = metrics.batch_size
        self._core = metrics.stage_seconds.labels("core")

    async def __call__(self, commands: Sequence[DecideCommand], wanted: Wanted) -> list[DecideResult | NbaError]:
        """As the use case does. Batches may run at the same time, each as a task, or one after the other."""
        started, spent = time.perf_counter(), list[float]()
        _spent.set(spent)
        shown = self._shown(len(commands))
        results = await self._decide(commands, wanted, shown=shown)
        self._tally.observe(self._core, max(0.0, time.perf_counter() - started - sum(spent)))
        self._tally.observe(self._batch_size, len(commands))
        for result in results:
            if isinstance(result, DecideResult):
                self._count(result)
        self._tally.later(self._counts.settle)
        return results

    def _shown(self, decisions: int) -> bool:
        """Whether one of so many must be looked at; else they pass."""
        for sample in self._samples:
            if sample.due(decisions):
                return True
        for sample in self._samples:
            sample.passed(decisions)
        return False

    def _count(self, result: DecideResult) -> None:
        express, decision = result.express, result.decision
        if express is not None:
            self._counts.express(express, result.taken)
            self._show(express)
        elif decision is not None and not decision.input.request.preview:
            self._counts.ordinary(decision, result.taken)
            self._show(decision)

    def _show(self, made: Made) -> None:
        for sample in self._samples:
            try:
                sample(made)
            except NbaError as error:  # it was answered already
                _log.warning(
                    "a decision could not be looked at", extra={"error": error.message, "detail": error.detail}
                )


class ObservedOutcomes:
    """Counts outcomes and the suppressions that they start."""

    def __init__(self, record: RecordOutcomes, metrics: Metrics) -> None:
        self._record = record
        self._metrics = metrics

    async def __call__(self, commands: Sequence[OutcomeCommand]) -> list[OutcomeResult]:
        """As the use case does."""
        results = await self._record(commands)
        for command, result in zip(commands, results, strict=True):
            self._metrics.outcomes.labels(command.event.type.value, result.status.value).inc()
            for effect in result.effects:
                if muted := _MUTED.match(effect):
                    self._metrics.suppressions.labels(muted[1]).inc()
        return results


def _spend(tally: Tally, seconds: BulkHistogram, started: float) -> None:
    taken = time.perf_counter() - started
    tally.observe(seconds, taken)
    _spent.get([]).append(taken)
