"""What the compiled part is given of a world, as plain values: they can be handed to a binary in another process."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from nba_server.adapters.express.lane import CompiledLane
from nba_server.transport.grpc.codec.answer import AnswerCodec
from tests.express.worlds import World

_MODULE = "nba_server.adapters.express._lane"


@dataclass(slots=True)
class Recorded:
    """Stands where the extension module stands, keeps the tables, shapes and items that it is given, and decides nothing."""

    tables: Any = None
    shapes: list[Any] = field(default_factory=list)
    items: list[Any] = field(default_factory=list)

    def Lane(self, tables: Any) -> Recorded:  # noqa: N802 - the module's name for it
        """As the module's."""
        self.tables = tables
        return self

    def shape(self, shape: Any) -> int:
        """As the module's."""
        self.shapes.append(shape)
        return len(self.shapes) - 1

    def decide(self, items: list[Any]) -> list[None]:
        """As the module's, with none of them for the lane."""
        self.items += items
        return [None] * len(items)


def recorded(world: World) -> tuple[Any, list[Any], list[Any]]:
    """(tables, shapes, items) of all requests of a world that the lane's facade hands on."""
    recorder = Recorded()
    with patch.dict(sys.modules, {_MODULE: recorder}):  # type: ignore[dict-item]
        lane = CompiledLane(AnswerCodec(), remember_ms=86_400_000, server_version="1.2.3")
    lane.ready(world.catalog, world.scorer)
    lane.take(world.asked, world.catalog, world.scorer)
    return recorder.tables, recorder.shapes, recorder.items
