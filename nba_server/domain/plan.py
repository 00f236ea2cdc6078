"""What of a catalogue can be worked out before anybody asks: done once when the snapshot is built.

Holds masks over the actions in catalogue order; a request only looks them up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from nba_server.domain.action import Action, Channel, ContextWeight
from nba_server.domain.cap import Cap
from nba_server.domain.categories import Categories
from nba_server.domain.contact import ContactLimit
from nba_server.domain.muting_keys import attribute_keys
from nba_server.domain.pressure import ContactPressure
from nba_server.domain.profile import Scalar
from nba_server.domain.quiet_hours import QuietHours
from nba_server.domain.reasons import Reason, Stage
from nba_server.domain.rule import Rule, RuleScope, failure
from nba_server.domain.rule_table import RuleTable

Mask = npt.NDArray[np.bool_]
Weights = npt.NDArray[np.float64]
Units = npt.NDArray[np.int64]

RULE_STAGES = (Stage.ELIGIBILITY, Stage.APPLICABILITY, Stage.SUITABILITY)
SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Clause:
    """A rule ready to run: the actions it binds as a mask, and its place among the rules."""

    rule: Rule
    mask: Mask
    order: int


@dataclass(frozen=True, slots=True)
class Clauses:
    """The rules of one stage. `offer_failures` has the rules that an action fails whoever the customer is.

    `table` evaluates those of `customer` and `pair` that are conditions, for a whole batch; the others are `left_customer` and
    `left_pair`.
    """

    offer_removed: Mask
    offer_failures: Mapping[int, tuple[tuple[int, Reason], ...]]
    customer: tuple[Clause, ...]
    pair: tuple[Clause, ...]
    table: RuleTable
    left_customer: tuple[Clause, ...]
    left_pair: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Screen:
    """The treatments of one placement: which actions have an approved one, and the pixels it needs."""

    treated: Mask
    min_width: npt.NDArray[np.int32]
    min_height: npt.NDArray[np.int32]

    def fitting(self, width: int, height: int) -> Mask:
        """The actions whose treatment fits into so many pixels; 0: any size."""
        found = self.treated
        if width:
            found = found & (self.min_width <= width)
        if height:
            found = found & (self.min_height <= height)
        return found


@dataclass(frozen=True, slots=True)
class Plan:
    """All masks have one entry an action.

    `screens` by (channel, placement); `purposes`, `groups` by their names; `group_of` has each action's place in `group_index`;
    `related` by `attribute=value`;
    `limits` by channel: those that count contacts there, with the actions they hold back (transactional ones are exempt).
    `quiet` likewise; `pressures` with what each action weighs there; `caps` with the units that each action takes.
    `context_weights` with the actions they weigh. `ends` are the moments at which actions end, in order of time.
    `rule_reads` are the facts that rules beyond the offer read. `barred` actions must not go to people on the do-not-contact
    list, `valued` ones need a value above zero, `regular` ones are not fallbacks.
    """

    zone: tzinfo
    offer_facts: tuple[Mapping[str, Scalar], ...]
    clauses: Mapping[Stage, Clauses]
    rule_reads: frozenset[str]
    screens: Mapping[tuple[str, str], Screen]
    purposes: Mapping[str, Mask]
    limits: Mapping[str, tuple[tuple[ContactLimit, Mask], ...]]
    pressures: Mapping[str, tuple[tuple[ContactPressure, Weights], ...]]
    quiet: Mapping[str, tuple[tuple[QuietHours, Mask], ...]]
    caps: tuple[tuple[Cap, Units], ...]
    groups: Mapping[str, Mask]
    group_index: Mapping[str, int]
    group_of: npt.NDArray[np.intp]
    products: Mapping[str, Mask]
    categories: Categories
    related: Mapping[str, Mask]
    context_weights: tuple[tuple[ContextWeight, Mask], ...]
    fallback: Mask
    mandatory: Mask
    barred: Mask
    valued: Mask
    regular: Mask
    ends: tuple[int, ...]


def make_plan(
    *,
    timezone: str,
    actions: Sequence[Action],
    channels: Mapping[str, Channel],
    treatments: Mapping[tuple[str, str], npt.NDArray[np.int32]],
    rules: Sequence[Rule],
    limits: Sequence[ContactLimit],
    pressures: Sequence[ContactPressure],
    quiet_hours: Sequence[QuietHours],
    caps: Sequence[Cap],
    context_weights: Sequence[ContextWeight],
    related_attributes: Iterable[str],
) -> Plan:
    """Works out the plan. Raises `zoneinfo.ZoneInfoNotFoundError` for an unknown time zone."""
    offer_facts = tuple(offer_facts_of(action) for action in actions)
    fallback = _mask(action.fallback for action in actions)
    members = {
        "action": _by(actions, lambda action: (action.id,)) if context_weights else {},
        "group": _by(actions, lambda action: (action.group,)),
        "issue": _by(actions, lambda action: (action.issue,)),
    }
    group_index = {group: place for place, group in enumerate(members["group"])}
    return Plan(
        zone=ZoneInfo(timezone),
        offer_facts=offer_facts,
        clauses={stage: _clauses(stage, rules, offer_facts) for stage in RULE_STAGES},
        rule_reads=frozenset(name for rule in rules if rule.scope is not RuleScope.OFFER for name in rule.reads),
        screens={place: _screen(actions, index) for place, index in treatments.items()},
        purposes=_by(actions, lambda action: (action.purpose,)),
        limits={channel.id: _limits(limits, channel, actions) for channel in channels.values()},
        quiet={channel.id: _quiet(quiet_hours, channel, actions) for channel in channels.values()},
        caps=tuple((cap, _units(cap, actions)) for cap in caps),
        pressures={channel: _pressures(pressures, channel, actions) for channel in channels},
        groups=members["group"],
        group_index=group_index,
        group_of=np.array([group_index[action.group] for action in actions], dtype=np.intp),
        products=_by(actions, lambda action: (action.product,) if action.product else ()),
        categories=Categories([_categories(action) for action in actions]),
        related=_related(actions, tuple(related_attributes)),
        context_weights=tuple(
            (weight, members[weight.scope][weight.id])
            for weight in context_weights
            if weight.id in members.get(weight.scope, {})
        ),
        fallback=fallback,
        mandatory=_mask(action.mandatory for action in actions),
        barred=_mask(not action.legal for action in actions),
        valued=_mask(not (action.mandatory or action.fallback or action.class_ == SERVICE) for action in actions),
        regular=~fallback,
        ends=tuple(sorted({action.end_ms for action in actions if action.end_ms})),
    )


def offer_facts_of(action: Action) -> Mapping[str, Scalar]:
    """The `action.*` facts."""
    facts: dict[str, Scalar] = {f"action.{name}": value for name, value in action.attributes.items()}
    facts["action.id"] = action.id
    facts["action.group"] = action.group
    facts["action.issue"] = action.issue
    facts["action.class"] = action.class_
    facts["action.value"] = action.value
    if action.product:
        facts["action.product"] = action.product
    return facts


def _categories(action: Action) -> tuple[str, ...] | None:
    found = action.attributes.get("category")
    if found is None:
        return None
    return found if isinstance(found, tuple) else (str(found),)


def _mask(flags: Iterable[bool]) -> Mask:
    mask = np.fromiter(flags, dtype=np.bool_)
    mask.setflags(write=False)
    return mask


def _by(actions: Sequence[Action], names: Callable[[Action], Iterable[str]]) -> dict[str, Mask]:
    members: dict[str, list[int]] = {}
    for position, action in enumerate(actions):
        for name in names(action):
            members.setdefault(name, []).append(position)
    return {name: _at(len(actions), positions) for name, positions in members.items()}


def _at(size: int, positions: Iterable[int]) -> Mask:
    mask = np.zeros(size, dtype=np.bool_)
    mask[list(positions)] = True
    mask.setflags(write=False)
    return mask


def _related(actions: Sequence[Action], attributes: Iterable[str]) -> dict[str, Mask]:
    keys = [
        [key for name in attributes for key in attribute_keys(name, action.attributes.get(name))] for action in actions
    ]
    names = dict.fromkeys(key for found in keys for key in found)
    return {name: _mask(name in found for found in keys) for name in names}


def _clauses(stage: Stage, rules: Sequence[Rule], offer_facts: Sequence[Mapping[str, Scalar]]) -> Clauses:
    size = len(offer_facts)
    failures: dict[int, list[tuple[int, Reason]]] = {}
    bound: dict[RuleScope, list[Clause]] = {scope: [] for scope in RuleScope}
    for order, rule in enumerate(rules):
        if rule.stage is not stage:
            continue
        bound[rule.scope].append(Clause(rule, _at(size, rule.actions), order))
        for position in rule.actions if rule.scope is RuleScope.OFFER else ():
            reason = failure(rule, offer_facts[position])
            if reason is not None:
                failures.setdefault(position, []).append((order, reason))
    customer, pair = bound[RuleScope.CUSTOMER], bound[RuleScope.PAIR]
    return Clauses(
        offer_removed=_at(size, failures),
        offer_failures={position: tuple(found) for position, found in failures.items()},
        customer=tuple(customer),
        pair=tuple(pair),
        table=RuleTable([clause.rule for clause in (*customer, *pair)], offer_facts),
        left_customer=tuple(clause for clause in customer if clause.rule.condition is None),
        left_pair=tuple(clause for clause in pair if clause.rule.condition is None),
    )


def _screen(actions: Sequence[Action], index: npt.NDArray[np.int32]) -> Screen:
    chosen = [
        action.treatments[at] if at >= 0 and action.treatments[at].approved else None
        for action, at in zip(actions, index.tolist(), strict=True)
    ]
    return Screen(
        treated=_mask(treatment is not None for treatment in chosen),
        min_width=np.array([treatment.min_width if treatment else 0 for treatment in chosen], dtype=np.int32),
        min_height=np.array([treatment.min_height if treatment else 0 for treatment in chosen], dtype=np.int32),
    )


def _limits(
    limits: Sequence[ContactLimit], channel: Channel, actions: Sequence[Action]
) -> tuple[tuple[ContactLimit, Mask], ...]:
    covered = (
        (
            limit,
            _mask(
                not action.transactional and limit.covers_action(action, channel.id, channel.direction)
                for action in actions
            ),
        )
        for limit in limits
    )
    return tuple((limit, mask) for limit, mask in covered if mask.any())


def _units(cap: Cap, actions: Sequence[Action]) -> Units:
    units = np.fromiter((cap.units(action) for action in actions), dtype=np.int64)
    units.setflags(write=False)
    return units


def _pressures(
    pressures: Sequence[ContactPressure], channel: str, actions: Sequence[Action]
) -> tuple[tuple[ContactPressure, Weights], ...]:
    """Transactional actions weigh nothing here: they are never held back."""
    found = []
    for pressure in pressures:
        weights = np.array([0.0 if a.transactional else pressure.weight(channel, a.class_) for a in actions])
        weights.setflags(write=False)
        if (weights > 0.0).any():
            found.append((pressure, weights))
    return tuple(found)


def _quiet(
    quiet_hours: Sequence[QuietHours], channel: Channel, actions: Sequence[Action]
) -> tuple[tuple[QuietHours, Mask], ...]:
    bound = [q for q in quiet_hours if q.covers(channel.id, channel.direction)]
    masks = (_mask(q.covers_action(action, channel.id, channel.direction) for action in actions) for q in bound)
    return tuple((quiet, mask) for quiet, mask in zip(bound, masks, strict=True) if mask.any())
