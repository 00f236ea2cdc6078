"""Why a pick was proposed, in words that a call-centre agent can use; the strongest reason first.

A factor is a reason when it lifts the action above the average of its rivals; strength is measured in log priority.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from nba_server.domain.decided import Pick
from nba_server.domain.funnel.arbitration import matching
from nba_server.domain.funnel.work import Floats, Site, Work
from nba_server.domain.reasons import Reason, ReasonCode, Stage

NOTICEABLE = math.log(1.05)
"""A factor that lifts less than 5 % is not worth a word."""

Weighted = tuple[float, Reason]


def words(work: Work, site: Site, pick: Pick) -> tuple[Reason, ...]:
    """The reasons of one pick or alternate."""
    row = site.rows[pick.candidate]
    if work.plan.mandatory[work.scored[row]]:
        return (_offered(ReasonCode.MANDATORY, "It must be said to this customer."),)
    lead = []
    if pick.fallback:
        lead.append(_offered(ReasonCode.FALLBACK, "Nothing else qualifies; this is shown instead."))
    if pick.explored:
        lead.append(_offered(ReasonCode.SHOWN_TO_LEARN, "Shown to learn how customers respond to it."))
    strongest = sorted(_strengths(work, site, row), key=lambda found: -found[0])
    found = [reason for _, reason in strongest]
    if pick.position == 1 and not lead:
        found.append(_offered(ReasonCode.BEST_PRIORITY, "It has the highest priority of all that qualify."))
    return (*lead, *found)


def _offered(code: ReasonCode, text: str, subject: str = "") -> Reason:
    return Reason(code, Stage.OFFERED, text, subject)


def _strengths(work: Work, site: Site, row: int) -> list[Weighted]:
    factors = work.factors
    rivals = np.array(site.rows, dtype=np.intp)
    found = [
        *_context(work, row),
        *_lift(factors.propensity, rivals, row, ReasonCode.LIKELY, _likely),
        *_lift(factors.value, rivals, row, ReasonCode.VALUABLE, lambda own, mean: _valuable(work, own)),
    ]
    lever = float(factors.lever[row])
    if math.log(lever) > NOTICEABLE:
        text = f"The business gives it {(lever - 1) * 100:+.0f} %."
        found.append((math.log(lever), _offered(ReasonCode.LEVERED, text)))
    return found


def _lift(
    factor: Floats,
    rivals: np.ndarray[tuple[int], np.dtype[np.intp]],
    row: int,
    code: ReasonCode,
    text: Callable[[float, float], str],
) -> list[Weighted]:
    """One reason when the factor is above the mean of the rivals."""
    own, mean = float(factor[row]), float(np.mean(factor[rivals]))
    lift = math.log(own / mean)
    return [(lift, _offered(code, text(own, mean)))] if lift > NOTICEABLE else []


def _likely(own: float, mean: float) -> str:
    return f"Likely to be welcome: {_percent(own)}, others here {_percent(mean)} on average."


def _valuable(work: Work, own: float) -> str:
    return f"Worth more than the others: {own:,.2f} {work.catalog.currency}."


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"


def _context(work: Work, row: int) -> list[Weighted]:
    found = []
    for weight, mask in matching(work):
        if mask[work.scored[row]] and weight.percent > 0:
            name = weight.key.replace("_", " ")
            text = f"It fits this moment: {name} is {_shown(weight.value)}."
            found.append((math.log1p(weight.percent / 100), _offered(ReasonCode.CONTEXT_MATCH, text, weight.key)))
    return found


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace("_", " ")
