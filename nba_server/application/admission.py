"""Admits a request for a decision: checks it, finds its customer, and names it by its request key."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import NamedTuple

from nba_server.application.faults import Faults
from nba_server.application.ports import Claim, CustomerRef, Identity
from nba_server.application.release_decision import check_call_id
from nba_server.application.shapes import Shape, Shapes
from nba_server.application.validation import check_ids, checked_request, ids_fit
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import DecisionRequest
from nba_server.errors import InvalidArgument


class DecideCommand(NamedTuple):
    """A request as it arrived (unchecked: names may be unknown, values of the wrong type) and who sent it.

    `call_id` is the caller's own name of the call, or empty.
    """

    request: DecisionRequest
    caller: str
    call_id: str = ""


class Case(NamedTuple):
    """An admitted command at its place in the batch; `request` is checked and has a request id."""

    place: int
    request: DecisionRequest
    claim: Claim
    seed: int
    call_id: str = ""


class Admission:
    """`new_request_id` makes an id for a request without one; it must never repeat."""

    def __init__(self, identity: Identity, new_request_id: Callable[[], str]) -> None:
        self._identity = identity
        self._new_request_id = new_request_id
        self._shapes = Shapes()

    def admit(self, place: int, command: DecideCommand, catalog: Catalog) -> Case:
        """Raises `InvalidArgument` with all violations."""
        shape = self._shapes.of(command.request, catalog)
        if shape is not None:
            request = self._alike(command, shape)
        else:
            request = self._checked(command, catalog)
            self._shapes.learn(command.request, request, catalog, fingerprint)
            if not request.request_id:
                request = request._replace(request_id=self._new_request_id())
        claim = self.claim(request, command, shape)
        return Case(place, request, claim, self._identity.seed(claim.request_key), command.call_id)

    def _alike(self, command: DecideCommand, shape: Shape) -> DecisionRequest:
        """The request of a known shape: only its ids are its own."""
        asked = command.request
        if command.call_id or not ids_fit(asked):
            faults = Faults()
            check_call_id(command.call_id, faults)
            check_ids(asked, faults)
            faults.raise_any()
        if asked.request_id and asked.placements == shape.placements:
            return asked
        return DecisionRequest(
            asked.customer_id,
            asked.visitor_id,
            asked.channel,
            shape.placements,
            request_id=asked.request_id or self._new_request_id(),
            preview=asked.preview,
        )

    def _checked(self, command: DecideCommand, catalog: Catalog) -> DecisionRequest:
        """The checked request; all violations together, those of `call_id` and `supersedes` last."""
        faults = Faults()
        check_call_id(command.call_id, faults)
        self._check_superseded(command.request, faults)
        try:
            request = checked_request(command.request, catalog)
        except InvalidArgument as error:
            raise InvalidArgument([*error.violations, *faults.violations]) from None
        faults.raise_any()
        return request

    def _check_superseded(self, request: DecisionRequest, faults: Faults) -> None:
        if not request.supersedes:
            return
        if not (request.customer_id or request.visitor_id):
            faults.add("supersedes", "needs the customer_id or visitor_id of the decision that it names")
            return
        try:
            owner = self._identity.customer_of(request.supersedes)
        except InvalidArgument as error:
            faults.add("supersedes", error.violations[0].message)
            return
        if owner != self._customer(request):
            faults.add(
                "supersedes", "is a decision of another customer; only a decision of the same one can be superseded"
            )

    def claim(self, request: DecisionRequest, command: DecideCommand, shape: Shape | None = None) -> Claim:
        """Who asks, and under which key; `request` needs ids only. `shape` is the command's, if it is known."""
        customer = self._customer(request)
        return Claim(
            asked=customer,
            customer=customer,
            caller=command.caller,
            request_key=self._identity.request_key(command.caller, customer.ref, request.request_id),
            fingerprint=shape.fingerprint if shape is not None else fingerprint(command.request),
            anonymous=not (request.customer_id or request.visitor_id),
        )

    def _customer(self, request: DecisionRequest) -> CustomerRef:
        if request.customer_id:
            return self._identity.customer(request.customer_id)
        if request.visitor_id:
            return self._identity.visitor(request.visitor_id)
        return self._identity.anonymous(request.request_id)


def fingerprint(request: DecisionRequest) -> str:
    """A hash of everything asked for but the ids (the key names them): 32 hex characters."""
    asked: tuple[object, ...] = (
        request.channel,
        [(p.placement, p.slots, p.width, p.height) for p in request.placements],
        sorted(request.context.items()),
        sorted(set(request.excluded_actions)),
    )
    if request.supersedes or request.deferred:  # so that requests without them are named as ever
        asked = (*asked, request.supersedes, request.deferred)
    if request.planned_ms:
        asked = (*asked, request.planned_ms)
    return blake2b(repr(asked).encode(), digest_size=16).hexdigest()
