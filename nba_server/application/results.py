"""How a request for a decision ended: the encoded answer, or an error that says what to do."""

from __future__ import annotations

from typing import NamedTuple

from nba_server.application.express import ExpressDecision, Made
from nba_server.application.ports import Attempt, CommitResult, CommitStatus
from nba_server.domain.decision import Decision
from nba_server.domain.superseding import Refusal
from nba_server.errors import Conflict, InvalidArgument, NbaError, StoreUnavailable, Violation

_REFUSED = {
    Refusal.UNKNOWN: "is a decision that is not known any more; decide without it",
    Refusal.EXPIRED: "is a decision whose reservation has ended: there is nothing to swap; decide without it",
    Refusal.SUPERSEDED: "was superseded already; name the decision that took its place",
}


class DecideResult(NamedTuple):
    """The encoded answer. `decision` and `taken` (indices of its picks) are None and empty when the answer is a repeat.

    `express` stands in the place of `decision` where the express lane made it. `decision_id` is empty for a preview and a
    repeat; `attempts` tells how often it was decided. `relies` is the call that relies on what was reserved; None where that
    is never released.
    """

    answer: bytes
    decision_id: str = ""
    repeated: bool = False
    decision: Decision | None = None
    taken: tuple[int, ...] = ()
    attempts: int = 1
    relies: Attempt | None = None
    express: ExpressDecision | None = None


Answers = dict[int, DecideResult | NbaError]
"""By the place of the command."""


def settled(
    result: CommitResult, made: Made | None, decision_id: str, attempt: int, relies: Attempt | None
) -> DecideResult | NbaError:
    """What a commit ended with; `made` is the decision that was committed. Not for those to be decided again."""
    if result.status is CommitStatus.COMMITTED:
        if isinstance(made, ExpressDecision):
            return DecideResult(result.answer, decision_id, False, None, result.taken, attempt, relies, made)
        return DecideResult(result.answer, decision_id, False, made, result.taken, attempt, relies)
    if result.status is CommitStatus.REPEATED:
        return repeat(result, relies)
    if result.status is CommitStatus.CONFLICT:
        return Conflict(
            "request_id was used for another request of this customer; take a new id", reason="REQUEST_ID_REUSED"
        )
    return InvalidArgument([Violation("supersedes", _REFUSED[result.refusal or Refusal.UNKNOWN])])


def repeat(result: CommitResult, relies: Attempt | None) -> DecideResult:
    """The stored answer of an earlier commit."""
    return DecideResult(result.answer, repeated=True, relies=relies)


def too_far() -> InvalidArgument:
    """It is planned further ahead than contacts are counted."""
    return InvalidArgument([Violation("planned_at", "lies more than 31 days ahead; decide nearer to the time")])


def contended() -> StoreUnavailable:
    """Somebody was quicker, time and again."""
    return StoreUnavailable(
        "the customer changes faster than it can be decided; try again", reason="CUSTOMER_CONTENDED"
    )
