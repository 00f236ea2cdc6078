"""The port `ExpressLane` on the compiled part: keeps the tables of the catalogues and models that serve, and hands batches over.

Tables are made in a thread; until they are there, and for whatever the lane does not know, the Python path decides.
"""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from nba_server.adapters.express.conditions import Unsupported
from nba_server.adapters.express.shapes import AnswerParts, shape_of
from nba_server.adapters.express.tables import tables_of
from nba_server.adapters.heap import give_back
from nba_server.adapters.journal_codec import journal_arm, journal_request
from nba_server.adapters.model_scorer import DomainScorer
from nba_server.adapters.redis.blob import pack
from nba_server.application.ports import Asked, Taken
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import DecisionRequest, PlacementRequest
from nba_server.domain.funnel.arbitration import met
from nba_server.domain.propensity import Scorer
from nba_server.domain.rollout import Arm
from nba_server.pb import journal_pb2

_LOG = logging.getLogger(__name__)

KEPT = 4
"""Pairs of catalogue and model: the live ones, a challenger, and those that they take the place of."""
MOST_SHAPES = 512
MADE_READY = 32
"""So many shapes are made with the tables, before a server is ready; others when they are asked for."""
_NONE = -1
"""A shape that is not for the lane."""


@dataclass(slots=True)
class Core:
    """The tables of one catalogue and one model; `lane` is None where the lane does not know something of them.

    `shapes` are the numbers of what checked requests ask for, `named` the channel and placement of each of them. `known` is, by
    channel and placements of a request as it arrives, (number, fingerprint), or None for what is not for the lane.
    """

    catalog: Catalog
    scorer: Scorer
    lane: Any
    shapes: dict[tuple[str, PlacementRequest], int] = field(default_factory=dict)
    named: dict[int, tuple[str, str]] = field(default_factory=dict)
    known: dict[tuple[str, tuple[PlacementRequest, ...]], tuple[int, str] | None] = field(default_factory=dict)


class CompiledLane:
    """Decides by the extension module. Raises `ImportError` where it was not compiled; see `compiled()`."""

    def __init__(self, answers: AnswerParts, *, remember_ms: int, server_version: str) -> None:
        self.library: Any = importlib.import_module("nba_server.adapters.express._lane")
        self._answers = answers
        self._remember_ms = remember_ms
        self._server_version = server_version
        self._cores: list[Core] = []
        self._making = threading.Lock()
        self._wanted: tuple[Catalog, Scorer] | None = None
        self._local: tuple[int, tuple[int, int, int]] = (-1, (0, 0, 0))

    def take(self, asked: Sequence[Asked], catalog: Catalog, scorer: Scorer) -> Sequence[Taken | None]:
        """In order; None for what the Python path must decide."""
        core = self.core(catalog, scorer)
        if core is None:
            self._make_beside(catalog, scorer)
            return [None] * len(asked)
        if core.lane is None:
            return [None] * len(asked)
        found: list[Taken | None] = [None] * len(asked)
        places, items = [], []
        for place, one in enumerate(asked):
            shape = self._shape(core, one.request)
            if shape != _NONE and not one.stored.household:
                places.append(place)
                items.append(self._item(shape, one, catalog))
        for place, made in zip(places, core.lane.decide(items), strict=True):
            if made is not None:
                packed, actions, removed = made
                shown = len(actions)
                picks = _FIRST[shown] if shown < len(_FIRST) else tuple(range(shown))
                found[place] = Taken(packed, picks, removed, actions)
        return found

    def ready(self, catalog: Catalog, scorer: Scorer) -> None:
        """Makes the tables, and returns when they are there. Seconds for thousands of actions.

        Shapes are made with them: those that were asked for before or, at the start, what each placement gives by itself. A
        request would wait for its shape, and all that come behind it: 10 ms for a thousand actions.
        """
        with self._making:
            if self.core(catalog, scorer) is None:
                core = Core(catalog, scorer, self._made(catalog, scorer))
                if core.lane is not None:
                    for key in self._likely(catalog):
                        self._shape_of(core, key)
                self._cores = [*self._cores[1 - KEPT :], core]
                give_back()  # what the tables were made of, and what was let go since the change before

    def core(self, catalog: Catalog, scorer: Scorer) -> Core | None:
        """The tables; None as long as there are none."""
        for core in reversed(self._cores):
            if core.catalog is catalog and core.scorer is scorer:
                return core
        return None

    def _made(self, catalog: Catalog, scorer: Scorer) -> Any:
        if not isinstance(scorer, DomainScorer):
            return None
        try:
            spec = tables_of(
                catalog,
                scorer.kernel,
                self._answers,
                remember_ms=self._remember_ms,
                server_version=self._server_version,
            )
            return self.library.Lane(spec)
        except Unsupported as reason:
            _LOG.info("the express lane does not know %s: Python decides", reason)
            return None

    def _make_beside(self, catalog: Catalog, scorer: Scorer) -> None:
        """Begins to make the tables, unless it has begun."""
        if self._wanted is None or self._wanted[0] is not catalog or self._wanted[1] is not scorer:
            self._wanted = (catalog, scorer)
            threading.Thread(target=self.ready, args=(catalog, scorer), name="express-tables", daemon=True).start()

    def shape(self, core: Core, request: DecisionRequest) -> int | None:
        """The number of what a checked request asks for; None: it is not for the lane."""
        shape = self._shape(core, request)
        return None if shape == _NONE else shape

    def _shape(self, core: Core, request: DecisionRequest) -> int:
        if request.excluded_actions or request.deferred or len(request.placements) != 1:
            return _NONE
        return self._shape_of(core, (request.channel, request.placements[0]))

    def _shape_of(self, core: Core, key: tuple[str, PlacementRequest]) -> int:
        shape = core.shapes.get(key)
        if shape is None:
            shape = _NONE
            if len(core.shapes) < MOST_SHAPES:
                try:
                    shape = core.lane.shape(shape_of(core.catalog, *key, self._answers))
                    core.named[shape] = (key[0], key[1].placement)
                except Unsupported as reason:
                    _LOG.info("the express lane does not know %s: Python decides", reason)
                core.shapes[key] = shape
        return shape

    def _likely(self, catalog: Catalog) -> Sequence[tuple[str, PlacementRequest]]:
        """What will be asked for: what was, as far as there is such a place, or else all placements as they are."""
        places = catalog.placements
        asked = list(self._cores[-1].shapes) if self._cores else []
        still = [key for key in asked if key[1].placement in places and places[key[1].placement].channel == key[0]]
        own = [(place.channel, PlacementRequest(place.id, place.slots)) for place in places.values()]
        return (still or own)[:MADE_READY]

    def _item(self, shape: int, one: Asked, catalog: Catalog) -> tuple[Any, ...]:
        """As source/module.cpp reads it."""
        if self._local[0] != one.now_ms:
            moment = datetime.fromtimestamp(one.now_ms / 1000, catalog.plan.zone)
            self._local = (one.now_ms, (moment.hour, moment.isoweekday(), moment.month))
        arm = _encoded_arm(one.arm) if one.arm is not None else b""
        return (
            shape,
            one,
            arm,
            self._local[1],
            *(_live(one.request, catalog) if one.request.context else _NOTHING_LIVE),
        )


_FIRST = [tuple(range(shown)) for shown in range(32)]
"""The policy's choices come first among the picks."""


Live = tuple[bytes, bytes, tuple[int, ...]]
_NOTHING_LIVE: Live = (b"", b"", ())


def _live(request: DecisionRequest, catalog: Catalog) -> Live:
    """The live context, the request as the journal keeps it before its id, and the weights that the context meets."""
    kept = journal_request(request._replace(request_id="")).SerializeToString(deterministic=True)
    return pack(dict(request.context)), kept, tuple(met(catalog.plan.context_weights, request.context))


@lru_cache(maxsize=16)
def _encoded_arm(arm: Arm) -> bytes:
    return journal_pb2.DecisionEntry(arm=journal_arm(arm)).SerializeToString(deterministic=True)
