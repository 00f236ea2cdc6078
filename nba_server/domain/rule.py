"""Rules of the three engagement stages, as the funnel sees them: a predicate, the facts it reads, and whom it binds.

The expression language lives in an adapter; a predicate is any callable of the facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from nba_server.domain.condition import Condition
from nba_server.domain.profile import Scalar
from nba_server.domain.reasons import Reason, ReasonCode, Stage


class Predicate(Protocol):
    """A compiled condition."""

    def __call__(self, facts: Mapping[str, Scalar]) -> bool | None:
        """True or False; None when it cannot be evaluated on these facts (missing or erroneous). Never raises."""


class RuleScope(IntEnum):
    """What a rule reads, which says how often it must be evaluated."""

    OFFER = 0
    """Only facts of the action: once per action, when the catalogue loads."""
    CUSTOMER = 1
    """Only facts shared by all actions: once a request."""
    PAIR = 2
    """Facts of customer and action together: once a pair."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One clause. `actions` are the indices of the catalogue's actions it binds; `reads` the facts it uses.

    `text` is the sentence for people when it fails. `source` is the expression. `guarded` are those of `reads` whose
    absence the expression itself asks about. `condition` says the same as the predicate, where it can be said as a tree.
    """

    id: str
    stage: Stage
    scope: RuleScope
    predicate: Predicate
    reads: tuple[str, ...]
    actions: tuple[int, ...]
    text: str
    source: str
    guarded: tuple[str, ...] = ()
    condition: Condition | None = None


def failure(rule: Rule, facts: Mapping[str, Scalar]) -> Reason | None:
    """Why the rule removes an action on these facts; None when it holds. What cannot be evaluated removes too."""
    result = rule.predicate(facts)
    if result is True:
        return None
    if result is False:
        return Reason(ReasonCode.RULE_FAILED, rule.stage, rule.text, rule.id)
    missing = [name for name in rule.reads if name not in facts]
    if missing:
        # A fact that the rule asks for with has() is seldom the culprit: it is named only when there is no other.
        blamed = ", ".join([name for name in missing if name not in rule.guarded] or missing)
        return Reason(ReasonCode.MISSING_DATA, rule.stage, f"{rule.text} (not known: {blamed})", rule.id)
    return Reason(ReasonCode.RULE_ERROR, rule.stage, f"{rule.text} (the rule could not be evaluated)", rule.id)
