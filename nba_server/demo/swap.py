"""Waits until the server scores with the model that is live: what the demo shows next shall come from it."""

from __future__ import annotations

import time
from collections.abc import Callable

from nba_server.errors import FailedPrecondition
from nba_server.pb import model_pb2

SWAP_S = 60.0
"""Loading tries the model out in a process of its own, which takes a while on a busy machine."""


def wait_until_serving(
    list_models: Callable[[], model_pb2.ListModelsResponse],
    *,
    seconds: float = SWAP_S,
    pause: Callable[[float], None] = time.sleep,
) -> str:
    """The version that serves; empty when no model is live. Raises `FailedPrecondition` when it is not swapped in time."""
    deadline = time.monotonic() + seconds
    while True:
        live = next((model for model in list_models().models if model.live), None)
        if live is None or live.serving:
            return live.version if live else ""
        if time.monotonic() > deadline:
            raise FailedPrecondition(
                f"The server does not score with {live.version} after {seconds:.0f} s; see its log."
            )
        pause(0.1)
