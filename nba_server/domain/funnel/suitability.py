"""Stage 5: what is open between the customer and us comes first, then the catalogue's rules of suitability.

An open matter mutes the actions that its rule names on every channel, fallbacks too; only what the law demands passes.
"""

from __future__ import annotations

from collections.abc import Iterator

from nba_server.domain.effects import moment
from nba_server.domain.funnel.batch import Batch
from nba_server.domain.funnel.engagement_rules import explaining, running
from nba_server.domain.funnel.work import Site, Work
from nba_server.domain.matter import OpenMatter
from nba_server.domain.matter_rule import Mask, MatterRule
from nba_server.domain.reasons import Reason, ReasonCode, Stage

_run_rules = running(Stage.SUITABILITY)
_explain_rules = explaining(Stage.SUITABILITY)


def run(works: Batch) -> None:
    """Removes what open matters mute, then what the rules refuse."""
    for work in works:
        for _, _, muted in _open(work):
            work.remove(Stage.SUITABILITY, muted)
    _run_rules(works)


def explain(work: Work, site: Site, action: int) -> tuple[Reason, ...]:
    """Open matters that mute the action, then the rules that it fails."""
    found = (reason(matter, rule) for matter, rule, muted in _open(work) if muted[action])
    return (*found, *(_explain_rules(work, site, action) if work.plan.regular[action] else ()))


def reason(matter: OpenMatter, rule: MatterRule) -> Reason:
    """In words, with the name by which the matter is found and closed."""
    ends = f" or until {moment(matter.until_ms)}" if matter.until_ms else ""
    text = (
        f"{rule.title}: open since {moment(matter.since_ms)} (matter {matter.id}). This waits until it is closed{ends}."
    )
    return Reason(ReasonCode.OPEN_MATTER, Stage.SUITABILITY, text, rule.id)


def _open(work: Work) -> Iterator[tuple[OpenMatter, MatterRule, Mask]]:
    """Matters that hold and whose rule the catalogue has."""
    for matter in work.state.matters:
        known = work.catalog.matter_masks.get(matter.rule)
        if known is not None and matter.holds(work.now_ms):
            yield matter, *known
