"""The fake's answers: the same request id gives the same decision again, as the real server does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from google.protobuf.timestamp_pb2 import Timestamp
from grpc_health.v1 import health_pb2

from nba_client.errors import Conflict, Details, NotFound
from nba_client.pb import catalog_pb2, decision_pb2, reason_pb2

if TYPE_CHECKING:
    from nba_client.testing.server import Offered

CATALOG_HASH = "fake"


class FakeAnswers:
    """Makes and keeps decisions."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._by_id: dict[str, tuple[decision_pb2.DecideRequest, decision_pb2.DecideResponse]] = {}
        self._by_request: dict[tuple[str, str, str], str] = {}

    def decide(self, request: decision_pb2.DecideRequest, offers: Sequence[Offered]) -> decision_pb2.DecideResponse:
        """The answer. Raises `Conflict` when the request id came with another request before."""
        key = (request.customer_id, request.visitor_id, request.request_id)
        if not request.preview and key in self._by_request:
            earlier, answer = self._by_id[self._by_request[key]]
            known = decision_pb2.DecideRequest()
            known.CopyFrom(request)
            known.call_id = earlier.call_id  # names the call and asks for nothing
            if earlier != known:
                raise Conflict("request_id: was used for another request", Details("ABORTED", "REQUEST_ID_REUSED"))
            return answer
        answer = self._answer(request, offers)
        if not request.preview:
            answer.decision_id = f"fake-{len(self._by_id) + 1}"
            self._by_id[answer.decision_id] = (request, answer)
            self._by_request[key] = answer.decision_id
        return answer

    def _answer(self, request: decision_pb2.DecideRequest, offers: Sequence[Offered]) -> decision_pb2.DecideResponse:
        answer = decision_pb2.DecideResponse(
            decided_at=self._stamp(), preview=request.preview, catalog_hash=CATALOG_HASH, model_version="prior"
        )
        placements = list(request.placements) or [decision_pb2.PlacementRequest(placement="placement")]
        open_offers = [offer for offer in offers if offer.action not in request.excluded_actions]
        for index, place in enumerate(placements):
            fits = [o for o in open_offers if o.placement == place.placement or (not o.placement and index == 0)]
            for rank, offer in enumerate(fits[: place.slots or None], start=1):
                answer.actions.append(_ranked(offer, place.placement, rank))
            if not fits:
                reason = _reason("no_offer", reason_pb2.STAGE_AVAILABILITY, "the fake was told to offer nothing here")
                answer.no_offers.append(decision_pb2.NoOffer(placement=place.placement, reason=reason))
        return answer

    def explain(self, decision_id: str) -> decision_pb2.GetDecisionResponse:
        """A trace that has the offered actions only."""
        request, answer = self.known(decision_id)
        return decision_pb2.GetDecisionResponse(
            decision=answer,
            trace=[
                decision_pb2.ActionTrace(
                    placement=action.placement,
                    action=action.action,
                    stage=reason_pb2.STAGE_OFFERED,
                    reasons=action.reasons,
                    propensity=action.propensity,
                    priority=action.priority,
                    factors=action.factors,
                )
                for action in answer.actions
            ],
            identical=True,
            channel=request.channel,
            context=request.context,
        )

    def known(self, decision_id: str) -> tuple[decision_pb2.DecideRequest, decision_pb2.DecideResponse]:
        """Raises `NotFound`."""
        if decision_id not in self._by_id:
            text = f"decision_id: there is no decision {decision_id!r}"
            raise NotFound(text, Details("NOT_FOUND", "DECISION_NOT_FOUND"))
        return self._by_id[decision_id]

    def catalog(self) -> catalog_pb2.GetCatalogResponse:
        """One catalogue, live."""
        version = catalog_pb2.CatalogVersion(hash=CATALOG_HASH, name="fake", published_at=self._stamp(), live=True)
        return catalog_pb2.GetCatalogResponse(live=version)

    def health(self) -> health_pb2.HealthCheckResponse:
        """Always serving."""
        return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)

    def _stamp(self) -> Timestamp:
        stamp = Timestamp()
        stamp.FromDatetime(self._now())
        return stamp


def _ranked(offer: Offered, placement: str, rank: int) -> decision_pb2.RankedAction:
    factors = decision_pb2.PriorityFactors(
        propensity=offer.propensity, context_weight=1.0, value=offer.value, lever=1.0
    )
    return decision_pb2.RankedAction(
        placement=placement,
        rank=rank,
        action=offer.action,
        group=offer.group,
        issue=offer.issue,
        title=offer.title or offer.action,
        treatment=offer.treatment or f"{offer.action}_{placement}",
        content=dict(offer.content),
        propensity=offer.propensity,
        priority=offer.propensity * offer.value,
        factors=factors,
        pick_probability=1.0,
        reasons=[_reason("offered", reason_pb2.STAGE_OFFERED, "the fake was told to offer it")],
    )


def _reason(code: str, stage: reason_pb2.Stage, text: str) -> reason_pb2.Reason:
    return reason_pb2.Reason(code=code, stage=stage, text=text)
