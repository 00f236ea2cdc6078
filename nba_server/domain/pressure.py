"""Weighted contact pressure: every contact weighs something, and the weight halves as time passes.

p(t) is the sum over the contacts up to t of weight x 2^(-(t - then) / half-life), worked out from the ledger itself, so that
nothing drifts. The store's script repeats this inside its atomic call; both must say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import MappingProxyType

from nba_server.domain.contact import LimitScope
from nba_server.domain.engagement import Contact, CustomerState
from nba_server.domain.ledger import releases

HORIZON = 10
"""A contact older than this many half-lives (less than a thousandth of its weight is left) counts for nothing."""

TOLERANCE = 1e-9
"""Sums that are over the budget by no more than this fit: three contacts of 0.1 are not more than 0.3."""


@dataclass(frozen=True, slots=True)
class PressureRate:
    """What contacts on a channel weigh (by class where `classes` names it) and how fast that halves."""

    channel: str
    half_life_ms: int
    weight: float
    classes: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class ContactPressure:
    """At no contact may the pressure be above `budget`; customers in one of `segments` have the smallest of theirs.

    Channels without a rate neither count nor are held back. A contact of weight zero is never held back. Entries of one
    decision are one contact: the heaviest counts. `shadow`: counted and reported, not applied. In a household the contacts of all
    weigh together, against the budget of whoever is to get one more.
    """

    id: str
    budget: float
    rates: tuple[PressureRate, ...]
    segments: tuple[tuple[str, float], ...] = ()
    shadow: bool = False
    scope: LimitScope = LimitScope.PERSON
    _rates: Mapping[str, tuple[int, float, Mapping[str, float]]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        table = {rate.channel: (rate.half_life_ms, rate.weight, dict(rate.classes)) for rate in self.rates}
        object.__setattr__(self, "_rates", MappingProxyType(table))

    def weight(self, channel: str, class_: str) -> float:
        """What a contact weighs at its time."""
        rate = self._rates.get(channel)
        return rate[2].get(class_, rate[1]) if rate else 0.0

    def half_life_ms(self, channel: str) -> int:
        """The channel's half-life. Raises `KeyError` for one without a rate."""
        return self._rates[channel][0]

    def counted(self, state: CustomerState) -> Sequence[Contact]:
        """The ledger that it counts."""
        return self.scope.counted(state)

    def of(self, segments: Iterable[str]) -> ContactPressure:
        """With the budget of a customer in these segments."""
        if not self.segments:
            return self
        own = set(segments)
        budgets = [budget for segment, budget in self.segments if segment in own]
        return replace(self, budget=min(budgets), segments=()) if budgets else self


@dataclass(frozen=True, slots=True)
class Load:
    """What one contact puts on the customer: `weight` at `at_ms`, less by half every `half_life_ms`."""

    at_ms: int
    weight: float
    half_life_ms: int

    def left(self, at_ms: int) -> float:
        """What is left of it at a moment; nothing before its time and after the horizon."""
        age = at_ms - self.at_ms
        if age < 0 or age >= HORIZON * self.half_life_ms:
            return 0.0
        return self.weight * float(2.0 ** (-age / self.half_life_ms))


def loads(ledger: Sequence[Contact], pressure: ContactPressure, now_ms: int) -> tuple[Load, ...]:
    """The loads of the contacts that count now, one a decision, in the order of the ledger."""
    found: dict[str, Load] = {}
    for contact in ledger:
        weight = pressure.weight(contact.channel, contact.class_)
        if weight > 0 and contact.counts_at(now_ms):
            name = contact.decision_id or contact.id
            known = found.get(name)
            if known is None or known.weight < weight:
                found[name] = Load(contact.at_ms, weight, pressure.half_life_ms(contact.channel))
    return tuple(found.values())


def level(carried: Iterable[Load], at_ms: int) -> float:
    """The pressure at a moment."""
    return sum(load.left(at_ms) for load in carried)


def room(carried: Sequence[Load], budget: float, half_life_ms: int, at_ms: int) -> float:
    """The most that a contact at `at_ms` may weigh, so that the pressure is within the budget then and at all later contacts.

    Negative where the budget is exceeded already; the tolerance is in it. `half_life_ms` is that of the new contact's channel.
    """
    own = Load(at_ms, 1.0, half_life_ms)
    peaks = {at_ms, *(load.at_ms for load in carried if at_ms < load.at_ms < at_ms + HORIZON * half_life_ms)}
    return min((budget + TOLERANCE - level(carried, peak)) / own.left(peak) for peak in peaks)


def admits(ledger: Sequence[Contact], pressure: ContactPressure, contact: Contact, at_ms: int, now_ms: int) -> bool:
    """Whether the contact, made at `at_ms`, keeps the pressure within the budget."""
    weight = pressure.weight(contact.channel, contact.class_)
    if weight <= 0:
        return True
    carried = loads(ledger, pressure, now_ms)
    return weight <= room(carried, pressure.budget, pressure.half_life_ms(contact.channel), at_ms)


def admits_from(ledger: Sequence[Contact], pressure: ContactPressure, channel: str, weight: float, now_ms: int) -> int:
    """The first moment from now on at which a contact of this weight fits, as things stand; 0: never.

    Between two contacts the pressure only falls, so that a bisection finds the moment to the millisecond.
    """
    half_life_ms = pressure.half_life_ms(channel)
    longest = HORIZON * max(rate.half_life_ms for rate in pressure.rates)
    marks = {contact.at_ms for contact in ledger} | releases(ledger, now_ms)
    last = max((now_ms, *marks)) + longest + 1
    edges = sorted({now_ms, last, *(mark for mark in marks if mark > now_ms)})
    for start, end in pairwise(edges):
        carried = loads(ledger, pressure, start)
        at_ms = _fallen(carried, pressure.budget - weight, start, end)
        if at_ms < end and weight <= room(carried, pressure.budget, half_life_ms, at_ms):
            return at_ms
    return 0


def _fallen(carried: Sequence[Load], most: float, start: int, end: int) -> int:
    """The first moment in [start, end) at which the pressure is no more than `most`; `end` when there is none."""
    while start < end:
        middle = (start + end) // 2
        if level(carried, middle) <= most + TOLERANCE:
            end = middle
        else:
            start = middle + 1
    return end
