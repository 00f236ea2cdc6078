"""Port of the express lane: the common decision made, worded, journaled and packed in one go. It is optional.

Whatever it takes is equal, byte for byte, to what the ordinary path makes; what it cannot vouch for it leaves to that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from nba_server.application.ports.committing import Claim, PackedCommit
from nba_server.application.ports.customers import Stored
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import DecisionRequest
from nba_server.domain.propensity import Scorer
from nba_server.domain.rollout import Arm


class Asked(NamedTuple):
    """One decision to be made, on what was read at `now_ms`.

    `request` is checked and has a request id; `claim.customer` is where the record was found. `attempt` names the try to commit
    it (see `Attempt`), which holds until `latest_ms` at most. `arm` and `caps` are those of `DecisionInput`.
    """

    request: DecisionRequest
    claim: Claim
    seed: int
    stored: Stored
    now_ms: int
    decision_id: str
    attempt: str
    latest_ms: int
    arm: Arm | None = None
    caps: Mapping[str, int] | None = None


class Taken(NamedTuple):
    """What the lane made of it: an offer in the one placement that was asked for.

    `packed` is what the store is given. `picks` are the indices of the policy's choices among all picks, `removed[s]` is how
    many actions stage `s` (value of `Stage`; 0: none did) removed. `actions` are what was chosen, as indices of the catalogue,
    in the order of `picks`; empty: not told.
    """

    packed: PackedCommit
    picks: tuple[int, ...]
    removed: Sequence[int]
    actions: tuple[int, ...] = ()


class ExpressLane(Protocol):
    """Decides what it can, on tables that are made once a catalogue and model."""

    def take(self, asked: Sequence[Asked], catalog: Catalog, scorer: Scorer) -> Sequence[Taken | None]:
        """In order; None: not for the lane. None of them while there are no tables: it begins to make them beside.

        The catalogue has no caps, and no request is a preview, supersedes anything or is planned ahead.
        """

    def ready(self, catalog: Catalog, scorer: Scorer) -> None:
        """Makes the tables, and returns when they are there. Takes its time: call it off the event loop."""
