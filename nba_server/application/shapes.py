"""Requests that ask for the same: what was checked for one of them holds for all, as long as the catalogue is the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import DecisionRequest, PlacementRequest

MOST = 512
"""So many shapes are remembered; callers that draw theirs at random gain nothing and cost no more than that."""

Asked = tuple[str, tuple[PlacementRequest, ...]]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a checked request has besides its ids: named placements with their slots, and the fingerprint of what was asked."""

    placements: tuple[PlacementRequest, ...]
    fingerprint: str


class Shapes:
    """The shapes of plain requests: a channel and placements, nothing else."""

    def __init__(self) -> None:
        self._catalog: Catalog | None = None
        self._known: dict[Asked, Shape] = {}

    def of(self, request: DecisionRequest, catalog: Catalog) -> Shape | None:
        """The shape, if an equal request was found right under this very catalogue."""
        if catalog is not self._catalog or not is_plain(request):
            return None
        return self._known.get((request.channel, request.placements))

    def learn(
        self,
        request: DecisionRequest,
        checked: DecisionRequest,
        catalog: Catalog,
        fingerprint: Callable[[DecisionRequest], str],
    ) -> None:
        """Remembers what a request became."""
        if not is_plain(request):
            return
        if catalog is not self._catalog or len(self._known) >= MOST:
            self._catalog, self._known = catalog, {}
        self._known[request.channel, request.placements] = Shape(checked.placements, fingerprint(request))


def is_plain(request: DecisionRequest) -> bool:
    """Whether it asks for placements on a channel and nothing else."""
    return not (
        request.context or request.excluded_actions or request.supersedes or request.deferred or request.planned_ms
    )
