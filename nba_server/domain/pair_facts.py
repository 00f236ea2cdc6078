"""Facts of customer and action together, and of the action alone: one mapping an action.

Only the names asked for are computed, missing ones are absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from nba_server.domain.action import Action
from nba_server.domain.activity import DAY_MS
from nba_server.domain.history import Record, within
from nba_server.domain.moment import Moment
from nba_server.domain.profile import Scalar

_NOTHING = Record()


def _action(moment: Moment, action: Action) -> Record:
    return moment.history.by_action.get(action.id, _NOTHING)


def _group(moment: Moment, action: Action) -> Record:
    return moment.history.by_group.get(action.group, _NOTHING)


def _days_since_presented(moment: Moment, action: Action) -> Scalar | None:
    presented = _action(moment, action).presented
    return moment.days_since(presented[-1]) if presented else None


def _category_spend(moment: Moment, action: Action) -> Scalar | None:
    category = action.attributes.get("category")
    if category is None:
        return None
    spend = moment.state.activity.category_spend
    names = category if isinstance(category, tuple) else (str(category),)
    return sum(spend.get(name, 0.0) for name in names) * moment.decay


_PAIR: Mapping[str, Callable[[Moment, Action], Scalar | None]] = {
    "history.presented_30d": lambda m, a: within(_action(m, a).presented, m.now_ms, 30 * DAY_MS),
    "history.presented_365d": lambda m, a: within(_action(m, a).presented, m.now_ms, 365 * DAY_MS),
    "history.days_since_presented": _days_since_presented,
    "history.rejected_90d": lambda m, a: within(_action(m, a).rejected, m.now_ms, 90 * DAY_MS),
    "history.positives_365d": lambda m, a: within(_action(m, a).positive, m.now_ms, 365 * DAY_MS),
    "history.group_presented_90d": lambda m, a: within(_group(m, a).presented, m.now_ms, 90 * DAY_MS),
    "history.group_positives_365d": lambda m, a: within(_group(m, a).positive, m.now_ms, 365 * DAY_MS),
    "history.holds_product": lambda m, a: bool(a.product) and a.product in m.state.profile.products,
    "activity.category_spend": _category_spend,
}


def pair_facts(moment: Moment, actions: Sequence[int], reads: Iterable[str]) -> list[dict[str, Scalar]]:
    """For each action (catalogue index) the pair and offer facts among `reads`; other names are passed over."""
    names = tuple(reads)
    computed = tuple((name, _PAIR[name]) for name in names if name in _PAIR)
    offer = tuple(name for name in names if name.startswith("action."))
    catalog = moment.catalog
    result = []
    for index in actions:
        known = catalog.plan.offer_facts[index]
        facts = {name: known[name] for name in offer if name in known}
        for name, compute in computed:
            value = compute(moment, catalog.actions[index])
            if value is not None:
                facts[name] = value
        result.append(facts)
    return result
