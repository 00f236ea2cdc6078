"""The project's own log format: JSON Lines, one choice a line.

{"decision": "d-1", "customer": "c-7", "time": "2026-03-01T12:00:00Z", "position": 1, "reward": 1.0,
 "context": {"customer.age": 41, "request.channel": "web"}, "action": "alpha", "probability": 0.9,
 "candidates": [{"action": "alpha", "probability": 0.9, "value": 10}, {"action": "beta", "probability": 0.1}]}

`customer`, `decision`, `time`, `position`, `context` and `substituted` may be left out; a candidate may be a bare name, and may
carry `features`. Null is "no offer". Without `candidates` everything chosen at the same `placement` could have been.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from nba_training.logs.builder import ChoicesBuilder
from nba_training.logs.choice import LoggedCandidate, LoggedChoice, LogUnreadable
from nba_training.logs.plain import PlainChoice, with_features

_KEYS = {
    "decision", "customer", "time", "placement", "position", "context", "candidates", "action", "probability", "reward",
    "substituted",
}  # fmt: skip
_CANDIDATE_KEYS = {"action", "probability", "value", "group", "features"}


def read_lines(lines: Iterable[str | bytes]) -> ChoicesBuilder:
    """All choices of a log. Raises `LogUnreadable` with every bad line."""
    found: list[PlainChoice] = []
    lost: list[str] = []
    faults: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = _record(line)
            choice = _choice(number, record)
        except (ValueError, TypeError) as fault:
            faults.append(f"line {number}: {fault}")
            continue
        if record.get("substituted"):
            lost.append(choice.choice.customer)
        else:
            found.append(choice)
    if faults:
        raise LogUnreadable(faults)
    choices, layouts = with_features(found)
    builder = ChoicesBuilder(layouts)
    builder.collect(choices)
    for customer in lost:
        builder.lost(customer)
    return builder


def hashed(name: str) -> str:
    """A customer's name as the hex that choices carry."""
    return hashlib.blake2b(name.encode(), digest_size=16).hexdigest()


def _record(line: str | bytes) -> dict[str, Any]:
    record = json.loads(line)
    if not isinstance(record, dict):
        raise ValueError("is no JSON object")
    unknown = sorted(set(record) - _KEYS)
    if unknown:
        raise ValueError(f"`{unknown[0]}` is no key; known are {', '.join(sorted(_KEYS))}")
    for name in ("action", "reward"):
        if name not in record:
            raise ValueError(f"`{name}` is missing")
    return record


def _choice(number: int, record: Mapping[str, Any]) -> PlainChoice:
    action = str(record["action"] or "")
    given = record.get("candidates")
    candidates = [_candidate(place, item) for place, item in enumerate(given or [record["action"]])]
    names = [candidate.name for candidate, _ in candidates]
    if action not in names:
        raise ValueError(f"the action {action!r} is not among the candidates")
    if len(set(names)) < len(names):
        raise ValueError("a candidate is named twice")
    chosen = names.index(action)
    chance = _chance(record.get("probability"), "probability")
    if math.isnan(chance):
        chance = candidates[chosen][0].chance
    choice = LoggedChoice(
        customer=hashed(str(record.get("customer") or f"line {number}")),
        at_ms=_moment_ms(record.get("time")),
        slate=str(record.get("decision") or number),
        position=int(record.get("position") or 1),
        candidates=tuple(candidate for candidate, _ in candidates),
        chosen=chosen,
        pick_probability=chance,
        reward=_number(record["reward"], "reward"),
        site=str(record.get("placement") or ""),
        open_set=given is None,
    )
    return PlainChoice(choice, record.get("context") or {}, [facts for _, facts in candidates])


def _candidate(place: int, given: Any) -> tuple[LoggedCandidate, dict[str, Any]]:
    item = given if isinstance(given, dict) else {"action": given}
    unknown = sorted(set(item) - _CANDIDATE_KEYS)
    if unknown or "action" not in item:
        raise ValueError(f"a candidate has `action` and may have {', '.join(sorted(_CANDIDATE_KEYS - {'action'}))}")
    name, group = str(item["action"] or ""), str(item.get("group") or "")
    facts = {**(item.get("features") or {}), "action.id": name} | ({"action.group": group} if group else {})
    worth = _number(item.get("value", 1.0), "value")
    chance = _chance(item.get("probability"), "probability", zero=True)
    return LoggedCandidate(name, chance, group, worth=worth, row=place, facts=facts), facts


def _chance(value: Any, name: str, *, zero: bool = False) -> float:
    if value is None:
        return math.nan
    found = _number(value, name)
    if not (found >= 0 if zero else found > 0) or found > 1 + 1e-9:
        raise ValueError(f"{name}: {value!r} is not in (0, 1]")
    return found


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name}: {value!r} is no number")
    return float(value)


def _moment_ms(value: Any) -> int:
    if value is None:
        return 0
    if isinstance(value, int | float):
        return int(value)
    found = datetime.fromisoformat(str(value))
    return int((found if found.tzinfo is not None else found.replace(tzinfo=UTC)).timestamp() * 1000)
