"""Follows the store's model pointer: checks, warms up, swaps one reference; what is damaged is refused, the old one serves.

The port `ModelProvider`. Nothing here stalls a decision: loading happens in a thread, the canary is another process.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence

from nba_models.canary import Canary
from nba_models.definition import ModelDefinition
from nba_server.adapters.model_loader import ModelLoader
from nba_server.adapters.model_registry import ModelArtifacts, ModelRegistry
from nba_server.adapters.model_scorer import DomainScorer
from nba_server.adapters.rollout_follower import RolloutFollower, ShadowTally
from nba_server.adapters.rollout_record import FIELD, decode_rollout
from nba_server.application.ports import ModelInfo
from nba_server.domain.contribution import ScoreAccount
from nba_server.domain.propensity import FeatureColumns, Scorer
from nba_server.domain.rollout import Assignment
from nba_server.domain.trace import FeatureNames
from nba_server.errors import FailedPrecondition, ModelInvalid, NbaError
from nba_server.tasks import ended

_LOG = logging.getLogger(__name__)
_LONGEST_RETRY_S = 60.0


class ModelWatcher:
    """The scorer of this process. `start()` before use, `stop()` at the end.

    `definition` names the features to log and the prior. `poll_s`: how often the pointer is looked at. A given canary is
    borrowed: whoever made it ends it. `swapped` is set at each swap.
    """

    def __init__(
        self,
        artifacts: ModelArtifacts,
        definition: ModelDefinition,
        *,
        poll_s: float = 0.5,
        canary: Canary | None = None,
    ) -> None:
        self._artifacts = artifacts
        self._canary = canary or Canary()
        self._borrowed = canary is not None
        self._registry = ModelRegistry(artifacts, check=self._canary.check)
        self._loader = ModelLoader(artifacts, definition, canary=self._canary)
        self._rollout = RolloutFollower(self._loader)
        self._poll_s = poll_s
        self._serving = ""
        self._live: Scorer = self._loader.prior()
        self._assignment = Assignment(self._live)
        self.shadow = ShadowTally()
        self._live_since_ms = _wall_ms()
        self._refusals: dict[str, str] = {}
        self._retry_at, self._retry_s = 0.0, poll_s
        self._task: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self.swapped = asyncio.Event()

    async def start(self) -> None:
        """Publishes the definition, loads what is live, and follows the pointer from then on. Raises `StoreUnavailable`."""
        await self._loader.publish_definition()
        await self.reload()
        self._task = asyncio.create_task(self._follow(), name="model-watcher")

    async def stop(self) -> None:
        """Stops following and ends the canary."""
        task, self._task = self._task, None
        await ended(task)
        if not self._borrowed:
            await asyncio.to_thread(self._canary.close)

    @property
    def live(self) -> Scorer:
        """The scorer that serves now; read it once per request."""
        return self._live

    @property
    def assignment(self) -> Assignment:
        """Who scores for whom while a challenger is rolled out; read it once per request."""
        return self._assignment

    @property
    def live_since_ms(self) -> int:
        """When it went live in this process (wall clock, for ages only)."""
        return self._live_since_ms

    @property
    def figures(self) -> Mapping[str, float]:
        """What the live model's training found on later data; empty for the priors."""
        return self._loader.figures(self._serving) if self._serving else {}

    @property
    def refused(self) -> str:
        """Why the model that the pointer names was refused; empty when it serves."""
        return next(iter(self._refusals.values()), "")

    async def reload(self) -> bool:
        """Looks at the pointer now; True when the scorer was swapped. A model that is refused changes nothing."""
        async with self._turn:
            version = await self._artifacts.live()
            swapped = False
            if version == self._serving:
                self._refusals.clear()
            elif version not in self._refusals or time.monotonic() >= self._retry_at:
                swapped = await self._swap(version)
            await self._assign(version)
            return swapped

    async def scorer(self, version: str) -> Scorer | None:
        """An older model's scorer, by the name that the journal has (`prior-…` too)."""
        now = self._assignment
        for scorer in (now.champion, now.challenger):
            if scorer is not None and version == scorer.version:
                return scorer
        return await self._loader.journaled(version)

    async def feature_names(self, definition_hash: str) -> FeatureNames | None:
        """The columns of a model definition; None when it is not known."""
        return await self._loader.feature_names(definition_hash)

    async def account(self, version: str, features: FeatureColumns, rows: Sequence[int]) -> ScoreAccount:
        """What each feature added to the scores of some rows of a decision (in a thread), or why that cannot be told."""
        scorer = await self.scorer(version)
        if not isinstance(scorer, DomainScorer):
            return ScoreAccount(missing=f"the model {version} is not kept any more")
        return await asyncio.to_thread(scorer.account, features, rows)

    async def list(self) -> list[ModelInfo]:
        """Models of the registry, newest first, with why this process refused one."""
        return await self._registry.list(self._serving, {**self._refusals, **self._rollout.refused})

    async def report(self, version: str) -> str:
        """The training report as JSON. Raises `NotFound`."""
        return await self._registry.report(version)

    async def promote(self, version: str, note: str) -> None:
        """Makes a model live for the fleet and swaps this process at once. Raises `NotFound`, `FailedPrecondition`."""
        await self._registry.promote(version, note)
        await self._now()

    async def rollback(self, note: str) -> None:
        """Goes back to the model before. Raises `FailedPrecondition` when none is live."""
        await self._registry.rollback(note)
        await self._now()

    async def _now(self) -> None:
        self._retry_at = 0.0
        await self.reload()
        if self._refusals:
            raise FailedPrecondition(f"the model cannot serve: {self.refused}", reason="MODEL_INVALID")

    async def _swap(self, version: str) -> bool:
        try:
            scorer = await self._loader.serving(version) if version else self._loader.prior()
        except ModelInvalid as fault:
            self._retry_s = min(_LONGEST_RETRY_S, 2 * self._retry_s) if version in self._refusals else self._poll_s
            self._retry_at = time.monotonic() + self._retry_s
            if self._refusals.get(version) != fault.message:
                _LOG.error("model refused, the old one keeps serving", extra={"model": version, "why": fault.message})
            self._refusals = {version: fault.message}
            return False
        self._live, self._serving, self._live_since_ms = scorer, version, _wall_ms()
        self._refusals = {}
        self.swapped.set()
        _LOG.info("model swapped", extra={"model": scorer.version})
        return True

    async def _assign(self, live: str) -> None:
        """Follows the rollout; a challenger that cannot be loaded decides for nobody."""
        rollout = decode_rollout((await self._artifacts.state()).get(FIELD, ""))
        self._assignment = await self._rollout.assignment(
            self._live, self._serving, rollout if self._serving == live else None
        )

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(self._poll_s)
            try:
                await self.reload()
                await self.shadow.flush(self._artifacts)
            except NbaError as fault:
                _LOG.warning("model pointer cannot be read", extra={"why": fault.message})
            except Exception:
                _LOG.exception("looking for a new model failed; the old one keeps serving")


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000
