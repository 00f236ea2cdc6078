"""Which customers the model that serves scores for, and which the challenger that is being rolled out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from nba_server.domain.propensity import Scorer
from nba_server.domain.rollout import Arm, Assignment


class Side(NamedTuple):
    """The customers of one model, by their places in a batch. `arm` is their side of the rollout; None: there is none."""

    scorer: Scorer
    arm: Arm | None
    places: Sequence[int]


def sides(refs: Sequence[str], models: Assignment) -> list[Side]:
    """The sides of a batch; `refs` are the references of its customers. While a challenger decides for some there are two."""
    challenger = models.split
    if challenger is None:
        return [Side(models.champion, None, range(len(refs)))]
    scorers = [models.of(ref) for ref in refs]
    return [
        Side(scorer, models.arm(scorer), [place for place, mine in enumerate(scorers) if mine is scorer])
        for scorer in (models.champion, challenger)
    ]
