"""How long to wait after a failure: exponential, with jitter, never past a bound."""

from __future__ import annotations

FIRST_MS = 5_000
LONGEST_MS = 3_600_000
ASKED_AT_MOST_MS = 24 * 3_600_000
"""A receiver may ask for at most this (`Retry-After`)."""


def wait_ms(failures: int, draw: float, asked_ms: int = 0) -> int:
    """The wait after so many failures in a row (at least 1): 5 s, doubled with each up to an hour, of which `draw` in [0, 1)
    takes up to a half off, so that many do not come back at once. At least what the receiver asked for.
    """
    longest = min(FIRST_MS << min(failures - 1, 32), LONGEST_MS)
    return max(round(longest * (1 - draw / 2)), min(asked_ms, ASKED_AT_MOST_MS))
