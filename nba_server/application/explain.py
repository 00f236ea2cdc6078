"""Recomputes a decision from its journal entry and tells what happened to every action of the catalogue.

The recomputation is compared with the journal bit for bit; what differs is said, never hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nba_server.application.ports import (
    AnswerEncoder,
    CatalogProvider,
    CustomerRef,
    Identity,
    JournaledDecision,
    JournalEncoder,
    JournalReader,
    ModelProvider,
)
from nba_server.application.race import after_race
from nba_server.application.reservation import Reservation
from nba_server.domain.catalog import Catalog
from nba_server.domain.contribution import ActionScore, contributions
from nba_server.domain.decision import Decision, DecisionInput, decide
from nba_server.domain.propensity import Scorer
from nba_server.domain.reasons import Stage
from nba_server.domain.trace import ActionTrace, trace
from nba_server.errors import FailedPrecondition, NotFound


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision, recomputed.

    `answer` are the bytes of the answer as it was given. `trace` has one entry for each placement and action.
    `differences` says in words where the recomputation is not what the journal has; empty means identical bit for bit.
    `scores`, where asked for, has what each feature added to the score of each proposed action; `scores_missing` says why not.
    """

    answer: bytes
    decision: Decision
    trace: tuple[ActionTrace, ...]
    differences: tuple[str, ...]
    scores: tuple[ActionScore, ...] = ()
    scores_missing: str = ""

    @property
    def identical(self) -> bool:
        """Whether the recomputation equals the journal."""
        return not self.differences


class Explain:
    """The use case behind GetDecision and `nba replay`."""

    def __init__(
        self,
        *,
        identity: Identity,
        decisions: JournalReader,
        catalogs: CatalogProvider,
        models: ModelProvider,
        answers: AnswerEncoder,
        journal: JournalEncoder,
    ) -> None:
        self._identity = identity
        self._decisions = decisions
        self._catalogs = catalogs
        self._models = models
        self._journal = journal
        self._reservation = Reservation(answers, journal)

    async def __call__(self, decision_id: str, *, scores: bool = False) -> Explanation:
        """Explains one decision; with `scores` also what each feature added to the scores of what was proposed.

        Raises `InvalidArgument` for what is no decision id, `NotFound` for an unknown one, `FailedPrecondition` when the
        catalogue or model that it was made with is gone.
        """
        customer = self._identity.customer_of(decision_id)
        logged = await self._decisions.find(decision_id)
        if logged is None:
            raise NotFound("no decision has this id", reason="DECISION_NOT_FOUND")
        catalog, scorer = await self._snapshots(logged)
        caps = logged.caps if catalog.caps else None
        given = DecisionInput(
            logged.request, logged.state, logged.now_ms, logged.seed, logged.decision_id, caps, logged.arm
        )
        decision = decide([given], catalog, scorer, trace=True)[0]
        plain = trace(decision, catalog, await self._models.feature_names(decision.features.definition_hash))
        traces = after_race(plain, decision, catalog, logged.taken, logged.substituted)
        accounts, missing = await self._scores(traces, decision, catalog) if scores else ((), "")
        return Explanation(
            answer=logged.answer or self._answer(decision, catalog, logged),
            decision=decision,
            trace=traces,
            differences=self._differences(decision, catalog, customer, logged),
            scores=accounts,
            scores_missing=missing,
        )

    async def _scores(
        self, traces: Sequence[ActionTrace], decision: Decision, catalog: Catalog
    ) -> tuple[tuple[ActionScore, ...], str]:
        """What the model thought of each proposed action, in the answer's order, and why it cannot be told where it cannot."""
        known = {(found.placement, found.action): found for found in traces if found.stage is Stage.OFFERED}
        offered = []
        for pick in decision.picks:
            candidate = decision.candidates[pick.candidate]
            found = known.pop((candidate.placement, catalog.actions[candidate.action].id), None)
            if found is not None and candidate.action in decision.scored:
                offered.append((found, pick.explored, decision.scored.index(candidate.action)))
        rows = [row for _, _, row in offered]
        account = await self._models.account(decision.model_version, decision.features, rows)
        return tuple(
            ActionScore(found.placement, found.action, explored, parts, contributions(parts, found.features, catalog))
            for (found, explored, _), parts in zip(offered, account.parts, strict=not account.missing)
        ), account.missing

    async def _snapshots(self, logged: JournaledDecision) -> tuple[Catalog, Scorer]:
        catalog = await self._catalogs.snapshot(logged.catalog_hash)
        if catalog is None:
            raise FailedPrecondition(
                f"the catalogue snapshot {logged.catalog_hash} is not kept any more", reason="CATALOG_GONE"
            )
        scorer = await self._models.scorer(logged.model_version)
        if scorer is None:
            raise FailedPrecondition(f"the model {logged.model_version} is not kept any more", reason="MODEL_GONE")
        return catalog, scorer

    def _answer(self, decision: Decision, catalog: Catalog, logged: JournaledDecision) -> bytes:
        """The answer, once the store has forgotten it."""
        return self._reservation.answer(decision, catalog, logged.taken, logged.substituted)

    def _differences(
        self, decision: Decision, catalog: Catalog, customer: CustomerRef, logged: JournaledDecision
    ) -> tuple[str, ...]:
        recomputed = self._journal.decision(decision, catalog, customer, logged.caller)
        return self._journal.differences(logged.payload, recomputed)
