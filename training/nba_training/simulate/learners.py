"""Who decides in a simulation: an exploration of the catalogue, and a scorer that is taught again at each tick."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from nba_models.definition import Gates, ModelDefinition
from nba_models.scorer import ModelScorer, PriorScorer
from nba_server.adapters.model_scorer import DomainScorer
from nba_server.domain.propensity import Scorer
from nba_training.dataset import Dataset
from nba_training.extract import extract
from nba_training.fit import fit
from nba_training.simulate.journal import Journal
from nba_training.simulate.shop import REGRESSION, definition
from nba_training.split import Parts

THOMPSON = "{kind: thompson, floor: 0.01, draws: 64, new_actions: {share: 0.15, mature_after: 60}}"
EPSILON = "{kind: epsilon, epsilon: %g}"
PACED = "{kind: none, new_actions: {share: 0.2, mature_after: 40, within: 4w}}"
"""Chosen on seeds that no proof uses."""


class Learner(Protocol):
    """A policy. `exploration` is that of the placement, as in a catalogue."""

    @property
    def name(self) -> str:
        """For the report."""

    @property
    def exploration(self) -> str:
        """The placement's exploration."""

    @property
    def definition(self) -> ModelDefinition:
        """Whose features are journaled."""

    @property
    def scorer(self) -> Scorer:
        """What scores now."""

    def learn(self, journal: Journal, as_of_ms: int) -> None:
        """A tick: learns from what is known by now."""


@dataclass
class Trained:
    """The product's own training steps, by the real join and fit. `teach` False: the priors for ever."""

    name: str
    exploration: str
    teach: bool = True
    definition: ModelDefinition = field(default_factory=definition)

    def __post_init__(self) -> None:
        self.scorer: Scorer = DomainScorer(PriorScorer(self.definition))

    def learn(self, journal: Journal, as_of_ms: int) -> None:
        """Takes each tick's model: in a simulation of exploration all learners go ungated, so that no row is kept for a test."""
        if not self.teach:
            return
        read = extract(journal, journal, self.definition, as_of_ms)
        parts = _parts(read.dataset, self.definition.split.calibrate)
        if _enough(parts, self.definition.gates):
            model, _ = fit(self.definition, parts)
            self.scorer = DomainScorer(ModelScorer(model))


def learners() -> dict[str, Trained]:
    """The policies that need nothing else, by name; made anew for each run."""
    found = (
        Trained("regression", PACED, definition=definition(REGRESSION)),
        Trained("thompson", THOMPSON),
        Trained("softmax", "{kind: softmax, temperature: 0.15, floor: 0.03}"),
        Trained("epsilon", EPSILON % 0.1),
        Trained("greedy", "{kind: none}"),
        Trained("uniform", EPSILON % 1.0, teach=False),
    )
    return {learner.name: learner for learner in found}


def _parts(dataset: Dataset, calibrate: float) -> Parts:
    """The oldest rows to fit on, the newest to calibrate on, none to test."""
    cut = int((1.0 - calibrate) * len(dataset))
    rows = np.arange(len(dataset))
    old, new, none = (dataset.take(found) for found in (rows[:cut], rows[cut:], rows[:0]))
    calibrate_ms = int(dataset.at_ms[cut]) if len(dataset) else 0
    return Parts(old, new, none, calibrate_ms, calibrate_ms, 0)


def _enough(parts: Parts, gates: Gates) -> bool:
    """Rows and positives as the gates want them, and both labels in both parts."""
    labels = (parts.fit.positive, parts.calibrate.positive)
    positives = [int(np.count_nonzero(found)) for found in labels]
    mixed = all(0 < count < len(found) for count, found in zip(positives, labels, strict=True))
    return mixed and sum(map(len, labels)) >= gates.min_rows and sum(positives) >= gates.min_positives
