"""VowpalWabbit as a learner of the simulator: the same candidates, features, limits and cadence, its own model and exploration.

A requirement of `make prove` only. What it draws is handed to the real `decide()` as propensities: a half for its pick, next
to nothing for the rest.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nba_server.adapters.journal_entry import candidates_of
from nba_server.domain.draw import uniform
from nba_server.domain.profile import Scalar
from nba_server.domain.propensity import CaseScores, FeatureColumns, Scorer, ScoringCase
from nba_training.outcomes import OutcomeBook
from nba_training.sample import CustomerSample
from nba_training.simulate.journal import Journal
from nba_training.simulate.shop import definition
from nba_training.simulate.world import ATTRIBUTES


def available() -> bool:
    """Whether the package is there."""
    return importlib.util.find_spec("vowpalwabbit") is not None


class Vowpal:
    """Learns at each tick from the decisions whose answers are in, with the chance that it drew them with."""

    exploration = "{kind: none}"

    def __init__(self, name: str, options: str) -> None:
        vowpalwabbit: Any = importlib.import_module("vowpalwabbit")

        self.name = name
        self.definition = definition()
        self._model: Any = vowpalwabbit.Workspace(f"{options} --quiet --random_seed 7")
        self._shown: dict[tuple[float, ...], tuple[list[str], int, float]] = {}
        self._turn = 0
        self.scorer: Scorer = self

    version = "vowpal"
    reads = frozenset({"customer.known", "contact.count_7d", "action.id", *(f"customer.{name}" for name in ATTRIBUTES)})

    def score(self, cases: Sequence[ScoringCase]) -> list[CaseScores]:
        """Draws for each case, and remembers what it drew by the features that are journaled."""
        return [self._drawn(case) for case in cases]

    def _drawn(self, case: ScoringCase) -> CaseScores:
        example = [_shared(case.shared), *(f"|a id={pair['action.id']}" for pair in case.pairs)]
        chances = np.asarray(self._model.predict(example), dtype=np.float64)
        self._turn += 1
        place = int(np.searchsorted(np.cumsum(chances / chances.sum()), uniform(11, self._turn)))
        place = min(place, len(chances) - 1)
        numbers = np.array([float(self._turn)], dtype="<f8").tobytes()
        self._shown[(float(self._turn),)] = (example, place, float(chances[place]))
        propensity = np.full(len(case.pairs), 1e-6)
        propensity[place] = 0.5
        return CaseScores(propensity, FeatureColumns("vowpal", shared_numbers=numbers))

    def learn(self, journal: Journal, as_of_ms: int) -> None:
        """All decisions whose windows have closed since the last tick: the rows that the others get, at the same time."""
        outcomes = OutcomeBook(CustomerSample(), 1 << 30)
        outcomes.collect(journal.entries({"outcome"}))
        window_ms = journal.compiled.channels["web"].response_window_ms
        for item in journal.entries({"decision"}):
            entry = item.entry.decision
            key = tuple(np.frombuffer(entry.features.shared_numbers, dtype="<f8").tolist())
            if not item.taken or key not in self._shown or item.at_ms + window_ms > as_of_ms:
                continue
            example, place, chance = self._shown.pop(key)
            action = candidates_of(entry)[entry.picks[item.taken[0]].candidate].action
            clicked = any(found.type == "clicked" for found in outcomes.of(f"{entry.decision_id}:{action}"))
            labelled = list(example)
            labelled[place + 1] = f"0:{-1.0 if clicked else 0.0}:{chance} {example[place + 1]}"
            self._model.learn(labelled)


def _shared(facts: Mapping[str, Scalar]) -> str:
    numbers = " ".join(f"{name}:{float(facts.get(f'customer.{name}', 0.0)):.3f}" for name in ATTRIBUTES)  # type: ignore[arg-type]
    return f"shared |s {numbers} recent:{float(facts.get('contact.count_7d', 0.0) or 0.0):g}"  # type: ignore[arg-type]
