"""Port of the express lane: the common decision made, worded, journaled and packed in one go. It is optional.

Whatever it takes is equal, byte for byte, to what the ordinary path makes; what it cannot vouch for it leaves to that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from nba_server.application.ports.committing import Attempt, Claim, CommitResult, PackedCommit
from nba_server.application.ports.customers import Stored
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import DecisionRequest
from nba_server.domain.propensity import Scorer
from nba_server.domain.rollout import Arm
from nba_server.errors import NbaError


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


class ExpressCounts(NamedTuple):
    """What a batch of the lane's decisions came to: how many offers by kind of request, whose (channel, placement) is in `names`,
    and as in `Taken` what each stage removed, summed."""

    names: Mapping[int, tuple[str, str]]
    times: Mapping[int, int]
    removed: Sequence[int]

    @property
    def offered(self) -> dict[tuple[str, str], int]:
        """How many offers by (channel, placement)."""
        return {self.names[kind]: number for kind, number in self.times.items()}


class Sheet(Protocol):
    """The common decisions of one batch, each at the same place of every list; the steps are taken in this order, once."""

    places: Sequence[int]
    """Of the commands that it has taken."""

    async def read(self) -> None:
        """Reads their customers. Raises `StoreUnavailable`."""

    def decide(self, valid_ms: int, gone: Sequence[int]) -> None:
        """Decides what it can on what was read, but for the places that nobody waits for any more.

        A decision may be committed until `valid_ms` after the read. Raises whatever is wrong with the lane.
        """

    async def commit(self) -> Sequence[Any | CommitResult | NbaError | None]:
        """Commits them. The finished result of what was committed as it was made (of the type that the desk was given); what
        else the store said; or an error, after which the effect is unknown. None: was not decided, or must be again."""

    def relies(self, n: int) -> Attempt:
        """The call that relies on the n-th of `places`."""

    def told(self) -> ExpressCounts:
        """What was committed as it was made."""


class ExpressDesk(Protocol):
    """Takes the common decisions of a batch all the way, where the store lets it."""

    def open(self, commands: Sequence[Any], catalog: Catalog, scorer: Scorer) -> Sheet | None:
        """What is common among the commands, which ask for a decision each. None: nothing is, as far as is known."""

    def learn(
        self, asked: DecisionRequest, checked: DecisionRequest, fingerprint: str, catalog: Catalog, scorer: Scorer
    ) -> None:
        """A plain request as it arrived was found right: what is alike but for its ids is common, if the lane knows how."""
