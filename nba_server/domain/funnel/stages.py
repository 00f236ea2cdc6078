"""The funnel's steps in their order. A step runs over the batch and words its removals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nba_server.domain.funnel import (
    arbitration,
    availability,
    contact_policy,
    fallback,
    permission,
    scoring,
    slate,
    suitability,
)
from nba_server.domain.funnel.batch import Batch
from nba_server.domain.funnel.engagement_rules import explaining, running
from nba_server.domain.funnel.work import Site, Work
from nba_server.domain.reasons import Reason, Stage


@dataclass(frozen=True, slots=True)
class Step:
    """`run` marks removals in the works; `explain` gives all reasons of the stage for one action it removed."""

    name: str
    stage: Stage
    run: Callable[[Batch], None]
    explain: Callable[[Work, Site, int], tuple[Reason, ...]]


STAGES: tuple[Step, ...] = (
    Step("availability", Stage.AVAILABILITY, availability.run, availability.explain),
    Step("consent", Stage.CONSENT, permission.run, permission.explain),
    Step("eligibility", Stage.ELIGIBILITY, running(Stage.ELIGIBILITY), explaining(Stage.ELIGIBILITY)),
    Step("applicability", Stage.APPLICABILITY, running(Stage.APPLICABILITY), explaining(Stage.APPLICABILITY)),
    Step("suitability", Stage.SUITABILITY, suitability.run, suitability.explain),
    Step("contact_policy", Stage.CONTACT_POLICY, contact_policy.run, contact_policy.explain),
    Step("scoring", Stage.SCORING, scoring.run, scoring.explain),
    Step("arbitration", Stage.ARBITRATION, arbitration.run, arbitration.explain),
    Step("slate", Stage.SLATE, slate.run, slate.explain),
    Step("fallback", Stage.SLATE, fallback.run, slate.explain),
)
