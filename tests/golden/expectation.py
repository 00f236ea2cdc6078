"""Compares a decision with what a golden case wants, and says every difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import Decision
from nba_server.domain.reasons import Reason
from nba_server.domain.trace import ActionTrace, trace
from tests.golden.case import GoldenCase


def differences(case: GoldenCase, decision: Decision, catalog: Catalog) -> list[str]:
    """One line for each thing that is not as wanted."""
    traced = trace(decision, catalog)
    shadows = {f"{e.placement}/{e.action}": _words(e.shadows) for e in traced if e.shadows}
    seen = _seen(decision, catalog) | {"shadows": shadows}
    return unlike(case, seen, {(e.placement, e.action): _told(e) for e in traced})


def unlike(case: GoldenCase, seen: Mapping[str, Any], told: Mapping[tuple[str, str], str]) -> list[str]:
    """The same for what was seen from elsewhere: the parts of a case, and a trace's words by placement and action."""
    found: list[str] = []
    for part, wanted in case.want.items():
        found += _removed(case, wanted, told) if part == "removed" else _unequal(part, wanted, seen[part])
    return found


def _unequal(part: str, wanted: Any, actual: Any) -> list[str]:
    """Mappings may say less than there is, except for what is offered and what is a candidate."""
    if isinstance(wanted, Mapping):
        whole = part in ("offered", "no_offer", "shadows", "log.candidates")
        lines = [f"{part}: unexpected {name}: {actual[name]}" for name in actual if whole and name not in wanted]
        for name, value in wanted.items():
            lines += _unequal(f"{part}.{name}", value, actual.get(name))
        return lines
    if isinstance(wanted, float):
        return [] if actual == pytest.approx(wanted, rel=1e-9) else [f"{part}: wanted {wanted}, got {actual}"]
    return [] if wanted == actual else [f"{part}: wanted {wanted}, got {actual}"]


def _removed(case: GoldenCase, wanted: Mapping[str, str], told: Mapping[tuple[str, str], str]) -> list[str]:
    """`action: stage code [subject] ...` in the first placement, or `placement/action`."""
    lines = []
    for name, words in wanted.items():
        place, _, action = name.rpartition("/")
        actual = told[(place or case.placements[0], action)]
        if actual != words:
            lines.append(f"removed.{name}: wanted {words!r}, got {actual!r}")
    return lines


def _told(found: ActionTrace) -> str:
    return " ".join([found.stage.name.lower(), *_words(found.reasons).split()])


def _words(reasons: Sequence[Reason]) -> str:
    return " ".join(word for reason in reasons for word in (str(reason.code), reason.subject) if word)


def _seen(decision: Decision, catalog: Catalog) -> dict[str, Any]:
    """The decision in the words of a case. `log` is what the journal's entry holds."""
    names = [f"{found.placement}/{catalog.actions[found.action].id}" for found in decision.candidates]
    chosen = [(pick, why) for pick, why in zip(decision.picks, decision.reasons, strict=True) if pick.position]
    offered: dict[str, list[str]] = {}
    for pick, _ in chosen:
        place, action = names[pick.candidate].split("/")
        offered.setdefault(place, []).append(action)
    return {
        "offered": offered,
        "no_offer": {place: str(reason.code) for place, reason in decision.no_offer.items()},
        "reasons": {names[pick.candidate]: [str(reason.code) for reason in why] for pick, why in chosen},
        "numbers": {
            name: {
                "propensity": found.propensity,
                "context_weight": found.context_weight,
                "value": found.value,
                "lever": found.lever,
                "priority": found.priority,
            }
            for name, found in zip(names, decision.candidates, strict=True)
        },
        "log": {
            "evaluable": decision.evaluable,
            "candidates": {name: c.pick_probability for name, c in zip(names, decision.candidates, strict=True)},
            "picks": [_pick(names[p.candidate], p.position, p.explored, p.fallback) for p, _ in chosen],
            "alternates": [names[pick.candidate] for pick in decision.picks if not pick.position],
        },
    }


def _pick(name: str, position: int, explored: bool, fallback: bool) -> str:
    marks = [mark for mark, holds in (("explored", explored), ("fallback", fallback)) if holds]
    return " ".join([name, str(position), *marks])
