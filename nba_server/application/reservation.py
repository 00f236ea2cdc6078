"""Turns a decision into what the store reserves and journals in one atomic call, and into a preview's answer.

It encodes nothing itself: answers and entries come from the encoders. Limits are those of recheck.py.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

from nba_server.application.held import Kinds, held_until
from nba_server.application.ports import AnswerEncoder, Claim, DecisionCommit, JournalEncoder, Muting, OptimisticCommit
from nba_server.application.recheck import Encoded, Rechecks, ranks_of, shares_limits
from nba_server.application.turn import Turn
from nba_server.domain.catalog import Catalog
from nba_server.domain.contact_table import reacted
from nba_server.domain.decision import Decision, DecisionInput
from nba_server.domain.muting import up_to_date


class Reservation:
    """Builds commits and previews."""

    def __init__(self, answers: AnswerEncoder, journal: JournalEncoder) -> None:
        self._answers = answers
        self._journal = journal
        self._kinds = Kinds()
        self._rechecks = Rechecks(answers, self._kinds)

    def commit(
        self, decision: Decision, claim: Claim, catalog: Catalog, turn: Turn
    ) -> OptimisticCommit | DecisionCommit:
        """The decision as it was made, for a customer who has not changed; all offers and limits where that cannot do."""
        encoded = Encoded(
            head=self._answers.head(decision, catalog),
            entry=self._journal.decision(decision, catalog, claim.asked, claim.caller),
            withdrawn=b"".join(map(self._answers.withdrawn, _placements(decision))),
            muting=None if claim.anonymous else _muting(decision.input, catalog),
        )
        taken = _chosen(decision)
        if _must_check(decision, taken, catalog):
            return self._rechecks.commit(decision, claim, catalog, turn, encoded)
        given = decision.input
        return OptimisticCommit(
            customer=claim.customer,
            decision_id=given.decision_id,
            request_key=claim.request_key,
            fingerprint=claim.fingerprint,
            seen=given.state,
            decided_ms=given.now_ms,
            at_ms=given.contact_ms,
            deferred=given.request.deferred,
            contacts=tuple(self._kinds.of(decision, decision.picks[index], catalog) for index in taken),
            picks=taken,
            answer=self._answer(encoded.head, decision, catalog, taken, ()),
            head_size=len(encoded.head),
            entry=encoded.entry,
            retention_ms=catalog.ledger_retention_ms,
            anonymous=claim.anonymous,
            attempt=turn.attempt,
            valid_until_ms=turn.valid_until_ms,
            channel=given.request.channel,
            withdrawn=encoded.withdrawn,
            muting=encoded.muting,
            checked=partial(self._rechecks.commit, decision, claim, catalog, turn, encoded),
        )

    def preview(self, decision: Decision, catalog: Catalog) -> bytes:
        """The answer as it would be if nobody else took the customer's last slot."""
        return self.answer(decision, catalog, _chosen(decision), ())

    def answer(self, decision: Decision, catalog: Catalog, taken: Sequence[int], substituted: Collection[int]) -> bytes:
        """The answer for the picks that were taken, composed as the store composes it."""
        return self._answer(self._answers.head(decision, catalog), decision, catalog, taken, substituted)

    def _answer(
        self, head: bytes, decision: Decision, catalog: Catalog, taken: Sequence[int], substituted: Collection[int]
    ) -> bytes:
        filled = {decision.candidates[decision.picks[index].candidate].placement for index in taken}
        ranks, until = ranks_of(decision), held_until(decision, catalog)
        parts = [head]
        for index in taken:
            step_in = index in substituted
            parts.append(
                self._answers.action(
                    decision, catalog, index, ranks[index], substituted=step_in, reserved_until_ms=until
                )
            )
        parts += [self._answers.no_offer(name, decision) for name in _placements(decision) if name not in filled]
        return b"".join(parts)


def _chosen(decision: Decision) -> tuple[int, ...]:
    """The policy's own choices among the picks."""
    return tuple([index for index, pick in enumerate(decision.picks) if pick.position])


def _placements(decision: Decision) -> list[str]:
    return [place.placement for place in decision.input.request.placements]


def _must_check(decision: Decision, taken: Sequence[int], catalog: Catalog) -> bool:
    """Whether only the store can tell what holds: units of caps, what another decision still holds, what a household shares."""
    if decision.input.request.supersedes or shares_limits(decision, catalog):
        return True
    actions = [decision.candidates[decision.picks[index].candidate].action for index in taken] if catalog.caps else ()
    return any(units[action] for _, units in catalog.plan.caps for action in actions)


def _muting(given: DecisionInput, catalog: Catalog) -> Muting | None:
    """The suppressions to store, when the decision had to work them out for rules that have changed."""
    state = given.state
    if state.suppression_hash == catalog.suppression_hash:
        return None
    known = bool(state.suppressions or state.suppression_hash)
    if not (known or (catalog.suppressions and reacted(state.ledger))):
        return None
    now = up_to_date(state, catalog, given.now_ms)
    return Muting(now.suppressions, now.suppression_hash, state.engagement_version)
