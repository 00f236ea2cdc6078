"""A rollout: which share of the customers a challenger decides for, by a stable hash. Share 0 is shadow scoring.

Pure; who moves the share, and where it is kept, is not known here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from nba_server.domain.propensity import Scorer

SPACE = 1_000_000


@dataclass(frozen=True, slots=True)
class Rollout:
    """A challenger on its way. It counts while `champion` is the live model (empty: the priors).

    `stage` is a place in the list of shares; `since_ms` is when the stage began, `began_ms` when the rollout did, on the
    store's clock. `ended` says why it is over; empty while it runs.
    """

    challenger: str
    champion: str
    share: float
    stage: int
    since_ms: int
    began_ms: int
    ended: str = ""


def place_of(customer_ref: str, salt: str) -> float:
    """A customer's place in [0, 1): blake2b(salt | reference) mod a million. A greater share keeps who was in before."""
    digest = hashlib.blake2b(f"{salt}|{customer_ref}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") % SPACE / SPACE


@dataclass(frozen=True, slots=True)
class Arm:
    """A customer's side of a rollout at the time of a decision: the challenger on its way, its share, and whether it decided."""

    challenger: str
    share: float
    challenged: bool


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who scores for whom, read once per request. Without a rollout `challenger` is None. `salt` is the challenger's version."""

    champion: Scorer
    challenger: Scorer | None = None
    share: float = 0.0
    salt: str = ""

    @property
    def split(self) -> Scorer | None:
        """The challenger, while it decides for some."""
        return self.challenger if self.share > 0.0 else None

    def of(self, customer_ref: str) -> Scorer:
        """The scorer of a customer."""
        challenger = self.split
        return self.champion if challenger is None or place_of(customer_ref, self.salt) >= self.share else challenger

    def arm(self, scorer: Scorer) -> Arm:
        """The arm of those whom this scorer serves. There must be a challenger."""
        return Arm(self.salt, self.share, scorer is self.challenger)
