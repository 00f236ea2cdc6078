"""How often one subject token's holder may call: a browser needs little, and whoever sends more takes it from others."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from nba_server.errors import Overloaded
from nba_server.transport.grpc.call import Call
from nba_server.transport.grpc.passage import Refused, Step

PER_SECOND = 20.0
BURST = 60.0
SUBJECTS = 50_000
"""So many are remembered in a process; whoever called longest ago is forgotten first."""


class Rates:
    """A token bucket for each subject; `clock` in seconds. Callers with an API key are not limited here."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def __call__(self, method: str) -> Rate:
        """The step; one bucket serves all methods."""
        return Rate(self)

    def take(self, subject: tuple[str, str]) -> None:
        """One call of the subject's. Raises `Overloaded` when its bucket is empty."""
        now = self._clock()
        left, at = self._left.pop(subject, (BURST, now))
        left = min(BURST, left + (now - at) * PER_SECOND)
        allowed = left >= 1.0
        self._left[subject] = (left - 1.0 if allowed else left, now)
        if len(self._left) > SUBJECTS:
            self._left.popitem(last=False)
        if not allowed:
            raise Overloaded(
                f"this subject calls more than {PER_SECOND:.0f} times a second; slow down",
                retry_after_s=(1.0 - left) / PER_SECOND,
                reason="RATE_LIMITED",
            )


class Rate(Step):
    """Takes one call of the subject's for every call."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates

    def enter(self, call: Call) -> None:
        """Raises `Overloaded`."""
        if call.caller.subject is not None:
            self._rates.take((call.caller.name, call.caller.subject.claim))

    def enter_all(self, calls: Sequence[Call]) -> Refused:
        """Most have no subject."""
        limited = [call for call in calls if call.caller.subject is not None]
        return super().enter_all(limited) if limited else []
