"""Repeats a call while the server is away or overloaded: safe for calls that change nothing when they come twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from nba_client.errors import Overloaded, Unavailable

ATTEMPTS = 8
T = TypeVar("T")


def patiently(call: Callable[[], T], wait: Callable[[float], None] = time.sleep) -> T:
    """The call's answer; about 30 seconds of patience in all, then the client's error."""
    for attempt in range(ATTEMPTS):
        try:
            return call()
        except (Unavailable, Overloaded) as error:
            if attempt == ATTEMPTS - 1:
                raise
            wait(error.retry_after or min(8.0, 0.25 * 2**attempt))
    raise AssertionError("the last attempt returns or raises")
