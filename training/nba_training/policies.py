"""Policies by their names on the command line: `logged`, `uniform`, `action:ID`, `model:VERSION` (or `model:live`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np

from nba_models import artifact
from nba_models.canary import Canary
from nba_models.features import Floats, project
from nba_models.scorer import Background, LoadedModel, load
from nba_server.errors import InvalidArgument, NotFound, Violation
from nba_training.ope.choices import Choices
from nba_training.ope.policy import ByPriority, Logged, Policy, SingleAction, Uniform

LIVE = "live"
ModelSource = Callable[[str], LoadedModel]
"""A model by its version."""


class Artifacts(Protocol):
    """The store's artifacts."""

    async def live(self) -> str:
        """The live version; empty when there is none."""

    async def get(self, version: str) -> dict[str, bytes] | None:
        """Its files."""


def parse_policy(text: str, models: ModelSource, *, epsilon: float | None = None) -> Policy:
    """A policy. `epsilon` overrides the placements' for models. Raises `InvalidArgument`, `NotFound`."""
    kind, colon, name = text.partition(":")
    match kind:
        case "logged" | "uniform" if not colon:
            return Logged() if kind == "logged" else Uniform()
        case "action" if colon:
            return SingleAction(name)
        case "model" if name:
            return ByPriority(text, by_model(models(name)), epsilon)
    said = f"{text!r} is not one of logged, uniform, action:ID, model:VERSION"
    raise InvalidArgument([Violation("policy", said)])


def by_model(model: LoadedModel) -> Callable[[Choices], Floats]:
    """The model's propensity of every candidate, smoothed as it is when it serves; (n, k), NaN in padding."""

    def propensity(choices: Choices) -> Floats:
        features, cells = choices.features, np.argwhere(choices.present)
        table = project(features.table, features.layout, model.layout)
        rows = features.row[cells[:, 0], cells[:, 1]]
        known = rows >= 0
        at = cells[known]
        names = [choices.names[place] for place in choices.candidates[at[:, 0], at[:, 1]].tolist()]
        groups = [choices.groups[place] for place in choices.candidates[at[:, 0], at[:, 1]].tolist()]
        prior, evidence = (array[at[:, 0], at[:, 1]] for array in (choices.prior, choices.evidence))
        taken = rows[known].tolist()
        picked = type(table)(
            table.numbers[rows[known]], tuple([column[row] for row in taken] for column in table.texts)
        )
        found = np.where(choices.present, choices.prior, np.nan)
        found[at[:, 0], at[:, 1]] = model.propensity(picked, Background(names, groups, prior, evidence))
        return found

    return propensity


async def from_store(artifacts: Artifacts, version: str) -> LoadedModel:
    """A version of the store (`live`: the one that serves), tried out in the canary first. Raises `NotFound`."""
    wanted = await artifacts.live() if version == LIVE else version
    files = await artifacts.get(wanted) if wanted else None
    if files is None:
        raise NotFound(f"model {version!r} is not in the store; `nba models list` names them", reason="MODEL_NOT_FOUND")
    return await asyncio.to_thread(_loaded, wanted, files)


def from_folder(folder: Path) -> LoadedModel:
    """A model whose files lie in a folder of its version's name."""
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    if artifact.MANIFEST not in files:
        raise NotFound(f"{folder} holds no model: it has no {artifact.MANIFEST}", reason="MODEL_NOT_FOUND")
    return _loaded(folder.resolve().name, files)


def _loaded(version: str, files: Mapping[str, bytes]) -> LoadedModel:
    with Canary() as canary:
        reason = canary.check(version, files)
    if reason:
        raise InvalidArgument([Violation("policy", f"model {version}: {reason}")])
    return load(version, files)
