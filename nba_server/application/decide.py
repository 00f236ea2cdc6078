"""Decides for all requests in flight: one read, one pass of `decide()`, one atomic commit.

Knows the funnel only by name and the store only by its ports.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from itertools import count

from nba_server.application.admission import Admission, Case, DecideCommand
from nba_server.application.arms import Side, sides
from nba_server.application.batching import Wanted, as_error
from nba_server.application.express import Express, ExpressDecision, ExpressUse, Made
from nba_server.application.express_batch import ExpressBatch
from nba_server.application.ordinary import OrdinaryPath
from nba_server.application.ports import (
    AnswerEncoder,
    Asked,
    Attempt,
    CapLender,
    CatalogProvider,
    Commit,
    CommitStatus,
    CustomerReader,
    CustomerRef,
    DecisionWriter,
    Identity,
    JournalEncoder,
    ModelProvider,
    PartialStored,
    Repeat,
    Stored,
    located,
)
from nba_server.application.reservation import Reservation
from nba_server.application.results import Answers, DecideResult, contended, repeat, settled, too_far
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import Decision
from nba_server.domain.rollout import Assignment
from nba_server.errors import InvalidArgument, NbaError

__all__ = ["Decide", "DecideCommand", "DecideResult"]

VALID_MS = 3_000
"""How long after its read a decision may be committed, on the store's clock: a call that lay in a silent engine for longer
reserves nothing when the engine goes on. Shorter where quiet hours begin or an action ends before."""
PLAN_AHEAD_MS = 31 * 86_400_000
"""How far ahead a contact may be planned."""
ATTEMPTS = 4
"""One decision and at most three more on fresh data."""

Prepared = tuple[Case, Made, Commit]


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
        unsettled: Callable[[Attempt], None] = lambda attempt: None,
        caps: CapLender | None = None,
        express: ExpressUse | None = None,
    ) -> None:
        """`new_request_id` also begins the names of this process's tries.

        `unsettled` is told the calls whose commit was not answered, so that they may have reserved something.
        Without `caps` nothing of what the catalogue caps is offered. Without `express` the ordinary path decides all.
        """
        self._identity = identity
        self._reader = reader
        self._decisions = decisions
        self._catalogs = catalogs
        self._models = models
        self._admission = Admission(identity, new_request_id)
        self._names = map(f"{new_request_id()}.{{:x}}".format, count())
        self._unsettled = unsettled
        self._caps = caps
        self._answers = answers
        self._ordinary = OrdinaryPath(reader, Reservation(answers, journal))
        self._express: Express | None = None
        self._batch: ExpressBatch | None = None
        if express is not None:
            self._express = Express(express, self._ordinary, decisions, journal)
            if express.desk is not None:
                self._batch = ExpressBatch(express.desk, self._express, express.watch, unsettled, VALID_MS)

    async def __call__(
        self, commands: Sequence[DecideCommand], wanted: Wanted = lambda _place: True, *, shown: bool = True
    ) -> list[DecideResult | NbaError]:
        """One result or error a command, in order; a failing command never fails its neighbours.

        What is not `wanted` any more just before a commit is not committed. Where the decisions need not be `shown`, results of
        the express lane may be without them.
        """
        catalog, models = self._catalogs.live, self._models.assignment
        answers: Answers = {}
        rest: Sequence[int] = range(len(commands))
        if self._batch is not None and not shown:
            rest = await self._batch.decide(commands, catalog, models, wanted, answers)
        if rest:
            await self._decide(rest, commands, catalog, models, wanted, answers)
        return [answers[place] for place in range(len(commands))]

    async def _decide(
        self,
        places: Sequence[int],
        commands: Sequence[DecideCommand],
        catalog: Catalog,
        models: Assignment,
        wanted: Wanted,
        answers: Answers,
    ) -> None:
        """Answers the commands at these places."""
        waiting: list[Case] = []
        for place in places:
            command = commands[place]
            try:
                case = self._admission.admit(place, command, catalog)
                waiting.append(case)
                if self._batch is not None:
                    self._batch.learn(command, case, catalog, models)
            except InvalidArgument as fault:
                answers[place] = await self._earlier(command, fault)
            except Exception as fault:
                answers[place] = as_error(fault)
        for attempt in range(1, ATTEMPTS + 1):
            if not waiting:
                break
            try:
                last = attempt == ATTEMPTS
                prepared = await self._prepare(waiting, catalog, models, wanted, answers, last=last)
                waiting = await self._commit(prepared, attempt, answers)
            except Exception as fault:
                # Read or commit failed for all that still wait; the effect of a commit is unknown then.
                answers.update((case.place, as_error(fault)) for case in waiting if case.place not in answers)
                break
        else:
            answers.update((case.place, contended()) for case in waiting)

    async def _earlier(self, command: DecideCommand, fault: InvalidArgument) -> DecideResult | NbaError:
        """The stored answer of a request that the catalogue of today would refuse, else the fault."""
        request = command.request
        names = {violation.field for violation in fault.violations}
        if not request.request_id or request.preview or names & {"request_id", "customer_id", "visitor_id"}:
            return fault
        claim = self._admission.claim(request, command)
        name = self._name(command.call_id)
        withdrawn = b"".join(self._answers.withdrawn(place.placement) for place in request.placements)
        try:
            read = await self._reader.read([claim.customer])
            attempt = Attempt(located(claim.customer, read.states[0]), claim.request_key, name)
            asked = Repeat(attempt, claim.fingerprint, request.channel, withdrawn, claim.anonymous)
            stored = await self._decisions.repeated(asked)
        except Exception as broken:
            return as_error(broken)
        return fault if stored is None or stored.status is CommitStatus.CONFLICT else repeat(stored, attempt)

    async def _prepare(
        self,
        cases: Sequence[Case],
        catalog: Catalog,
        models: Assignment,
        wanted: Wanted,
        answers: Answers,
        *,
        last: bool,
    ) -> list[Prepared]:
        """Reads and decides; answers previews, failures and those not wanted, and builds the commits of the rest."""
        read, caps = await self._read([case.claim.customer for case in cases], catalog)
        there, asked = self._all_asked(cases, read, caps, answers)
        prepared: list[Prepared] = []
        for side in sides([one.claim.customer.ref for one in asked], models):
            mine = asked if side.arm is None else [asked[place]._replace(arm=side.arm) for place in side.places]
            for place, one, made in zip(side.places, mine, self._decided(mine, catalog, side, last=last), strict=True):
                case = there[place]
                try:
                    if isinstance(made, NbaError):
                        answers[case.place] = made
                    elif not wanted(case.place):
                        answers[case.place] = NbaError("the caller has gone", reason="CANCELLED")
                    elif isinstance(made, ExpressDecision):
                        prepared.append((case, made, made.commit()))
                    elif case.request.preview:
                        answers[case.place] = self._preview(made, catalog)
                    else:
                        prepared.append((case, made, self._ordinary.commit(made, one, catalog, last=last)))
                except Exception as fault:
                    answers[case.place] = as_error(fault)
        return prepared

    def _all_asked(
        self, cases: Sequence[Case], read: PartialStored, caps: Mapping[int, Mapping[str, int]], answers: Answers
    ) -> tuple[list[Case], list[Asked]]:
        """What is to be decided for whom; answers those who could not be read and what is planned too far ahead."""
        there: list[Case] = []
        asked: list[Asked] = []
        for place, (case, stored) in enumerate(zip(cases, read.found, strict=True)):
            if isinstance(stored, NbaError):
                answers[case.place] = stored
                continue
            now_ms = read.time_of(place)
            if case.request.planned_ms > now_ms + PLAN_AHEAD_MS:
                answers[case.place] = too_far()
                continue
            there.append(case)
            asked.append(self._asked(case, stored, now_ms, caps))
        return there, asked

    def _asked(self, case: Case, stored: Stored, now_ms: int, caps: Mapping[int, Mapping[str, int]]) -> Asked:
        """What is to be decided, for the customer where the record lives."""
        request, claim = case.request, case.claim
        if stored.home >= 0:
            claim = claim._replace(customer=located(claim.customer, stored))
        bucket = claim.customer.bucket
        decision_id = "" if request.preview else self._identity.decision_id(bucket, now_ms, claim.request_key)
        name, left = self._name(case.call_id), caps.get(bucket)
        return Asked(request, claim, case.seed, stored, now_ms, decision_id, name, now_ms + VALID_MS, caps=left)

    def _decided(self, asked: Sequence[Asked], catalog: Catalog, side: Side, *, last: bool) -> list[Made | NbaError]:
        """By the express lane what it takes, the rest by the ordinary path."""
        if self._express is None:
            return list(self._ordinary.decided(asked, catalog, side.scorer))
        taken = self._express.take(asked, catalog, side.scorer, last=last)
        rest = [one for one, made in zip(asked, taken, strict=True) if made is None]
        usual = iter(self._ordinary.decided(rest, catalog, side.scorer))
        return [next(usual) if made is None else made for made in taken]

    async def _read(
        self, refs: Sequence[CustomerRef], catalog: Catalog
    ) -> tuple[PartialStored, Mapping[int, Mapping[str, int]]]:
        """The customers, and by bucket what is left of the catalogue's caps, at the same time."""
        if not catalog.caps:
            return await self._reader.read_stored(refs), {}
        if self._caps is None:
            read = await self._reader.read_stored(refs)
            return read, {bucket: {} for bucket in {ref.bucket for ref in refs} | _homes(read)}
        ready = self._caps.ready([ref.bucket for ref in refs], catalog.caps, catalog.plan.zone)
        read, left = await asyncio.gather(self._reader.read_stored(refs), ready)
        moved = sorted(_homes(read) - left.keys())
        if moved:
            left = {**left, **await self._caps.ready(moved, catalog.caps, catalog.plan.zone)}
        return read, left

    async def _commit(self, prepared: Sequence[Prepared], attempt: int, answers: Answers) -> list[Case]:
        """Commits all at once; answers what is settled and returns the stale ones."""
        if not prepared:
            return []
        results = await self._decisions.commit([commit for _, _, commit in prepared])
        stale: list[Case] = []
        for (case, made, commit), result in zip(prepared, results, strict=True):
            relies = _relies(commit)
            if isinstance(result, NbaError):
                answers[case.place] = result
                if relies is not None:
                    self._unsettled(relies)
            elif result.status is CommitStatus.STALE:
                stale.append(case)
            else:
                answers[case.place] = settled(result, made, commit.decision_id, attempt, relies)
        return stale

    def _preview(self, decision: Decision, catalog: Catalog) -> DecideResult:
        policy = tuple(index for index, pick in enumerate(decision.picks) if pick.position)
        return DecideResult(self._ordinary.preview(decision, catalog), decision=decision, taken=policy)

    def _name(self, call_id: str) -> str:
        """A try of a call: its own name behind the caller's, so that the server and the caller can each tell what is theirs."""
        return f"{call_id}/{next(self._names)}" if call_id else next(self._names)


def _homes(read: PartialStored) -> set[int]:
    """The buckets of those who live elsewhere than their reference says."""
    return {stored.home for stored in read.found if isinstance(stored, Stored) and stored.home >= 0}


def _relies(commit: Commit) -> Attempt | None:
    """The call as it is released when its caller goes; nothing is held for an anonymous visitor."""
    if commit.anonymous:
        return None
    return Attempt(commit.customer, commit.request_key, commit.attempt)
