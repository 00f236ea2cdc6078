"""Policies by their names on the command line: `logged`, `uniform`, `action:ID`, `model:VERSION` (or `model:live`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np

from nba_models import artifact
from nba_models.canary import Canary
from nba_models.features import Floats, RawTable, project
from nba_models.scorer import Background, LoadedModel, load
from nba_server.domain.worth import VALUE_FLOOR
from nba_server.errors import InvalidArgument, NotFound, Violation
from nba_training.ope.choices import Choices, Integers
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
            return of_model(text, models(name), epsilon)
    said = f"{text!r} is not one of logged, uniform, action:ID, model:VERSION"
    raise InvalidArgument([Violation("policy", said)])


def of_model(name: str, model: LoadedModel, epsilon: float | None = None) -> ByPriority:
    """The policy that a model makes: its propensities, and its values where it has learned them."""
    return ByPriority(name, by_model(model), epsilon, values_by(model) if model.has_values else None)


def by_model(model: LoadedModel) -> Callable[[Choices], Floats]:
    """The model's propensity of every candidate, smoothed as it is when it serves; (n, k), NaN in padding."""

    def propensity(choices: Choices) -> Floats:
        table, background, cells = _candidates(choices, model)
        found = np.where(choices.present, choices.prior, np.nan)
        found[cells] = model.propensity(table, background)
        return found

    return propensity


def values_by(model: LoadedModel) -> Callable[[Choices], Floats]:
    """What the model says that a positive answer is worth; (n, k), NaN where it cannot tell."""

    def values(choices: Choices) -> Floats:
        table, background, cells = _candidates(choices, model)
        found = np.full(choices.candidates.shape, np.nan)
        found[cells] = np.maximum(model.values_of(table, background.actions), VALUE_FLOOR)
        return found

    return values


def _candidates(choices: Choices, model: LoadedModel) -> tuple[RawTable, Background, tuple[Integers, Integers]]:
    """The candidates whose features were logged: rows in the model's layout, what is known of their actions, their cells."""
    features, cells = choices.features, np.argwhere(choices.present)
    table = project(features.table, features.layout, model.layout)
    rows = features.row[cells[:, 0], cells[:, 1]]
    known = rows >= 0
    at = (cells[known, 0], cells[known, 1])
    named = choices.candidates[at].tolist()
    names, groups = [choices.names[place] for place in named], [choices.groups[place] for place in named]
    taken = rows[known].tolist()
    picked = RawTable(table.numbers[rows[known]], tuple([column[row] for row in taken] for column in table.texts))
    return picked, Background(names, groups, choices.prior[at], choices.evidence[at]), at


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
