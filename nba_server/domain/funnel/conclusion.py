"""Turns the working memory into a `Decision`: candidates, picks, words, and why a placement stays empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nba_server.domain.action import ExplorationKind
from nba_server.domain.candidate_table import NUMBERS, CandidateTable
from nba_server.domain.decided import Decision, Funnel, Pick
from nba_server.domain.funnel.batch import Batch
from nba_server.domain.funnel.contact_policy import shadowed
from nba_server.domain.funnel.stages import Step
from nba_server.domain.funnel.wording import PickReasons
from nba_server.domain.funnel.work import Floats, Site, Work
from nba_server.domain.reasons import Reason, ReasonCode, Stage

Traced = bool | frozenset[int]
"""Whether all actions are traced, or which (catalogue indices)."""


def conclude(batch: Batch, stages: Sequence[Step], *, trace: Traced) -> list[Decision]:
    """The decisions. Reasons are worded for empty placements, and for picks when they are asked for; with `trace` for all, or for
    the actions that it names.
    """
    rows = batch.scored
    factors = rows.factors
    numbers = np.zeros((len(rows.actions), NUMBERS))
    columns = (factors.propensity, factors.context, factors.value, factors.lever, factors.priority)
    for place, column in enumerate(columns):
        numbers[:, place] = column
    parts = zip(batch, rows.parts, strict=True)
    return [_decision(work, numbers[part], stages, trace=trace) for work, part in parts]


def _decision(work: Work, numbers: Floats, stages: Sequence[Step], *, trace: Traced) -> Decision:
    tables: list[CandidateTable] = []
    count = 0
    picks: list[Pick] = []
    worded = PickReasons()
    for site in work.sites:
        tables.append(_candidates(work, site, numbers))
        if site.picks:
            worded.add(work, site)
            picks.extend([replace(p, candidate=count + p.candidate) for p in site.picks] if count else site.picks)
        count += len(site.rows)
    candidates = tables[0] if len(tables) == 1 else CandidateTable.joined(tables)
    return Decision(
        input=work.input,
        catalog_hash=work.catalog.hash,
        model_version=work.scorer.version,
        candidates=candidates,
        picks=tuple(picks),
        reasons=worded,
        no_offer={site.id: _why_empty(work, site, stages) for site in work.sites if not site.picks},
        funnels=tuple(_funnel(work, site, stages, trace=trace) for site in work.sites),
        features=work.features,
        evaluable=_evaluable(work, candidates, picks),
        scored=work.scored,
        propensities=work.factors.propensity.tolist(),
        shadows=tuple(work.shadows),
    )


def _candidates(work: Work, site: Site, numbers: Floats) -> CandidateTable:
    """Those of one placement; `numbers` has all rows of the work, and is its own as long as it has one placement only."""
    rows, reached = site.rows, work.reached
    if len(rows) < len(reached):
        numbers, reached = numbers[rows], reached[rows]
    elif len(work.sites) > 1:
        numbers = numbers.copy()
    numbers[:, 5] = site.first
    if site.exploration.kind is ExplorationKind.THOMPSON:
        numbers[:, 6] = work.factors.evidence[rows]
    if site.exploration.new_share > 0.0:
        numbers[:, 7] = work.factors.trials[rows]
    index = work.catalog.treatments[(work.channel.id, site.id)] if rows else reached
    return CandidateTable([site.id] * len(rows), reached.tolist(), index[reached].tolist(), rows, numbers)


def _evaluable(work: Work, candidates: CandidateTable, picks: Sequence[Pick]) -> bool:
    """Not when anything was forced, and not when the person must not be learned from (no consent to profiling)."""
    forced = any(
        pick.fallback or work.plan.mandatory[candidates.actions[pick.candidate]] for pick in picks if pick.position
    )
    return work.personal and not forced


def _explained(work: Work, site: Site, action: int, stages: Sequence[Step]) -> tuple[Reason, ...]:
    stage = int(site.stage[action])
    return next(step.explain for step in stages if step.stage == stage)(work, site, action)


def _funnel(work: Work, site: Site, stages: Sequence[Step], *, trace: Traced) -> Funnel:
    removed = np.flatnonzero(site.stage).tolist() if trace else ()
    if not isinstance(trace, bool):
        removed = [action for action in removed if action in trace]
    reasons = {action: _explained(work, site, action, stages) for action in removed}
    shadows = _shadows(work, site) if trace and work.shadows else {}
    return Funnel(site.id, site.stage, reasons, shadows)


def _shadows(work: Work, site: Site) -> dict[int, tuple[Reason, ...]]:
    found = {action: shadowed(work, site, action) for action in range(len(work.catalog.actions))}
    return {action: reasons for action, reasons in found.items() if reasons}


def _why_empty(work: Work, site: Site, stages: Sequence[Step]) -> Reason:
    """The first reason of the last stage that removed a regular action."""
    removed = np.where(work.plan.regular, site.stage, 0)
    if not removed.any():
        removed = site.stage
    if not removed.any():
        return Reason(ReasonCode.NO_ACTIONS, Stage.AVAILABILITY, "The catalogue has no action to propose here.")
    last = int(np.argmax(removed))
    return _explained(work, site, last, stages)[0]
