"""Requests off the wire become commands in the compiled part, where they are like ones that became commands before.

Of any other one, and of what is no request, protobuf's own reader tells.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import MappingProxyType
from typing import Any

from nba_server.application.admission import DecideCommand
from nba_server.domain.decision import DecisionRequest, PlacementRequest

MOST = 1_024
"""So many channels with placements are remembered; callers that draw theirs at random gain nothing."""


class KnownRequests:
    """`parse` makes the request of a message's bytes; it raises whatever it likes."""

    def __init__(self, parse: Callable[[bytes], DecisionRequest]) -> None:
        self._asked: Any = import_module("nba_server.adapters.express._lane").asked
        self._parse = parse
        self._known: dict[bytes, tuple[str, tuple[PlacementRequest, ...]]] = {}
        self._types: tuple[Any, ...] = (DecideCommand, DecisionRequest, MappingProxyType({}))

    def __call__(self, data: bytes, caller: str) -> DecideCommand | None:
        """The command; None where a message must be made."""
        asked = self._asked(data, caller, self._known, self._types)
        if isinstance(asked, bytes):
            self._learn(asked)
            return None
        found: DecideCommand | None = asked
        return found

    def _learn(self, shape: bytes) -> None:
        """The channel and placements alone are a request too."""
        if len(self._known) >= MOST:
            return
        try:
            request = self._parse(shape)
        except Exception:  # whoever sent it is told so by the usual reader
            return
        self._known[shape] = (request.channel, request.placements)
