"""Facts that all candidates of a request share: only the names asked for are computed, missing ones are absent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from nba_server.domain.activity import DAY_MS
from nba_server.domain.moment import Moment
from nba_server.domain.profile import Scalar


def _days_since_last(moment: Moment) -> Scalar | None:
    last = moment.history.last_ms
    return None if last is None else moment.days_since(last)


def _days_since_purchase(moment: Moment) -> Scalar | None:
    activity = moment.state.activity
    return moment.days_since(activity.last_ms) if activity.purchases else None


_FIXED: Mapping[str, Callable[[Moment], Scalar | None]] = {
    "now": lambda m: m.now_ms,
    "request.channel": lambda m: m.channel,
    "request.hour": lambda m: m.local.hour,
    "request.weekday": lambda m: m.local.isoweekday(),
    "request.month": lambda m: m.local.month,
    "customer.known": lambda m: m.state.profile.known,
    "customer.segments": lambda m: m.state.profile.segments,
    "customer.products": lambda m: m.state.profile.products,
    "contact.count_7d": lambda m: m.history.contacts(7 * DAY_MS),
    "contact.count_30d": lambda m: m.history.contacts(30 * DAY_MS),
    "contact.count_90d": lambda m: m.history.contacts(90 * DAY_MS),
    "contact.channel_count_30d": lambda m: m.history.contacts(30 * DAY_MS, m.channel),
    "contact.days_since_last": _days_since_last,
    "contact.no_response_streak": lambda m: m.history.no_response_streak,
    "contact.positives_90d": lambda m: m.history.positives(90 * DAY_MS),
    "activity.purchases": lambda m: m.state.activity.purchases,
    "activity.days_since_purchase": _days_since_purchase,
    "activity.spend": lambda m: m.state.activity.spend * m.decay,
    "activity.baskets": lambda m: m.state.activity.baskets * m.decay,
}

Keys = tuple[tuple[str, str], ...]

NON_PERSONAL = ("request.", "context.", "action.")
"""Prefixes of the facts that say nothing of the person."""


def non_personal(reads: Iterable[str]) -> frozenset[str]:
    """The names among `reads` that may be used without consent to profiling."""
    return frozenset(name for name in reads if name.startswith(NON_PERSONAL))


def shared_facts(moment: Moment, reads: Iterable[str]) -> dict[str, Scalar]:
    """The shared facts among `reads`, by name; other names are passed over."""
    of_profile, of_context, fixed = _sorted_out(reads if isinstance(reads, frozenset) else frozenset(reads))
    told, facts = moment.told, {}
    for name, compute in fixed:
        value = told[name] if name in told else compute(moment)
        if value is not None:
            facts[name] = value
    if of_profile:
        known = moment.attributes
        facts |= {name: known[key] for name, key in of_profile if key in known}
    if of_context and moment.context:
        live = moment.context
        facts |= {name: live[key] for name, key in of_context if key in live}
    return facts


@lru_cache(maxsize=256)
def _sorted_out(reads: frozenset[str]) -> tuple[Keys, Keys, tuple[tuple[str, Callable[[Moment], Scalar | None]], ...]]:
    """The names by where their values are: profile and context by their keys, the others with how they are computed."""
    names = sorted(reads)
    return (
        tuple((name, name[9:]) for name in names if name.startswith("customer.") and name not in _FIXED),
        tuple((name, name[8:]) for name in names if name.startswith("context.")),
        tuple((name, _FIXED[name]) for name in names if name in _FIXED),
    )
