"""One choice as a reader found it, before it becomes a row of arrays."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

from nba_models.features import RawColumns

DEFAULT_PRIOR = 0.05


@dataclass(frozen=True, slots=True)
class LoggedCandidate:
    """A candidate. `name` "" is "no offer". `chance`: the logging policy's, NaN where unknown. `worth` is C x V x L.

    `row` is its row in the choice's features; None when nothing of it was logged.
    """

    name: str
    chance: float = nan
    group: str = ""
    prior: float = DEFAULT_PRIOR
    evidence: float = 0.0
    worth: float = 1.0
    row: int | None = None


@dataclass(frozen=True, slots=True)
class LoggedChoice:
    """One position of one placement of one decision. `customer` is hex. `features` has `rows` rows, in its own layout.

    `open_set`: the log does not say who else could have been chosen; then everything that was chosen on the same `site`
    (channel and placement) anywhere in the log could have been.
    """

    customer: str
    at_ms: int
    slate: str
    position: int
    candidates: tuple[LoggedCandidate, ...]
    chosen: int
    pick_probability: float
    reward: float
    epsilon: float = 0.0
    site: str = ""
    open_set: bool = False
    features: RawColumns | None = None
    rows: int = 0


class LogUnreadable(ValueError):
    """A log with bad lines; `faults` has one sentence each, with the line."""

    def __init__(self, faults: list[str]) -> None:
        shown = "; ".join(faults[:5]) + (f"; and {len(faults) - 5:,} more" if len(faults) > 5 else "")
        super().__init__(shown)
        self.faults = tuple(faults)
