"""Why a pick was proposed, in words that a call-centre agent can use; the strongest reason first.

A factor is a reason when it lifts the action above the average of its rivals; strength is measured in log priority.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import overload

from nba_server.domain.action import ContextWeight
from nba_server.domain.decided import Pick
from nba_server.domain.funnel.arbitration import matching
from nba_server.domain.funnel.work import Site, Work
from nba_server.domain.plan import Mask
from nba_server.domain.reasons import Reason, ReasonCode, Stage
from nba_server.domain.worth import mean

NOTICEABLE = math.log(1.05)
"""A factor that lifts less than 5 % is not worth a word."""

Weighted = tuple[float, Reason]


class PickReasons(Sequence[tuple[Reason, ...]]):
    """The reasons of each pick of a decision, worded when they are first asked for: most alternates never are."""

    __slots__ = ("_picks", "_worded")

    def __init__(self) -> None:
        self._picks: list[tuple[Words, Pick]] = []
        self._worded: dict[int, tuple[Reason, ...]] = {}

    def add(self, work: Work, site: Site) -> None:
        """The picks of one more placement."""
        words = Words(work, site)
        self._picks += [(words, pick) for pick in site.picks]

    def __len__(self) -> int:
        return len(self._picks)

    @overload
    def __getitem__(self, place: int) -> tuple[Reason, ...]: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[tuple[Reason, ...]]: ...
    def __getitem__(self, place: int | slice) -> tuple[Reason, ...] | Sequence[tuple[Reason, ...]]:
        if isinstance(place, slice):
            return [self[at] for at in range(*place.indices(len(self)))]
        found = self._worded.get(place)
        if found is None:
            words, pick = self._picks[place]
            found = self._worded[place] = words.of(pick)
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


class Words:
    """The words of one placement's picks; what its candidates have in common is worked out once."""

    def __init__(self, work: Work, site: Site) -> None:
        self._work = work
        self._site = site

    @cached_property
    def _means(self) -> tuple[float, float]:
        """The rivals' mean propensity and value."""
        rivals, factors = self._site.rows, self._work.factors
        if len(rivals) == len(factors.value):
            return mean(factors.propensity), mean(factors.value)
        return mean(factors.propensity[rivals]), mean(factors.value[rivals])

    @cached_property
    def _matching(self) -> Sequence[tuple[ContextWeight, Mask]]:
        return matching(self._work)

    def of(self, pick: Pick) -> tuple[Reason, ...]:
        """The reasons of one pick or alternate."""
        work, row = self._work, self._site.rows[pick.candidate]
        if work.plan.mandatory[work.scored[row]]:
            return (_MANDATORY,)
        lead = []
        if pick.fallback:
            lead.append(_FALLBACK)
        if pick.explored:
            lead.append(EXPLORED)
        weighted = self._strengths(row)
        if len(weighted) > 1:
            weighted.sort(key=_strength, reverse=True)
        found = [reason for _, reason in weighted]
        if pick.position == 1 and not lead:
            found.append(BEST)
        return (*lead, *found)

    def _strengths(self, row: int) -> list[Weighted]:
        factors, work = self._work.factors, self._work
        propensity, value, lever = factors.propensity.item(row), factors.value.item(row), factors.lever.item(row)
        found = _context(work, row, self._matching) if self._matching else []
        usual_propensity, usual_value = self._means
        if (lift := math.log(propensity / usual_propensity)) > NOTICEABLE:
            found.append((lift, _offered(ReasonCode.LIKELY, _likely(propensity, usual_propensity))))
        if (lift := math.log(value / usual_value)) > NOTICEABLE:
            found.append((lift, _offered(ReasonCode.VALUABLE, _valuable(work, value))))
        if lever > 1.0 and (lift := math.log(lever)) > NOTICEABLE:
            text = f"The business gives it {(lever - 1) * 100:+.0f} %."
            found.append((lift, _offered(ReasonCode.LEVERED, text)))
        return found


def _strength(found: Weighted) -> float:
    return found[0]


def _offered(code: ReasonCode, text: str, subject: str = "") -> Reason:
    return Reason(code, Stage.OFFERED, text, subject)


_MANDATORY = _offered(ReasonCode.MANDATORY, "It must be said to this customer.")
_FALLBACK = _offered(ReasonCode.FALLBACK, "Nothing else qualifies; this is shown instead.")
EXPLORED = _offered(ReasonCode.SHOWN_TO_LEARN, "Shown to learn how customers respond to it.")
BEST = _offered(ReasonCode.BEST_PRIORITY, "It has the highest priority of all that qualify.")


def _likely(own: float, mean: float) -> str:
    return f"Likely to be welcome: {_percent(own)}, others here {_percent(mean)} on average."


def _valuable(work: Work, own: float) -> str:
    return f"Worth more than the others: {own:,.2f} {work.catalog.currency}."


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"


def _context(work: Work, row: int, weights: Sequence[tuple[ContextWeight, Mask]]) -> list[Weighted]:
    return [
        (math.log1p(weight.percent / 100), context_reason(weight))
        for weight, mask in weights
        if mask[work.scored[row]] and weight.percent > 0
    ]


def context_reason(weight: ContextWeight) -> Reason:
    """That the live context speaks for an action."""
    text = f"It fits this moment: {weight.key.replace('_', ' ')} is {_shown(weight.value)}."
    return _offered(ReasonCode.CONTEXT_MATCH, text, weight.key)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace("_", " ")
