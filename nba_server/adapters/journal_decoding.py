"""Journal entries back into domain records: what an explanation and a replay need of a decision.

The customer's id is not in the journal: the reference stands in for it, and nothing that decides may read more of it than
whether there is one.
"""

from __future__ import annotations

from typing import Protocol

from google.protobuf.message import DecodeError

from nba_server.adapters.journal_columns import JournalUnreadable
from nba_server.adapters.journal_values import context_of
from nba_server.adapters.redis.codec import decode_state
from nba_server.application.ports import JournaledDecision
from nba_server.domain.decision import DecisionRequest, PlacementRequest
from nba_server.domain.engagement import CustomerState, StoredBlobs
from nba_server.domain.rollout import Arm
from nba_server.pb import journal_pb2


class KeptDecision(Protocol):
    """A decision's entry, from the journal or from the archive."""

    @property
    def payload(self) -> bytes:
        """`nba.v1.JournalEntry`."""

    @property
    def at_ms(self) -> int:
        """The store's time of the commit."""

    @property
    def taken(self) -> tuple[int, ...]:
        """The picks that the store took, substitutions too."""

    @property
    def substituted(self) -> tuple[int, ...]:
        """Those of `taken` that stand in for a lost one."""


def decode_decision(kept: KeptDecision, answer: bytes = b"") -> JournaledDecision:
    """A decision's inputs as they were. Raises `JournalUnreadable` when the entry is no decision."""
    try:
        entry = journal_pb2.JournalEntry.FromString(kept.payload)
    except DecodeError as error:
        raise JournalUnreadable("the journal entry cannot be read", detail=str(error)) from error
    if not entry.HasField("decision"):
        raise JournalUnreadable(f"the journal entry is no decision but {entry.WhichOneof('body') or 'empty'}")
    decision = entry.decision
    blobs = _blobs(decision.snapshot)
    return JournaledDecision(
        decision_id=decision.decision_id,
        customer_ref=decision.customer_ref,
        caller=decision.caller,
        request=_request(decision),
        blobs=blobs,
        state=_state(decision.snapshot, blobs),
        now_ms=decision.decided_at_ms,
        seed=decision.seed,
        catalog_hash=decision.catalog_hash,
        model_version=decision.model_version,
        payload=kept.payload,
        taken=kept.taken,
        answer=answer,
        substituted=kept.substituted,
        committed_ms=kept.at_ms,
        caps=dict(decision.cap_units),
        arm=_arm(decision),
    )


def _arm(decision: journal_pb2.DecisionEntry) -> Arm | None:
    found = decision.arm
    return Arm(found.challenger, found.share, found.challenged) if decision.HasField("arm") else None


def _request(decision: journal_pb2.DecisionEntry) -> DecisionRequest:
    request = decision.request
    return DecisionRequest(
        customer_id="" if decision.anonymous else decision.customer_ref,
        visitor_id="",
        channel=request.channel,
        placements=tuple(PlacementRequest(p.placement, p.slots, p.width, p.height) for p in request.placements),
        context=context_of(request.context),
        request_id=request.request_id,
        excluded_actions=frozenset(request.excluded_actions),
        supersedes=request.supersedes,
        deferred=request.defer_activation,
        planned_ms=request.planned_at.seconds * 1000 + request.planned_at.nanos // 1_000_000,
    )


def _blobs(snapshot: journal_pb2.CustomerSnapshot) -> StoredBlobs:
    return StoredBlobs(
        profile=snapshot.profile,
        consents=snapshot.consents,
        ledger=snapshot.ledger,
        suppressions=snapshot.suppressions,
        activity=snapshot.activity,
        do_not_contact=snapshot.do_not_contact,
        household=snapshot.household,
        matters=snapshot.matters,
    )


def _state(snapshot: journal_pb2.CustomerSnapshot, blobs: StoredBlobs) -> CustomerState:
    return decode_state(blobs, snapshot.profile_version, snapshot.guard_version, 0)
