"""The ordinary way to make decisions: records decoded, the domain's funnel, commits built. Any other way must make the same.

Reads nothing and commits nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from nba_server.application.batching import as_error
from nba_server.application.ports import Asked, CustomerReader, DecisionCommit, OptimisticCommit
from nba_server.application.reservation import Reservation
from nba_server.application.turn import Turn
from nba_server.domain.borders import good_until
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import Decision, DecisionInput, decide
from nba_server.domain.propensity import Scorer
from nba_server.errors import NbaError

Decided = Sequence[Decision | NbaError]


class OrdinaryPath:
    """Decides batches of what was asked."""

    def __init__(self, reader: CustomerReader, reservation: Reservation) -> None:
        self._reader = reader
        self._reservation = reservation

    def decided(self, asked: Sequence[Asked], catalog: Catalog, scorer: Scorer) -> Decided:
        """One decision or error each, in order, in one pass; when that fails, one by one: only the culprit has no answer."""
        try:
            return decide([self._input(one) for one in asked], catalog, scorer)
        except Exception as fault:
            if len(asked) == 1:
                return [as_error(fault)]
            return [decided for one in asked for decided in self.decided([one], catalog, scorer)]

    def decision(self, asked: Asked, catalog: Catalog, scorer: Scorer) -> Decision:
        """One decision. Raises `NbaError`."""
        decided = self.decided([asked], catalog, scorer)[0]
        if isinstance(decided, NbaError):
            raise decided
        return decided

    def commit(
        self, decision: Decision, asked: Asked, catalog: Catalog, *, last: bool
    ) -> OptimisticCommit | DecisionCommit:
        """What is reserved and journaled of a decision; `last` as in `Turn`."""
        turn = Turn(asked.attempt, good_until(decision, catalog, asked.latest_ms), last)
        return self._reservation.commit(decision, asked.claim, catalog, turn)

    def preview(self, decision: Decision, catalog: Catalog) -> bytes:
        """The answer as it would be if nobody else took the customer's last slot."""
        return self._reservation.preview(decision, catalog)

    def _input(self, asked: Asked) -> DecisionInput:
        state = self._reader.decode(asked.stored)
        return DecisionInput(asked.request, state, asked.now_ms, asked.seed, asked.decision_id, asked.caps, asked.arm)
