"""One training run: the order of the steps, and nothing else.

lease > archive > the rollout under way, if there is one, else:
extract (outcomes, join, dataset) > split > leaks > fit > evaluate > gate > publish > report
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from nba_models import artifact
from nba_models.canary import Canary
from nba_models.definition import ModelDefinition, Tuning, canonical
from nba_server.adapters.archive.archiver import Archiver
from nba_server.adapters.archive.reader import ArchiveReader
from nba_server.adapters.archive.source import Source
from nba_server.adapters.model_registry import ModelArtifacts, ModelRegistry
from nba_server.domain.propensity import PRIOR_VERSION
from nba_server.errors import FailedPrecondition
from nba_training import gate, report
from nba_training.budget import spend
from nba_training.challenge import Trained, challenge
from nba_training.extract import Extract, extract
from nba_training.fit import importance
from nba_training.funnel import decisions_funnel, rows_funnel
from nba_training.gate import Check
from nba_training.leaks import single_features
from nba_training.lease import LEASE
from nba_training.live import Opponent, opponent
from nba_training.live_arms import LiveArms
from nba_training.logs.archive import ArchiveQuestion, Reward, read_archive
from nba_training.logs.builder import ChoicesBuilder
from nba_training.ope.choices import Choices, LeftOut
from nba_training.publish import publish, seal
from nba_training.references import Snapshots, StoreReferences
from nba_training.report import Report
from nba_training.report_page import page
from nba_training.rollout import Move, Moved, Seen, advance, begin, running
from nba_training.source import Silent, Watch
from nba_training.split import Parts, by_time
from nba_training.tick import in_turn, named


class TrainingStore(Source, Protocol):
    """The store, as the trainer sees it."""

    @property
    def artifacts(self) -> ModelArtifacts:
        """Models."""

    @property
    def snapshots(self) -> Snapshots:
        """Catalogue snapshots."""


class Status(StrEnum):
    """How a run ended."""

    PROMOTED = "promoted"
    STAGED = "in shadow"
    ROLLOUT = "rollout"
    REFUSED = "refused"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Result:
    """A run's end. `version` is empty when nothing was fitted; `reasons` say why it was refused, or how a rollout moved; `report`
    has the numbers.
    """

    status: Status
    version: str
    reasons: tuple[str, ...]
    report: Report


class TrainingJob:
    """Runs of one definition on one store and archive. `reports`: folder that also gets each run's report.

    `tuning`: a budget for trying parameters, in place of the definition's. `cluster`: where trees are grown; empty: here.
    """

    def __init__(
        self,
        store: TrainingStore,
        archive: str | Path,
        definition: ModelDefinition,
        *,
        reports: Path | None = None,
        watch: Watch | None = None,
        lease_ms: int = 60_000,
        tuning: Tuning | None = None,
        cluster: str = "",
    ) -> None:
        self._store = store
        self._archive = archive
        self._definition = definition
        self._reports = reports
        self._watch = watch or Silent()
        self._lease_ms = lease_ms
        self._tuning = tuning
        self._cluster = cluster

    async def run(self, note: str = "trained", *, tick: str = "", patience_s: float = 0.0) -> Result:
        """One run; of a named tick only if no other trainer ran it, waiting so long for one that is at it.

        Raises `StoreUnavailable`, `ArchiveDamaged`; `FailedPrecondition` when another trainer has taken over.
        """
        store = self._store
        result = await in_turn(
            store.leases,
            store.artifacts,
            tick,
            lambda fence: self._run(fence, named(note, tick)),
            ttl_ms=self._lease_ms,
            patience_s=patience_s,
        )
        return result or Result(Status.BUSY, "", ("another trainer is at work, or ran this tick",), {})

    async def _run(self, fence: int, note: str) -> Result:
        began = time.monotonic()
        await self._store.artifacts.put_definition(self._definition.hash, canonical(self._definition))
        self._watch.step("Waiting for the archive")
        as_of_ms = await self._store.clock.now()
        await Archiver(self._store, self._archive).drain()
        source = await asyncio.to_thread(ArchiveReader, self._archive)
        moved = await self._roll(source, as_of_ms, fence)
        if moved.move is not Move.NONE:
            return Result(Status.ROLLOUT, moved.version, (f"{moved.move}: {moved.reason}",), {})
        live = await opponent(self._store.artifacts)
        read = await self._extract(source, as_of_ms, live)
        parts = by_time(read.dataset, self._definition.split)
        first = gate.enough(parts, self._definition.gates)
        written = report.opening(self._definition, read, parts) | await self._funnel(source, read, parts.test_ms)
        if not first.passed:
            return self._ended(Status.REFUSED, "", first.checks, written, began)
        self._watch.step("Looking for leaks")
        leaks = gate.Verdict(await asyncio.to_thread(single_features, read.dataset, self._definition.gates.leak_auc))
        if not leaks.passed:
            return self._ended(Status.REFUSED, "", first.checks + leaks.checks, written, began)
        log = await self._log(source, parts.test_ms, as_of_ms)
        budget = self._definition.gates.error_budget
        alpha = await spend(self._store.artifacts, budget, as_of_ms, fence) if budget else 1.0
        trained = await asyncio.to_thread(
            challenge, self._definition, parts, live, log, alpha, self._watch, self._tuning, self._cluster
        )
        checks = first.checks + leaks.checks + trained.checks
        written |= report.comparison(trained.comparison, parts, importance(trained.model), trained.model.own_names)
        written |= report.value(trained.judged, alpha) | trained.health.report()
        for more in (trained.changes, trained.tuned, trained.values):
            written |= more.report() if more is not None else {}
        return await self._publish(trained, read, parts, checks, written, fence=fence, note=note, began=began)

    def _references(self) -> StoreReferences:
        loop = asyncio.get_running_loop()
        return StoreReferences(self._store.snapshots, self._store.artifacts, loop, self._definition)

    async def _roll(self, source: ArchiveReader, now_ms: int, fence: int) -> Moved:
        """Moves the rollout under way, on what the archive says of both models since its stage began."""
        artifacts, definition = self._store.artifacts, self._definition
        rollout = await running(artifacts)
        if rollout is None:
            return Moved(Move.NONE)
        self._watch.step("Comparing the models live")
        money = bool(definition.value.min_conversions)
        arms = LiveArms(self._references(), definition.label, now_ms, rollout, money=money)
        await asyncio.to_thread(arms.collect, source)
        shadow = await artifacts.counted(f"shadow:{rollout.challenger}")
        seen = Seen(arms.arm(challenged=True), arms.arm(challenged=False), shadow)
        return await advance(artifacts, definition.rollout, definition.gates, seen, now_ms, fence=fence)

    async def _extract(self, source: ArchiveReader, as_of_ms: int, live: Opponent) -> Extract:
        also = live.model.definition if live.model is not None else None
        return await asyncio.to_thread(
            extract, source, self._references(), self._definition, as_of_ms, also=also, watch=self._watch
        )

    async def _funnel(self, source: ArchiveReader, read: Extract, since_ms: int) -> Report:
        """Where actions and contacts are lost; the decisions are those of the test's time."""
        decided = await asyncio.to_thread(decisions_funnel, source.entries({"decision"}, since_ms), self._references())
        return {"funnel": {**decided.report(), "rows": rows_funnel(read), "stale_share": decided.stale_share}}

    async def _log(self, source: ArchiveReader, since_ms: int, as_of_ms: int) -> tuple[Choices, LeftOut]:
        """The choices of the test's time, for the value of the policies."""
        if not self._definition.gates.min_decisions:
            return ChoicesBuilder({}).build()
        reward = Reward.VALUE if self._definition.value.min_conversions else Reward.WORTH
        question = ArchiveQuestion(as_of_ms, since_ms, reward=reward, rules=self._definition.label)
        builder = await asyncio.to_thread(read_archive, source, self._references(), question, self._watch)
        return await asyncio.to_thread(builder.build)

    async def _publish(
        self,
        trained: Trained,
        read: Extract,
        parts: Parts,
        checks: tuple[Check, ...],
        written: Report,
        *,
        fence: int,
        note: str,
        began: float,
    ) -> Result:
        self._watch.step("Publishing")
        metrics = {
            "auc": trained.comparison.challenger.auc,
            "log_loss": trained.comparison.challenger.log_loss,
            "brier": trained.comparison.challenger.brier,
            "calibration_error": trained.comparison.challenger.calibration_error,
            "gain": trained.comparison.gain.value,
            "gain_low": trained.comparison.gain.low,
            "test_rows": float(len(parts.test)),
            **trained.health.figures(),
            "stale_share": written["funnel"]["stale_share"],
        }
        created_ms = await self._store.clock.now()
        version, files = seal(trained.model, trained.files, read, parts.calibrate, metrics, created_ms)
        refused = "; ".join(str(check) for check in checks if not check.passed)
        staged = bool(trained.comparison.live_version != PRIOR_VERSION) and not self._definition.rollout.at_once
        status = Status.REFUSED if refused else Status.STAGED if staged else Status.PROMOTED
        result = self._ended(status, version, checks, written, began)
        files |= {artifact.REPORT_JSON: report.to_json(result.report), artifact.REPORT_HTML: page(result.report)}
        if not await self._store.leases.renew(LEASE, fence, self._lease_ms):
            raise FailedPrecondition("a newer trainer has taken over; nothing was published", reason="STALE_FENCE")
        with Canary() as canary:
            registry = ModelRegistry(self._store.artifacts, check=canary.check)
            await publish(registry, version, files, refused=refused, note=note, fence=None if staged else fence)
        if status is Status.STAGED:
            await begin(self._store.artifacts, version, created_ms, note=note, fence=fence)
        return result

    def _ended(self, status: Status, version: str, checks: tuple[Check, ...], written: Report, began: float) -> Result:
        """The result; its report is also written to the folder for reports."""
        whole = report.verdict(checks, version, status.value, time.monotonic() - began) | written
        if self._reports is not None:
            self._reports.mkdir(parents=True, exist_ok=True)
            name = version or f"{self._definition.model}-{written['read']['as_of_ms']}-refused"
            (self._reports / f"{name}.json").write_bytes(report.to_json(whole))
            (self._reports / f"{name}.html").write_bytes(page(whole))
        return Result(status, version, tuple(str(check) for check in checks if not check.passed), whole)
