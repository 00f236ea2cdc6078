"""Decides a batch, each customer by the model that serves them: the live one, or the challenger that is being rolled out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nba_server.application.batching import as_error
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import Decision, DecisionInput, decide
from nba_server.domain.propensity import Scorer
from nba_server.domain.rollout import Assignment
from nba_server.errors import NbaError

Decided = Sequence[Decision | NbaError]


def decide_all(refs: Sequence[str], inputs: Sequence[DecisionInput], catalog: Catalog, models: Assignment) -> Decided:
    """One decision or error an input, in order; `refs` are the references of the customers. One pass a model.

    While a challenger decides for some, every input says which side its customer is on.
    """
    if models.challenger is None or models.share <= 0.0:
        return _decided(inputs, catalog, models.champion)
    scorers = [models.of(ref) for ref in refs]
    found: dict[int, Decision | NbaError] = {}
    for scorer in (models.champion, models.challenger):
        places = [place for place, mine in enumerate(scorers) if mine is scorer]
        arm = models.arm(scorer)
        given = [replace(inputs[place], arm=arm) for place in places]
        found |= zip(places, _decided(given, catalog, scorer), strict=True)
    return [found[place] for place in range(len(inputs))]


def _decided(inputs: Sequence[DecisionInput], catalog: Catalog, scorer: Scorer) -> Decided:
    """All decisions in one pass; when that fails, one by one, so that only the culprit has no answer."""
    try:
        return decide(inputs, catalog, scorer)
    except Exception as fault:
        if len(inputs) == 1:
            return [as_error(fault)]
        return [decided for given in inputs for decided in _decided([given], catalog, scorer)]
