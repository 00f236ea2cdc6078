"""Why a pick was proposed, in words that a call-centre agent can use; the strongest reason first.

A factor is a reason when it lifts the action above the average of its rivals; strength is measured in log priority.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from nba_server.domain.action import ContextWeight
from nba_server.domain.decided import Pick
from nba_server.domain.funnel.arbitration import matching
from nba_server.domain.funnel.work import Floats, Site, Work
from nba_server.domain.plan import Mask
from nba_server.domain.reasons import Reason, ReasonCode, Stage

NOTICEABLE = math.log(1.05)
"""A factor that lifts less than 5 % is not worth a word."""

Weighted = tuple[float, Reason]


class Words:
    """The words of one placement's picks; what its candidates have in common is worked out once."""

    def __init__(self, work: Work, site: Site) -> None:
        self._work = work
        self._site = site
        rivals = np.array(site.rows, dtype=np.intp)
        self._propensity = _mean(work.factors.propensity[rivals])
        self._value = _mean(work.factors.value[rivals])
        self._matching = matching(work)

    def of(self, pick: Pick) -> tuple[Reason, ...]:
        """The reasons of one pick or alternate."""
        work, row = self._work, self._site.rows[pick.candidate]
        if work.plan.mandatory[work.scored[row]]:
            return (_MANDATORY,)
        lead = []
        if pick.fallback:
            lead.append(_FALLBACK)
        if pick.explored:
            lead.append(_EXPLORED)
        strongest = sorted(self._strengths(row), key=lambda found: -found[0])
        found = [reason for _, reason in strongest]
        if pick.position == 1 and not lead:
            found.append(_BEST)
        return (*lead, *found)

    def _strengths(self, row: int) -> list[Weighted]:
        factors, work = self._work.factors, self._work
        propensity, value, lever = (float(factor[row]) for factor in (factors.propensity, factors.value, factors.lever))
        found = _context(work, row, self._matching)
        if (lift := math.log(propensity / self._propensity)) > NOTICEABLE:
            found.append((lift, _offered(ReasonCode.LIKELY, _likely(propensity, self._propensity))))
        if (lift := math.log(value / self._value)) > NOTICEABLE:
            found.append((lift, _offered(ReasonCode.VALUABLE, _valuable(work, value))))
        if (lift := math.log(lever)) > NOTICEABLE:
            text = f"The business gives it {(lever - 1) * 100:+.0f} %."
            found.append((lift, _offered(ReasonCode.LEVERED, text)))
        return found


def _offered(code: ReasonCode, text: str, subject: str = "") -> Reason:
    return Reason(code, Stage.OFFERED, text, subject)


_MANDATORY = _offered(ReasonCode.MANDATORY, "It must be said to this customer.")
_FALLBACK = _offered(ReasonCode.FALLBACK, "Nothing else qualifies; this is shown instead.")
_EXPLORED = _offered(ReasonCode.SHOWN_TO_LEARN, "Shown to learn how customers respond to it.")
_BEST = _offered(ReasonCode.BEST_PRIORITY, "It has the highest priority of all that qualify.")


def _mean(values: Floats) -> float:
    return float(np.add.reduce(values)) / len(values) if len(values) else math.nan


def _likely(own: float, mean: float) -> str:
    return f"Likely to be welcome: {_percent(own)}, others here {_percent(mean)} on average."


def _valuable(work: Work, own: float) -> str:
    return f"Worth more than the others: {own:,.2f} {work.catalog.currency}."


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"


def _context(work: Work, row: int, weights: Sequence[tuple[ContextWeight, Mask]]) -> list[Weighted]:
    found = []
    for weight, mask in weights:
        if mask[work.scored[row]] and weight.percent > 0:
            name = weight.key.replace("_", " ")
            text = f"It fits this moment: {name} is {_shown(weight.value)}."
            found.append((math.log1p(weight.percent / 100), _offered(ReasonCode.CONTEXT_MATCH, text, weight.key)))
    return found


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace("_", " ")
