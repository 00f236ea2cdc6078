"""Choices of plain records: facts by name become features in a layout that is found from the values themselves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nba_models.definition import Feature, FeatureKind, FeatureScope, ModelDefinition
from nba_models.features import FeatureLayout, Scalar
from nba_training.logs.choice import LoggedChoice, PlainCase

LAYOUT = "log"
_MAX_FEATURES = 500


@dataclass(frozen=True, slots=True)
class PlainChoice:
    """A choice without features yet, what its candidates share, and the facts of each candidate."""

    choice: LoggedChoice
    shared: Mapping[str, Any] = field(default_factory=dict)
    pairs: Sequence[Mapping[str, Any]] = ()


def with_features(found: Sequence[PlainChoice]) -> tuple[list[LoggedChoice], dict[str, FeatureLayout]]:
    """The choices with features, and the layout. A name whose values are all numbers (or texts of numbers) is a number."""
    shared = _kinds(item.shared for item in found)
    pairs = _kinds(pair for item in found for pair in item.pairs)
    features = [
        *(Feature(name, kind, FeatureScope.SHARED) for name, kind in shared.items()),
        *(Feature(name, kind, FeatureScope.PAIR) for name, kind in pairs.items() if name not in shared),
    ]
    layout = FeatureLayout(ModelDefinition(LAYOUT, "", tuple(features[:_MAX_FEATURES]), hash=LAYOUT))
    choices = []
    for item in found:
        case = PlainCase(_scalars(item.shared, shared), [_scalars(pair, pairs) for pair in item.pairs])
        choices.append(replace(item.choice, features=layout.read(case), rows=len(item.pairs)))
    return choices, {LAYOUT: layout}


def _kinds(facts: Iterable[Mapping[str, Any]]) -> dict[str, FeatureKind]:
    numeric: dict[str, bool] = {}
    for mapping in facts:
        for name, value in mapping.items():
            if value is not None and value != "":
                numeric[name] = numeric.get(name, True) and _is_number(value)
    return {name: FeatureKind.NUMBER if number else FeatureKind.CATEGORY for name, number in sorted(numeric.items())}


def _is_number(value: Any) -> bool:
    if isinstance(value, bool | int | float):
        return True
    if not isinstance(value, str):
        return False
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False


def _scalars(facts: Mapping[str, Any], kinds: Mapping[str, FeatureKind]) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {}
    for name, value in facts.items():
        if value is None or value == "" or name not in kinds:
            continue
        if kinds[name] is FeatureKind.NUMBER:
            found[name] = float(value)
        else:
            found[name] = tuple(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return found
