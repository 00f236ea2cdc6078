"""What a subject token may touch: its own subject, and decisions about it. Callers with an API key are not its matter."""

from __future__ import annotations

from nba_server.application.ports import CustomerRef, Identity
from nba_server.errors import InvalidArgument, PermissionDenied
from nba_server.pb import decision_pb2, outcome_pb2
from nba_server.transport.grpc.call import Caller
from nba_server.transport.subject_tokens import Subject

_FOREIGN = "names somebody else than the subject token; leave it empty or sign a token for them"


class Ownership:
    """Checks requests against the caller's token. Without one everything passes."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def subject(
        self, request: decision_pb2.DecideRequest | decision_pb2.ReleaseDecisionRequest, caller: Caller
    ) -> None:
        """Fills in the token's subject. Raises `PermissionDenied` when the request names another."""
        subject = caller.subject
        if subject is None:
            return
        for field, own in (("customer_id", subject.customer_id), ("visitor_id", subject.visitor_id)):
            if getattr(request, field) not in ("", own):
                raise PermissionDenied(f"{field} {_FOREIGN}", reason="SUBJECT_FOREIGN", metadata={"field": field})
            setattr(request, field, own)

    def decision(self, decision_id: str, caller: Caller) -> None:
        """Raises `PermissionDenied` when the decision is about somebody else, or `decision_id` is no decision's."""
        subject = caller.subject
        if subject is None:
            return
        try:
            owner = self._identity.customer_of(decision_id)
        except InvalidArgument as fault:
            raise _foreign_decision() from fault
        if owner.ref != self._ref(subject).ref:
            raise _foreign_decision()

    def outcome(self, outcome: outcome_pb2.Outcome, caller: Caller) -> None:
        """Raises `PermissionDenied` for an outcome of anything but an own decision."""
        if caller.subject is None:
            return
        if outcome.contact_id or outcome.customer_id:
            raise PermissionDenied(
                "a subject token reports on decisions only, by decision_id; contact_id and customer_id need an API key",
                reason="SUBJECT_FOREIGN",
            )
        self.decision(outcome.decision_id, caller)

    def _ref(self, subject: Subject) -> CustomerRef:
        if subject.customer_id:
            return self._identity.customer(subject.customer_id)
        return self._identity.visitor(subject.visitor_id)


def _foreign_decision() -> PermissionDenied:
    return PermissionDenied("decision_id is no decision about the subject of the token", reason="DECISION_FOREIGN")
