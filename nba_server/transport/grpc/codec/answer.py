"""The answer of a decision in parts: each part is a `DecideResponse` of its own, and concatenated they are the answer.

That is how protobuf merges messages. Equal decisions give equal bytes: maps are written in the order of their keys.
"""

from __future__ import annotations

from functools import lru_cache

from nba_server.application.race import LOST_RACE, SUBSTITUTED
from nba_server.domain.action import Action
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import Candidate, Decision
from nba_server.domain.reasons import Reason, ReasonCode, Stage
from nba_server.pb import decision_pb2
from nba_server.transport.grpc.codec import ranked
from nba_server.transport.grpc.codec.reason import to_reason
from nba_server.transport.grpc.codec.values import timestamp
from nba_server.wire import delimited

_ACTION = bytes((decision_pb2.DecideResponse.ACTIONS_FIELD_NUMBER << 3 | 2,))
"""The tag of an action in an answer."""
_WITHDRAWN_SINCE = Reason(
    ReasonCode.WITHDRAWN_SINCE,
    Stage.CONSENT,
    "Consent was taken back after this decision; its offers do not hold any more.",
)


class AnswerCodec:
    """Encodes answers (the port `AnswerEncoder`)."""

    def __init__(self) -> None:
        self._catalog: Catalog | None = None
        self._parts: dict[tuple[str, int, int], bytes] = {}

    def head(self, decision: Decision, catalog: Catalog) -> bytes:
        """Everything but actions and no-offers."""
        given = decision.input
        return _bytes(
            decision_pb2.DecideResponse(
                decision_id=given.decision_id,
                decided_at=timestamp(given.now_ms),
                preview=given.request.preview,
                catalog_hash=decision.catalog_hash,
                model_version=decision.model_version,
            )
        )

    def action(
        self,
        decision: Decision,
        catalog: Catalog,
        pick: int,
        rank: int,
        *,
        substituted: bool,
        reserved_until_ms: int,
    ) -> bytes:
        """One ranked action; a substituted one says so, first of all, and has no pick probability."""
        chosen = decision.picks[pick]
        candidate = decision.candidates[chosen.candidate]
        reasons = ((SUBSTITUTED,) if substituted else ()) + decision.reasons[pick]
        until = 0 if decision.input.request.preview else reserved_until_ms
        numbers = ranked.numbers(rank, candidate, chosen, substituted=substituted, held_until_ms=until)
        known = self.known(catalog, candidate.placement, candidate.action, candidate.treatment)
        return _ACTION + delimited(b"".join((known, numbers, *map(ranked.reason, reasons))))

    def known(self, catalog: Catalog, placement: str, action: int, treatment: int) -> bytes:
        """The fields that the catalogue knows, encoded once a catalogue: bytes of one message merge with those of another."""
        if catalog is not self._catalog:
            self._catalog, self._parts = catalog, {}
        place = (placement, action, treatment)
        part = self._parts.get(place)
        if part is None:
            part = self._parts[place] = _known_part(catalog.actions[action], placement, treatment)
        return part

    def reason(self, given: Reason) -> bytes:
        """One reason of a ranked action, ready to stand among its other fields."""
        return ranked.reason(given)

    def wordless(self, code: ReasonCode, stage: Stage) -> bytes:
        """A reason without its words, as it stands within a reason."""
        return ranked.wordless(code, stage)

    def no_offer(self, placement: str, decision: Decision) -> bytes:
        """The entry of an empty placement, with the decision's reason or else that of a lost race."""
        reason = to_reason(decision.no_offer.get(placement, LOST_RACE))
        return _bytes(decision_pb2.DecideResponse(no_offers=[decision_pb2.NoOffer(placement=placement, reason=reason)]))

    def withdrawn(self, placement: str) -> bytes:
        """The entry of a placement that offers nothing any more."""
        return _withdrawn(placement)


def _known_part(action: Action, placement: str, treatment: int) -> bytes:
    chosen = action.treatments[treatment]
    return decision_pb2.RankedAction(
        placement=placement,
        action=action.id,
        group=action.group,
        issue=action.issue,
        title=action.title,
        treatment=chosen.id,
        content=chosen.content,
    ).SerializeToString(deterministic=True)


@lru_cache(maxsize=1024)
def _withdrawn(placement: str) -> bytes:
    no_offer = decision_pb2.NoOffer(placement=placement, reason=to_reason(_WITHDRAWN_SINCE))
    return _bytes(decision_pb2.DecideResponse(no_offers=[no_offer]))


def decision_id_of(answer: bytes) -> str:
    """The id in an answer; empty for a preview."""
    return decision_pb2.DecideResponse.FromString(answer).decision_id


def factors(candidate: Candidate) -> decision_pb2.PriorityFactors:
    """P x C x V x L."""
    return decision_pb2.PriorityFactors(
        propensity=candidate.propensity,
        context_weight=candidate.context_weight,
        value=candidate.value,
        lever=candidate.lever,
    )


def _bytes(message: decision_pb2.DecideResponse) -> bytes:
    return message.SerializeToString(deterministic=True)
