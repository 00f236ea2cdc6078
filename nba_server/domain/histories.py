"""The ledgers of a batch as columns, one row a contact: what history.py tells of one customer, for all customers at once.

Both say the same; whatever a decision needs of many contacts is worked out here, a few array operations a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from nba_server.domain.action import Channel, Polarity
from nba_server.domain.activity import DAY_MS
from nba_server.domain.contact import ContactLimit, LimitScope
from nba_server.domain.contact_table import FIELDS, Row, contact_of, reactions_of, rows_of
from nba_server.domain.engagement import ContactState
from nba_server.domain.moment import Moment
from nba_server.domain.outcome import OutcomeType, polarity, standing

Times = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]
Truth = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]

_RELEASED, _RESERVED = ContactState.RELEASED.value, ContactState.RESERVED.value
NEVER = -1
"""A time that never was."""
_CHANNEL, _DIRECTION, _CLASS, _GROUP, _ACTION, _DECISION, _REACTIONS = 4, 5, 6, 7, 8, 10, 14


class Histories:
    """The contacts of many customers, each at their moment; all moments are of one catalogue."""

    def __init__(self, moments: Sequence[Moment]) -> None:
        self._catalog = moments[0].catalog
        self.now = np.array([moment.now_ms for moment in moments], dtype=np.int64)
        ledgers = [rows_of(moment.state.ledger) for moment in moments]
        self._sizes = np.array([len(rows) for rows in ledgers], dtype=np.int64)
        self._rows: list[Row] = [row for rows in ledgers for row in rows]
        self._columns: Sequence[Sequence[object]] = list(zip(*self._rows, strict=True)) or [()] * FIELDS
        self._moments = moments
        self._by_action: dict[str, Values] = {}

    @cached_property
    def owner(self) -> Places:
        """Whose contact it is."""
        return np.repeat(np.arange(len(self._moments)), self._sizes)

    @cached_property
    def at(self) -> Times:
        """When it is or was."""
        return np.array(self._columns[1], dtype=np.int64)

    @cached_property
    def counts(self) -> Truth:
        """Whether it counts against limits at its moment, as `Contact.counts_at` says."""
        states = self._columns[3]
        live = np.array([state != _RELEASED for state in states], dtype=np.bool_)
        held = [place for place, state in enumerate(states) if state == _RESERVED] if _RESERVED in states else ()
        for place in held:
            live[place] = contact_of(self._rows[place]).counts_at(int(self.now[self.owner[place]]))
        return live

    @cached_property
    def counting(self) -> Truth:
        """Whether it counts and has happened."""
        return np.asarray(self.counts & (self.at <= self.now[self.owner]))

    @cached_property
    def _names(self) -> Places | None:
        """A number for each decision or contact of another system; None where no two contacts share one."""
        decisions = self._columns[_DECISION]
        if not any(decisions):
            return None
        seen: dict[tuple[int, object], int] = {}
        owners = self.owner.tolist()
        found = np.arange(len(decisions))
        for place, decision in enumerate(decisions):
            if decision:
                found[place] = seen.setdefault((owners[place], decision), place)
        return found if len(seen) < sum(1 for decision in decisions if decision) else None

    def distinct(self, chosen: Truth) -> Times:
        """How many decisions and other contacts each customer has among the chosen rows."""
        rows = np.flatnonzero(chosen) if self._names is None else np.unique(self._names[chosen])
        return np.bincount(self.owner[rows], minlength=len(self._moments))

    def within(self, times: Times, window_ms: int) -> Truth:
        """Which times lie in (now - window, now]."""
        now = self.now[self.owner]
        return np.asarray((times > now - window_ms) & (times <= now))

    @cached_property
    def _reactions(self) -> tuple[Times, Times]:
        """Times of the latest positive outcome and of the latest rejection of each contact."""
        positive, rejected = np.full((2, len(self._rows)), NEVER, dtype=np.int64)
        meaning = _Meanings(self._catalog.channels)
        for place, reactions in enumerate(self._columns[_REACTIONS]):
            if reactions:
                positive[place], rejected[place] = meaning.of(self._rows[place])
        return positive, rejected

    @cached_property
    def _cells(self) -> Places:
        """Customer and action of each contact as one number, the last one for actions that the catalogue lacks."""
        index, size = self._catalog.index, len(self._catalog.actions)
        actions = np.array([index.get(name, NEVER) for name in self._columns[_ACTION]], dtype=np.intp)  # type: ignore[call-overload]
        return np.where(actions < 0, len(self._moments) * size, self.owner * size + actions)

    @cached_property
    def _group_cells(self) -> Places:
        """The same for groups."""
        plan = self._catalog.plan
        groups = np.array([plan.group_index.get(name, NEVER) for name in self._columns[_GROUP]], dtype=np.intp)  # type: ignore[call-overload]
        size = len(plan.group_index)
        return np.where(groups < 0, len(self._moments) * size, self.owner * size + groups)

    def by_action(self, fact: str) -> Values:
        """A fact of customer and action, (customers, actions), NaN where it is missing. Raises `KeyError` for others."""
        found = self._by_action.get(fact)
        if found is None:
            found = self._by_action[fact] = BY_ACTION[fact](self)
        return found

    def _counted(self, chosen: Truth, *, of_group: bool = False) -> Values:
        plan = self._catalog.plan
        cells, size = (
            (self._group_cells, len(plan.group_index)) if of_group else (self._cells, len(self._catalog.actions))
        )
        shape = (len(self._moments), size)
        found = np.bincount(cells[chosen], minlength=shape[0] * shape[1] + 1)[:-1].reshape(shape).astype(np.float64)
        return found[:, plan.group_of] if of_group else found

    def presented(self, days: int, *, of_group: bool = False) -> Values:
        """How often the action, or its group, was proposed in the last days."""
        return self._counted(self.counting & self.within(self.at, days * DAY_MS), of_group=of_group)

    def positives(self, days: int, *, of_group: bool = False) -> Values:
        """How many of these contacts had a positive outcome in the last days."""
        return self._counted(self.counting & self.within(self._reactions[0], days * DAY_MS), of_group=of_group)

    def rejected(self, days: int) -> Values:
        """How often the action was rejected in the last days."""
        return self._counted(self.counting & self.within(self._reactions[1], days * DAY_MS))

    def days_since_presented(self) -> Values:
        """How long ago the action was proposed last."""
        shape = (len(self._moments), len(self._catalog.actions))
        last = np.full(shape[0] * shape[1] + 1, NEVER, dtype=np.int64)
        chosen = self.counting
        np.maximum.at(last, self._cells[chosen], self.at[chosen])
        times = last[:-1].reshape(shape)
        days = np.maximum(self.now[:, None] - times, 0) / DAY_MS
        return np.where(times == NEVER, np.nan, days)

    def tell(self, names: Iterable[str]) -> None:
        """Lets the moments know those of the shared facts that are worked out here."""
        for name in names:
            compute = SHARED.get(name)
            if compute is not None:
                for moment, value in zip(self._moments, compute(self), strict=True):
                    moment.told[name] = value

    def _contacts(self, days: int, *, on_channel: bool = False) -> list[float]:
        chosen = self.counting & self.within(self.at, days * DAY_MS)
        if on_channel:
            own = [moment.channel for moment in self._moments]
            there = zip(self.owner.tolist(), self._columns[_CHANNEL], strict=True)
            chosen &= np.array([own[owner] == channel for owner, channel in there], dtype=np.bool_)
        return list(self.distinct(chosen).tolist())

    def _days_since_last(self) -> list[float | None]:
        last = np.full(len(self._moments), NEVER, dtype=np.int64)
        np.maximum.at(last, self.owner[self.counting], self.at[self.counting])
        days = np.maximum(self.now - last, 0) / DAY_MS
        return [None if at == NEVER else day for at, day in zip(last.tolist(), days.tolist(), strict=True)]

    def _positive_contacts(self, days: int) -> list[float]:
        chosen = self.within(self._reactions[0], days * DAY_MS)
        return list(np.bincount(self.owner[chosen], minlength=len(self._moments)).tolist())

    def admits(self, limit: ContactLimit, at_ms: Times) -> tuple[Truth, Truth]:
        """(whose limit admits one more contact at `at_ms`, whom this can be told of), as `ledger.admits` says.

        Not told where contacts are planned beyond that time, or others of a household count too.
        """
        roomy = self._sizes < limit.cap
        if limit.scope is LimitScope.HOUSEHOLD:
            told = np.array([not moment.state.household.contacts for moment in self._moments], dtype=np.bool_)
        else:
            told = np.ones(len(self._moments), dtype=np.bool_)
        if roomy.all():
            return roomy, told
        then = at_ms[self.owner]
        told[self.owner[self.at > then]] = False
        chosen = self.counts & (self.at > then - limit.window_ms) & (self.at <= then) & self._covered(limit)
        return np.asarray(roomy | (self.distinct(chosen) < limit.cap)), told

    def _covered(self, limit: ContactLimit) -> Truth:
        found = np.ones(len(self._rows), dtype=np.bool_)
        filters = (
            *((_CHANNEL, limit.channels), (_DIRECTION, limit.directions), (_CLASS, limit.classes)),
            *((_GROUP, limit.groups), (_ACTION, limit.actions)),
        )
        for column, names in filters:
            if names:
                found &= np.array([name in names for name in self._columns[column]], dtype=np.bool_)
        return found


class _Meanings:
    """What outcomes mean, looked up once for a channel and a type."""

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._channels = channels
        self._positive: dict[tuple[str, str], bool] = {}

    def of(self, row: Row) -> tuple[int, int]:
        """Times of the contact's latest positive outcome and of its latest rejection."""
        reactions, channel = row[_REACTIONS], row[_CHANNEL]
        if len(reactions) == 1:
            type_, at_ms, withdrawn = reactions[0][0], reactions[0][1], reactions[0][4]
            if withdrawn:
                return NEVER, NEVER
            rejected = at_ms if type_ == "rejected" else NEVER
            return (at_ms if self._is_positive(channel, type_) else NEVER), rejected
        kept = standing(reactions_of(row))
        return (
            max((one.at_ms for one in kept if self._is_positive(channel, one.type)), default=NEVER),
            max((one.at_ms for one in kept if one.type == OutcomeType.REJECTED), default=NEVER),
        )

    def _is_positive(self, channel: str, type_: str) -> bool:
        found = self._positive.get((channel, type_))
        if found is None:
            found = polarity(self._channels.get(channel), type_) is Polarity.POSITIVE
            self._positive[channel, type_] = found
        return found


BY_ACTION: Mapping[str, Callable[[Histories], Values]] = {
    "history.presented_30d": lambda h: h.presented(30),
    "history.presented_365d": lambda h: h.presented(365),
    "history.days_since_presented": Histories.days_since_presented,
    "history.rejected_90d": lambda h: h.rejected(90),
    "history.positives_365d": lambda h: h.positives(365),
    "history.group_presented_90d": lambda h: h.presented(90, of_group=True),
    "history.group_positives_365d": lambda h: h.positives(365, of_group=True),
}
"""Facts of customer and action."""

SHARED: Mapping[str, Callable[[Histories], Sequence[float | None]]] = {
    "contact.count_7d": lambda h: h._contacts(7),
    "contact.count_30d": lambda h: h._contacts(30),
    "contact.count_90d": lambda h: h._contacts(90),
    "contact.channel_count_30d": lambda h: h._contacts(30, on_channel=True),
    "contact.days_since_last": Histories._days_since_last,
    "contact.positives_90d": lambda h: h._positive_contacts(90),
}
"""Facts of the customer."""
