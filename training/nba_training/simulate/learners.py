"""Who decides in a simulation: an exploration of the catalogue, and a scorer that is taught again at each tick."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from nba_models.definition import ModelDefinition
from nba_models.scorer import ModelScorer, PriorScorer
from nba_server.adapters.model_scorer import DomainScorer
from nba_server.domain.propensity import Scorer
from nba_training.extract import extract
from nba_training.fit import fit
from nba_training.gate import enough
from nba_training.simulate.journal import Journal
from nba_training.simulate.shop import definition
from nba_training.split import by_time

THOMPSON = "{kind: thompson, floor: 0.01, draws: 64, new_actions: {share: 0.15, mature_after: 60}}"
"""Chosen on seeds that no proof uses."""
EPSILON = "{kind: epsilon, epsilon: %g}"


class Learner(Protocol):
    """A policy. `exploration` is that of the placement, as in a catalogue."""

    @property
    def name(self) -> str:
        """For the report."""

    @property
    def exploration(self) -> str:
        """The placement's exploration."""

    @property
    def scorer(self) -> Scorer:
        """What scores now."""

    def learn(self, journal: Journal, as_of_ms: int) -> None:
        """A tick: learns from what is known by now."""


@dataclass
class Trees:
    """The product's own training steps, by the real join and fit. `teach` False: the priors for ever."""

    name: str
    exploration: str
    teach: bool = True
    definition: ModelDefinition = field(default_factory=definition)

    def __post_init__(self) -> None:
        self.scorer: Scorer = DomainScorer(PriorScorer(self.definition))

    def learn(self, journal: Journal, as_of_ms: int) -> None:
        """Takes each tick's model: in a simulation of exploration all learners go ungated."""
        if not self.teach:
            return
        read = extract(journal, journal, self.definition, as_of_ms)
        parts = by_time(read.dataset, self.definition.split)
        if enough(parts, self.definition.gates).passed and np.unique(parts.fit.positive).size == 2:
            model, _ = fit(self.definition, parts)
            self.scorer = DomainScorer(ModelScorer(model))


def learners() -> dict[str, Trees]:
    """The policies that need nothing else, by name; made anew for each run."""
    found = (
        Trees("thompson", THOMPSON),
        Trees("softmax", "{kind: softmax, temperature: 0.15, floor: 0.03}"),
        Trees("epsilon", EPSILON % 0.1),
        Trees("greedy", "{kind: none}"),
        Trees("uniform", EPSILON % 1.0, teach=False),
    )
    return {learner.name: learner for learner in found}
