"""Facts of customer and action together, and of the action alone: one mapping an action.

Only the names asked for are computed, missing ones are absent. What the history says is worked out once per action that
occurs in it and once per group, not once per candidate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from nba_server.domain.action import Action
from nba_server.domain.activity import DAY_MS
from nba_server.domain.history import Record, within
from nba_server.domain.moment import Moment
from nba_server.domain.profile import Scalar

Facts = dict[str, Scalar]
OfRecord = Callable[[Moment, Record], Scalar | None]

NOTHING = Record()


def _days_since_presented(moment: Moment, record: Record) -> Scalar | None:
    return moment.days_since(record.presented[-1]) if record.presented else None


OF_ACTION_RECORD: Mapping[str, OfRecord] = {
    "history.presented_30d": lambda m, r: within(r.presented, m.now_ms, 30 * DAY_MS),
    "history.presented_365d": lambda m, r: within(r.presented, m.now_ms, 365 * DAY_MS),
    "history.days_since_presented": _days_since_presented,
    "history.rejected_90d": lambda m, r: within(r.rejected, m.now_ms, 90 * DAY_MS),
    "history.positives_365d": lambda m, r: within(r.positive, m.now_ms, 365 * DAY_MS),
}
OF_GROUP_RECORD: Mapping[str, OfRecord] = {
    "history.group_presented_90d": lambda m, r: within(r.presented, m.now_ms, 90 * DAY_MS),
    "history.group_positives_365d": lambda m, r: within(r.positive, m.now_ms, 365 * DAY_MS),
}


def _category_spend(moment: Moment, action: Action) -> Scalar | None:
    category = action.attributes.get("category")
    if category is None:
        return None
    spend = moment.state.activity.category_spend
    names = category if isinstance(category, tuple) else (str(category),)
    return sum(spend.get(name, 0.0) for name in names) * moment.decay


_OF_ACTION: Mapping[str, Callable[[Moment, Action], Scalar | None]] = {
    "history.holds_product": lambda m, a: bool(a.product) and a.product in m.state.profile.products,
    "activity.category_spend": _category_spend,
}


def pair_facts(moment: Moment, actions: Sequence[int], reads: Iterable[str]) -> list[Facts]:
    """For each action (catalogue index) the pair and offer facts among `reads`; other names are passed over."""
    names = tuple(reads)
    offer = tuple(name for name in names if name.startswith("action."))
    own = tuple((name, _OF_ACTION[name]) for name in names if name in _OF_ACTION)
    recorded = _Recorded(moment, names)
    catalog = moment.catalog
    result = []
    for index in actions:
        action, known = catalog.actions[index], catalog.plan.offer_facts[index]
        facts = {name: known[name] for name in offer if name in known}
        facts.update(recorded.of(action))
        for name, compute in own:
            value = compute(moment, action)
            if value is not None:
                facts[name] = value
        result.append(facts)
    return result


class _Recorded:
    """The history facts among `names`, by action and by group."""

    def __init__(self, moment: Moment, names: Sequence[str]) -> None:
        self._moment = moment
        of_action = tuple((name, OF_ACTION_RECORD[name]) for name in names if name in OF_ACTION_RECORD)
        self._of_group = tuple((name, OF_GROUP_RECORD[name]) for name in names if name in OF_GROUP_RECORD)
        records = moment.history.by_action if of_action else {}
        self._actions = {name: self._facts(record, of_action) for name, record in records.items()}
        self._never = self._facts(NOTHING, of_action)
        self._groups: dict[str, Facts] = {}

    def of(self, action: Action) -> Facts:
        """For one action; the mapping is the caller's to copy from, not to keep."""
        found = self._actions.get(action.id, self._never)
        return {**self._group(action.group), **found} if self._of_group else found

    def _group(self, name: str) -> Facts:
        facts = self._groups.get(name)
        if facts is None:
            record = self._moment.history.by_group.get(name, NOTHING)
            facts = self._groups[name] = self._facts(record, self._of_group)
        return facts

    def _facts(self, record: Record, computed: Sequence[tuple[str, OfRecord]]) -> Facts:
        found = ((name, compute(self._moment, record)) for name, compute in computed)
        return {name: value for name, value in found if value is not None}
