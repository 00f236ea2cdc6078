"""Loads models from the store: checksums, then the canary process, then memory. Keeps the few that were used last.

Knows nothing of the pointer; which version serves is the watcher's affair.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping

from nba_models import artifact, definition_file
from nba_models.artifact import ArtifactInvalid
from nba_models.canary import Canary
from nba_models.canary_rows import CanaryRows
from nba_models.definition import FeatureKind, FeatureScope, ModelDefinition, canonical
from nba_models.scorer import LoadedModel, ModelScorer, PriorScorer, load
from nba_server.adapters.model_registry import ModelArtifacts
from nba_server.adapters.model_scorer import DomainScorer
from nba_server.domain.propensity import PRIOR_VERSION
from nba_server.domain.trace import FeatureNames
from nba_server.errors import ModelInvalid

_PREFIX = 8


class ModelLoader:
    """Versions to scorers. `kept`: how many scorers stay in memory beside the one that serves."""

    def __init__(
        self, artifacts: ModelArtifacts, definition: ModelDefinition, *, canary: Canary, kept: int = 4
    ) -> None:
        self._artifacts = artifacts
        self._definition = definition
        self._canary = canary
        self._kept = kept
        self._figures: dict[str, Mapping[str, float]] = {}
        self._scorers: OrderedDict[str, DomainScorer] = OrderedDict()

    async def publish_definition(self) -> None:
        """Puts the definition into the store, also by the short hash that a prior's version carries."""
        payload = canonical(self._definition)
        await self._artifacts.put_definition(self._definition.hash, payload)
        await self._artifacts.put_definition(self._definition.hash[:_PREFIX], payload)

    def prior(self) -> DomainScorer:
        """The prior that logs this process's definition."""
        return DomainScorer(PriorScorer(self._definition))

    async def serving(self, version: str) -> DomainScorer:
        """A model's scorer that logs this process's definition. Raises `ModelInvalid`."""
        model = await self._load(version)
        self._figures = {version: model.manifest.metrics, **self._figures}
        return DomainScorer(ModelScorer(model, logs=self._definition))

    def figures(self, version: str) -> Mapping[str, float]:
        """The figures of the manifest of a version that was loaded to serve."""
        return self._figures.get(version, {})

    async def journaled(self, version: str) -> DomainScorer | None:
        """The scorer of a version as the journal names it, for recomputing; None when it is not known or not sound."""
        if version in self._scorers:
            self._scorers.move_to_end(version)
            return self._scorers[version]
        try:
            scorer = await self._journaled(version)
        except ModelInvalid:
            return None
        if scorer is not None:
            self._scorers[version] = scorer
            while len(self._scorers) > self._kept:
                self._scorers.popitem(last=False)
        return scorer

    async def feature_names(self, definition_hash: str) -> FeatureNames | None:
        """The columns of a definition, in the layout of the journal; None when it is not known."""
        definition = await self._defined(definition_hash) if definition_hash else None
        if definition is None:
            return None
        number, category = FeatureKind.NUMBER, FeatureKind.CATEGORY
        return FeatureNames(
            shared_numbers=definition.columns(number, FeatureScope.SHARED),
            shared_texts=definition.columns(category, FeatureScope.SHARED),
            pair_numbers=definition.columns(number, FeatureScope.PAIR),
            pair_texts=definition.columns(category, FeatureScope.PAIR),
        )

    async def _journaled(self, version: str) -> DomainScorer | None:
        if version == PRIOR_VERSION:
            return self.prior()
        base, _, logs = version.partition("+")
        if base.startswith(f"{PRIOR_VERSION}-"):
            definition = await self._defined(base.removeprefix(f"{PRIOR_VERSION}-"))
            return DomainScorer(PriorScorer(definition)) if definition is not None else None
        logged = await self._defined(logs) if logs else None
        if logs and logged is None:
            return None
        return DomainScorer(ModelScorer(await self._load(base), logs=logged))

    async def _defined(self, short: str) -> ModelDefinition | None:
        if self._definition.hash.startswith(short):
            return self._definition
        payload = await self._artifacts.definition(short)
        return definition_file.parse(payload.decode()) if payload is not None else None

    async def _load(self, version: str) -> LoadedModel:
        files = await self._artifacts.get(version)
        if files is None:
            raise ModelInvalid(f"model {version} is not in the store")
        return await asyncio.to_thread(self._checked, version, files)

    def _checked(self, version: str, files: Mapping[str, bytes]) -> LoadedModel:
        """Checksums here, the trees in the canary first, then here; its rows again, which warms the model up."""
        try:
            artifact.verify(version, files)
            reason = self._canary.check(version, files)
            if reason:
                raise ModelInvalid(reason)
            model = load(version, files)
            reason = CanaryRows.from_json(files[artifact.CANARY]).fault(model)
        except ArtifactInvalid as fault:
            raise ModelInvalid(str(fault)) from fault
        if reason:
            raise ModelInvalid(reason)
        return model
