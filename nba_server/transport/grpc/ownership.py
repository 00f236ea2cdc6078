"""What a subject token may touch: its own subject, and decisions about it. Callers with an API key are not its matter."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from nba_server.application.ports import CustomerReader, CustomerRef, Identity
from nba_server.errors import InvalidArgument, PermissionDenied
from nba_server.pb import decision_pb2, outcome_pb2
from nba_server.transport.grpc.call import Caller
from nba_server.transport.subject_tokens import Subject

_FOREIGN = "names somebody else than the subject token; leave it empty or sign a token for them"


class Ownership:
    """Checks requests against the caller's token. Without one everything passes."""

    def __init__(self, identity: Identity, reader: CustomerReader) -> None:
        self._identity = identity
        self._reader = reader

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

    async def decision(self, decision_id: str, caller: Caller) -> None:
        """Raises `PermissionDenied` when the decision is about somebody else, or `decision_id` is no decision's."""
        if decision_id not in await self.decisions([decision_id], caller):
            raise _foreign_decision()

    async def decisions(self, decision_ids: Iterable[str], caller: Caller) -> frozenset[str]:
        """Those of them that are about the token's subject, or about the visitor that it was before it was known."""
        if caller.subject is None:
            return frozenset(decision_ids)
        own, owners = self._ref(caller.subject).ref, self._owners(decision_ids)
        others = list({owner for owner in owners.values() if owner.ref != own})
        refs = {own}
        if others and caller.subject.customer_id:
            states = (await self._reader.read(others)).states
            refs |= {other.ref for other, state in zip(others, states, strict=True) if state.became == own}
        return frozenset(id_ for id_, owner in owners.items() if owner.ref in refs)

    def outcome(self, outcome: outcome_pb2.Outcome, caller: Caller, own: frozenset[str]) -> None:
        """Raises `PermissionDenied` for an outcome of anything but the `own` decisions."""
        if caller.subject is None:
            return
        if outcome.contact_id or outcome.customer_id:
            raise PermissionDenied(
                "a subject token reports on decisions only, by decision_id; contact_id and customer_id need an API key",
                reason="SUBJECT_FOREIGN",
            )
        if outcome.decision_id not in own:
            raise _foreign_decision()

    def _owners(self, decision_ids: Iterable[str]) -> dict[str, CustomerRef]:
        """Whom the decisions are about; what is no decision's id is left out."""
        owners: dict[str, CustomerRef] = {}
        for decision_id in decision_ids:
            with contextlib.suppress(InvalidArgument):
                owners[decision_id] = self._identity.customer_of(decision_id)
        return owners

    def _ref(self, subject: Subject) -> CustomerRef:
        if subject.customer_id:
            return self._identity.customer(subject.customer_id)
        return self._identity.visitor(subject.visitor_id)


def _foreign_decision() -> PermissionDenied:
    return PermissionDenied("decision_id is no decision about the subject of the token", reason="DECISION_FOREIGN")
