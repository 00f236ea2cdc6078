"""Decides for all requests in flight: one read, one pass of `decide()`, one atomic commit.

Knows the funnel only by name and the store only by its ports.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from nba_server.application.batching import Wanted, as_error
from nba_server.application.ports import (
    AnswerEncoder,
    CatalogProvider,
    CommitResult,
    CommitStatus,
    CustomerReader,
    CustomerRef,
    DecisionWriter,
    Identity,
    JournalEncoder,
    ModelProvider,
)
from nba_server.application.reservation import Claim, Reservation
from nba_server.application.validation import checked_request
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import Decision, DecisionInput, DecisionRequest, decide
from nba_server.domain.propensity import Scorer
from nba_server.errors import Conflict, InvalidArgument, NbaError, StoreUnavailable

ATTEMPTS = 4
"""One decision and at most three more on fresh data."""


@dataclass(frozen=True, slots=True)
class DecideCommand:
    """A request as it arrived (unchecked: names may be unknown, values of the wrong type) and who sent it."""

    request: DecisionRequest
    caller: str


@dataclass(frozen=True, slots=True)
class DecideResult:
    """The encoded answer. `decision` and `taken` (indices of its picks) are None and empty when the answer is a repeat.

    `decision_id` is empty for a preview and a repeat; `attempts` tells how often it was decided.
    """

    answer: bytes
    decision_id: str = ""
    repeated: bool = False
    decision: Decision | None = None
    taken: tuple[int, ...] = ()
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class _Case:
    """One admitted command at its place in the batch."""

    place: int
    request: DecisionRequest
    claim: Claim
    seed: int


Answers = dict[int, DecideResult | NbaError]


class Decide:
    """The use case. `new_request_id` makes an id for a request without one; it must never repeat."""

    def __init__(
        self,
        *,
        identity: Identity,
        reader: CustomerReader,
        decisions: DecisionWriter,
        catalogs: CatalogProvider,
        models: ModelProvider,
        answers: AnswerEncoder,
        journal: JournalEncoder,
        new_request_id: Callable[[], str],
    ) -> None:
        self._identity = identity
        self._reader = reader
        self._decisions = decisions
        self._catalogs = catalogs
        self._models = models
        self._reservation = Reservation(answers, journal)
        self._new_request_id = new_request_id

    async def __call__(
        self, commands: Sequence[DecideCommand], wanted: Wanted = lambda _place: True
    ) -> list[DecideResult | NbaError]:
        """One result or error a command, in order; a failing command never fails its neighbours.

        What is not `wanted` any more just before a commit is not committed.
        """
        catalog, scorer = self._catalogs.live, self._models.live
        answers: Answers = {}
        waiting: list[_Case] = []
        for place, command in enumerate(commands):
            try:
                waiting.append(self._admit(place, command, catalog))
            except InvalidArgument as fault:
                answers[place] = await self._earlier(command, fault)
            except Exception as fault:
                answers[place] = as_error(fault)
        for attempt in range(1, ATTEMPTS + 1):
            if not waiting:
                break
            waiting = await self._round(waiting, catalog, scorer, wanted, attempt, answers)
        for case in waiting:
            answers[case.place] = StoreUnavailable(
                "the customer changes faster than it can be decided; try again", reason="CUSTOMER_CONTENDED"
            )
        return [answers[place] for place in range(len(commands))]

    def _admit(self, place: int, command: DecideCommand, catalog: Catalog) -> _Case:
        request = checked_request(command.request, catalog)
        if not request.request_id:
            request = replace(request, request_id=self._new_request_id())
        claim = self._claim(request, command)
        return _Case(place, request, claim, self._identity.seed(claim.request_key))

    def _claim(self, request: DecisionRequest, command: DecideCommand) -> Claim:
        customer = self._customer(request)
        return Claim(
            customer=customer,
            caller=command.caller,
            request_key=self._identity.request_key(command.caller, customer.ref, request.request_id),
            fingerprint=fingerprint(command.request),
            anonymous=not (request.customer_id or request.visitor_id),
        )

    def _customer(self, request: DecisionRequest) -> CustomerRef:
        if request.customer_id:
            return self._identity.customer(request.customer_id)
        if request.visitor_id:
            return self._identity.visitor(request.visitor_id)
        return self._identity.anonymous(request.request_id)

    async def _earlier(self, command: DecideCommand, fault: InvalidArgument) -> DecideResult | NbaError:
        """The stored answer of a request that the catalogue of today would refuse, else the fault."""
        request = command.request
        names = {violation.field for violation in fault.violations}
        if not request.request_id or request.preview or names & {"request_id", "customer_id", "visitor_id"}:
            return fault
        claim = self._claim(request, command)
        try:
            stored = await self._decisions.repeated(claim.customer, claim.request_key, claim.fingerprint)
        except Exception as broken:
            return as_error(broken)
        return fault if stored is None or stored.status is CommitStatus.CONFLICT else _repeat(stored)

    async def _round(
        self,
        cases: list[_Case],
        catalog: Catalog,
        scorer: Scorer,
        wanted: Wanted,
        attempt: int,
        answers: Answers,
    ) -> list[_Case]:
        """Reads, decides and commits once; answers what is settled and returns the stale ones."""
        try:
            read = await self._reader.read([case.claim.customer for case in cases])
        except Exception as fault:
            answers.update({case.place: as_error(fault) for case in cases})
            return []
        inputs = [
            DecisionInput(case.request, state, read.now_ms, case.seed, self._decision_id(case, read.now_ms))
            for case, state in zip(cases, read.states, strict=True)
        ]
        commits = []
        for case, decided in zip(cases, _decided(inputs, catalog, scorer), strict=True):
            if not wanted(case.place):
                answers[case.place] = NbaError("the caller has gone", reason="CANCELLED")
                continue
            try:
                if isinstance(decided, NbaError):
                    raise decided
                if case.request.preview:
                    answers[case.place] = DecideResult(
                        self._reservation.preview(decided, catalog), decision=decided, taken=_policy(decided)
                    )
                else:
                    commits.append((case, decided, self._reservation.commit(decided, case.claim, catalog)))
            except Exception as fault:
                answers[case.place] = as_error(fault)
        if not commits:
            return []
        try:
            results = await self._decisions.commit([commit for _, _, commit in commits])
        except Exception as fault:
            answers.update({case.place: as_error(fault) for case, _, _ in commits})
            return []
        stale = []
        for (case, decision, _), result in zip(commits, results, strict=True):
            if result.status is CommitStatus.STALE:
                stale.append(case)
            else:
                answers[case.place] = _settled(result, decision, attempt)
        return stale

    def _decision_id(self, case: _Case, now_ms: int) -> str:
        if case.request.preview:
            return ""
        return self._identity.decision_id(case.claim.customer.bucket, now_ms, case.claim.request_key)


def fingerprint(request: DecisionRequest) -> str:
    """A hash of everything asked for but the ids (the key names them): 32 hex characters."""
    asked = (
        request.channel,
        [(p.placement, p.slots, p.width, p.height) for p in request.placements],
        sorted(request.context.items()),
        sorted(request.excluded_actions),
    )
    return blake2b(repr(asked).encode(), digest_size=16).hexdigest()


def _decided(inputs: Sequence[DecisionInput], catalog: Catalog, scorer: Scorer) -> Sequence[Decision | NbaError]:
    """All decisions in one pass; when that fails, one by one, so that only the culprit has no answer."""
    try:
        return decide(inputs, catalog, scorer)
    except Exception as fault:
        if len(inputs) == 1:
            return [as_error(fault)]
        return [decided for given in inputs for decided in _decided([given], catalog, scorer)]


def _settled(result: CommitResult, decision: Decision, attempt: int) -> DecideResult | NbaError:
    if result.status is CommitStatus.REPEATED:
        return _repeat(result)
    if result.status is CommitStatus.CONFLICT:
        return Conflict(
            "request_id was used for another request of this customer; take a new id", reason="REQUEST_ID_REUSED"
        )
    return DecideResult(
        result.answer, decision.input.decision_id, decision=decision, taken=result.taken, attempts=attempt
    )


def _repeat(result: CommitResult) -> DecideResult:
    return DecideResult(result.answer, repeated=True)


def _policy(decision: Decision) -> tuple[int, ...]:
    return tuple(index for index, pick in enumerate(decision.picks) if pick.position)
