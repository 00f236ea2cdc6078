"""Where actions are lost before they can be proposed: a sample of archived decisions, decided again with their catalogues.

Stages before the score do not depend on a model, so priors stand in for it. And what becomes of contacts on their way to a row.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np

from nba_server.adapters.journal_decoding import decode_decision
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import Decision, DecisionInput, decide
from nba_server.domain.freshness import Freshness, freshness
from nba_server.domain.propensity import CaseScores, FeatureColumns, ScoringCase
from nba_server.domain.reasons import Stage
from nba_server.errors import NbaError
from nba_training.extract import Extract
from nba_training.source import Entry, References

_SAMPLE = 300
STAGES = (
    Stage.AVAILABILITY,
    Stage.CONSENT,
    Stage.ELIGIBILITY,
    Stage.APPLICABILITY,
    Stage.SUITABILITY,
    Stage.CONTACT_POLICY,
    Stage.ARBITRATION,
)
"""What is counted, in order; scoring and arbitration together."""


@dataclass(frozen=True, slots=True)
class Funnel:
    """Of `decisions` sampled ones: how many actions are left of a decision's after each stage; first the whole catalogue.

    `freshness` counts, of attributes that may grow stale, how good they were.
    """

    decisions: int
    left: tuple[tuple[str, float], ...]
    freshness: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def stale_share(self) -> float:
        """Of the attribute that is stale most often, how often it is; 0 where no attribute can be."""
        counts = [(found[Freshness.STALE], sum(found.values())) for found in self.freshness.values()]
        return max((stale / whole for stale, whole in counts if whole), default=0.0)

    def report(self) -> Mapping[str, Any]:
        """For the report."""
        fresh = {name: dict(found) for name, found in self.freshness.items()}
        return {"decisions": self.decisions, "left": [list(step) for step in self.left], "freshness": fresh}


class _Priors:
    """Priors, and no features."""

    version = "prior"
    reads: frozenset[str] = frozenset()

    def score(self, cases: Sequence[ScoringCase]) -> list[CaseScores]:
        """The prior of each candidate."""
        return [CaseScores(np.asarray(case.prior), FeatureColumns("")) for case in cases]


@dataclass(frozen=True, slots=True)
class _Kept:
    """An archived decision as the journal's reader wants it."""

    payload: bytes
    at_ms: int
    taken: tuple[int, ...]
    substituted: tuple[int, ...] = ()


def decisions_funnel(entries: Iterable[Entry], references: References, sample: int = _SAMPLE) -> Funnel:
    """Those of the sample whose catalogue is known; which are sampled is settled by the hash of their ids."""
    kept: list[tuple[int, int, _Kept]] = []
    for place, item in enumerate(entries):
        rank = -int.from_bytes(blake2b(item.entry.decision.decision_id.encode(), digest_size=8).digest(), "big")
        if len(kept) < sample or rank > kept[0][0]:
            push = heapq.heappush if len(kept) < sample else heapq.heappushpop
            push(kept, (rank, -place, _Kept(item.entry.SerializeToString(), item.at_ms, item.taken)))
    found, fresh = [], dict[str, Counter[str]]()
    for _, _, one in kept:
        counts = _left(one, references, fresh)
        if counts is not None:
            found.append(counts)
    if not found:
        return Funnel(0, ())
    names = ("catalogue", *(stage.name.lower().replace("_", " ") for stage in STAGES), "offered")
    ages = {name: {state.value: counts[state] for state in Freshness} for name, counts in sorted(fresh.items())}
    return Funnel(len(found), tuple(zip(names, np.mean(found, axis=0).tolist(), strict=True)), ages)


def rows_funnel(read: Extract) -> list[list[Any]]:
    """Contacts on their way to rows: what was left out first comes first."""
    left, found = read.contacts, [["contacts", read.contacts]]
    for reason in (
        "fallback",
        "unknown reference",
        "unknown action",
        "no consent to profiling",
        "immature",
        "not made",
        "neutral",
    ):
        if read.skipped.get(reason):
            left -= read.skipped[reason]
            found.append([f"without: {reason}", left])
    return [*found, ["positive", int(np.count_nonzero(read.dataset.positive))]]


def _left(one: _Kept, references: References, fresh: dict[str, Counter[str]]) -> list[float] | None:
    """What each stage leaves of one decision; adds how good its attributes were to `fresh`."""
    try:
        logged = decode_decision(one)
        catalog = references.catalog(logged.catalog_hash)
        if catalog is None:
            return None
        given = DecisionInput(logged.request, logged.state, logged.now_ms, logged.seed, logged.decision_id)
        counts = _counts(decide([given], catalog, _Priors())[0], catalog, len(one.taken))
    except (NbaError, KeyError, ValueError):  # of another time: a placement or channel that the catalogue has no more
        return None
    for name, age in catalog.max_ages.items():
        fresh.setdefault(name, Counter())[freshness(logged.state.profile, name, age, logged.now_ms)] += 1
    return counts


def _counts(decision: Decision, catalog: Catalog, offered: int) -> list[float]:
    removed = np.concatenate([funnel.stage for funnel in decision.funnels])
    whole = float(len(catalog.actions) * len(decision.funnels))
    return [whole, *(float(((removed == 0) | (removed > stage)).sum()) for stage in STAGES), float(offered)]
