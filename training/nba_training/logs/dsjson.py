"""VowpalWabbit's decision-service logs (dsjson): contextual bandits (`_label_*`) and slates of slots (`_outcomes`).

The reward is minus the cost. Actions are named by their `_tag` or `id`, else by their number. Lines without a decision (dangling
rewards), and decisions that were never activated, are counted and passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from nba_training.logs.builder import ChoicesBuilder
from nba_training.logs.choice import LoggedCandidate, LoggedChoice, LogUnreadable
from nba_training.logs.lines import hashed
from nba_training.logs.plain import PlainChoice, with_features

_DEPTH = 4


def read_dsjson(lines: Iterable[str | bytes]) -> ChoicesBuilder:
    """All decisions of a log. Raises `LogUnreadable` with every bad line."""
    found: list[PlainChoice] = []
    skipped: list[str] = []
    faults: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            event = json.loads(line)
            reason = _passed_over(event)
            if reason:
                skipped.append(reason)
            else:
                found += _slots(number, event) if "_outcomes" in event else [_bandit(number, event)]
        except (ValueError, TypeError, KeyError, IndexError) as fault:
            faults.append(f"line {number}: {_words(fault)}")
    if faults:
        raise LogUnreadable(faults)
    choices, layouts = with_features(found)
    builder = ChoicesBuilder(layouts)
    builder.left_out.update(skipped)
    builder.collect(choices)
    return builder


def is_dsjson(line: str | bytes) -> bool:
    """Whether a line looks like one."""
    try:
        event = json.loads(line)
    except ValueError:
        return False
    return isinstance(event, dict) and ("_outcomes" in event or {"a", "p", "c"} <= set(event))


def _passed_over(event: Mapping[str, Any]) -> str:
    if "c" not in event:
        return "dangling reward"
    if event.get("_skipLearn") or (event.get("_deferred") and not event.get("activated")):
        return "not activated"
    if float(event.get("pdrop") or 0) > 0:
        raise ValueError("`pdrop` is above 0: events were dropped from this log, and rewards with them")
    return ""


def _bandit(number: int, event: Mapping[str, Any]) -> PlainChoice:
    actions, shared = event["c"]["_multi"], _shared(event["c"])
    order = [int(place) - 1 for place in event["a"]]
    chances = dict(zip(order, map(float, event["p"]), strict=True))
    return _choice(
        number, event, actions, shared, chances, chosen=order[0], position=1,
        reward=-float(event["_label_cost"]), pick=float(event["_label_probability"]),
    )  # fmt: skip


def _slots(number: int, event: Mapping[str, Any]) -> Iterator[PlainChoice]:
    actions, shared = event["c"]["_multi"], _shared(event["c"])
    for position, outcome in enumerate(event["_outcomes"], start=1):
        order, chances = [int(place) for place in outcome["_a"]], [float(chance) for chance in outcome["_p"]]
        yield _choice(
            number, event, actions, shared, dict(zip(order, chances, strict=True)), chosen=order[0], position=position,
            reward=-float(outcome["_label_cost"]), pick=chances[0],
        )  # fmt: skip


def _choice(
    number: int,
    event: Mapping[str, Any],
    actions: Sequence[Mapping[str, Any]],
    shared: Mapping[str, Any],
    chances: Mapping[int, float],
    *,
    chosen: int,
    position: int,
    reward: float,
    pick: float,
) -> PlainChoice:
    places = sorted(chances)
    facts = [_flat(actions[place], "action") | {"action.id": _name(actions[place], place)} for place in places]
    names = [str(fact["action.id"]) for fact in facts]
    if len(set(names)) < len(names):
        names = [f"{name}#{place + 1}" for name, place in zip(names, places, strict=True)]
    candidates = tuple(
        LoggedCandidate(name, chances[place], row=row, facts=fact)
        for row, (name, place, fact) in enumerate(zip(names, places, facts, strict=True))
    )
    id_ = str(event.get("EventId") or number)
    choice = LoggedChoice(
        customer=hashed(id_),
        at_ms=number,
        slate=id_,
        position=position,
        candidates=candidates,
        chosen=places.index(chosen),
        pick_probability=pick,
        reward=reward,
    )
    return PlainChoice(choice, shared, facts)


def _shared(context: Mapping[str, Any]) -> dict[str, Any]:
    return _flat({name: value for name, value in context.items() if not name.startswith("_")}, "context")


def _flat(given: Any, prefix: str, depth: int = 0) -> dict[str, Any]:
    """Namespaces and nested features as dotted names."""
    if isinstance(given, dict) and depth < _DEPTH:
        found: dict[str, Any] = {}
        for name, value in given.items():
            if not name.startswith("_"):
                found |= _flat(value, f"{prefix}.{name}", depth + 1)
        return found
    if isinstance(given, list):
        return {
            name: value
            for item in given
            if isinstance(item, dict)
            for name, value in _flat(item, prefix, depth).items()
        }
    return {prefix: given}


def _name(action: Mapping[str, Any], place: int) -> str:
    if "_tag" in action:
        return str(action["_tag"])
    ids = (inner.get("id") for inner in (action, *action.values()) if isinstance(inner, dict))
    return str(next((found for found in ids if found is not None), place + 1))


def _words(fault: Exception) -> str:
    return f"lacks {fault}" if isinstance(fault, KeyError) else str(fault)
