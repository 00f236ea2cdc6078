"""One choice as a reader found it, before it becomes a row of arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import nan

import numpy as np

from nba_models.features import Floats, RawColumns, Scalar
from nba_server.errors import NbaError

DEFAULT_PRIOR = 0.05
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class LoggedCandidate:
    """A candidate. `name` "" is "no offer". `chance`: the logging policy's, NaN where unknown. `worth` is C x V x L; `value`
    is the V.

    `row` is its row in the choice's features; None when nothing of it was logged. `facts` are those of the action alone.
    """

    name: str
    chance: float = nan
    group: str = ""
    prior: float = DEFAULT_PRIOR
    evidence: float = 0.0
    worth: float = 1.0
    row: int | None = None
    facts: Mapping[str, Scalar] = field(default_factory=dict)
    value: float = nan


@dataclass(frozen=True, slots=True)
class LoggedChoice:
    """One position of one placement of one decision. `customer` is hex. `features` has `rows` rows, in its own layout.

    `open_set`: the log does not say who else could have been chosen; then everything that was chosen on the same `site`
    (channel and placement) anywhere in the log could have been. `harm` is 1 where the customer opted out or complained.
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
    harm: float = 0.0


@dataclass(frozen=True, slots=True)
class PlainCase:
    """Facts of a choice as the encoder reads them."""

    shared: Mapping[str, Scalar]
    pairs: Sequence[Mapping[str, Scalar]]
    prior: Floats = field(default_factory=lambda: np.empty(0))
    evidence: Floats = field(default_factory=lambda: np.empty(0))


class LogUnreadable(NbaError):
    """A log with bad lines; `faults` has one sentence each, with the line."""

    reason = "LOG_UNREADABLE"

    def __init__(self, faults: Sequence[str]) -> None:
        more = [f"... and {len(faults) - _SHOWN:,} more"] if len(faults) > _SHOWN else []
        super().__init__("\n  ".join([f"{len(faults):,} bad lines in the log:", *faults[:_SHOWN], *more]))
        self.faults = tuple(faults)
