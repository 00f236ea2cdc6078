"""Reads model definitions from YAML and finds the ones that ship with the package.

All faults of a file are reported at once, each with its place in the document and the mend.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from nba_models.definition import (
    CalibrationKind,
    Feature,
    FeatureKind,
    FeatureScope,
    Fit,
    Gates,
    Label,
    ModelDefinition,
    ModelKind,
    Models,
    RolloutRules,
    Smoothing,
    Split,
    Tuning,
    Value,
    digest,
)

DEFAULT_MODEL = "affinity"
_Record = TypeVar("_Record")
_Word = TypeVar("_Word", bound=StrEnum)
_SECTIONS = {
    "label": Label,
    "split": Split,
    "fit": Fit,
    "smoothing": Smoothing,
    "gates": Gates,
    "rollout": RolloutRules,
    "tune": Tuning,
    "models": Models,
    "value": Value,
}
_KEYS = {"model", "title", "features", "parameters", "kind", "calibration", *_SECTIONS}
_OURS = {"objective", "num_threads", "seed", "deterministic", "metric", "num_iterations", "categorical_feature"}


class DefinitionInvalid(ValueError):
    """A definition with faults; `faults` has one line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


def default_path(model: str = DEFAULT_MODEL) -> Path:
    """The file of a definition that ships with the package. Raises `FileNotFoundError` with the names there are."""
    here = Path(__file__).resolve().parent
    folders = [folder for folder in (here / "definitions", here.parent / "definitions") if folder.is_dir()]
    for folder in folders:
        if (folder / f"{model}.yaml").is_file():
            return folder / f"{model}.yaml"
    known = sorted({path.stem for folder in folders for path in folder.glob("*.yaml")})
    raise FileNotFoundError(f"no model definition {model!r}; there are: {', '.join(known) or 'none'}")


def load(path: Path | None = None) -> ModelDefinition:
    """The definition in a file (None: the one that ships). Raises `DefinitionInvalid`, `OSError`."""
    return parse((path or default_path()).read_text(encoding="utf-8"))


def parse(text: str) -> ModelDefinition:
    """A definition from YAML or canonical JSON. Raises `DefinitionInvalid` with every fault."""
    try:
        data = YAML(typ="safe", pure=True).load(text)
    except YAMLError as fault:
        raise DefinitionInvalid([f"is no YAML: {fault}"]) from fault
    if not isinstance(data, dict):
        raise DefinitionInvalid(["must be a mapping with `model` and `features`"])
    faults = [f"`{key}` is no key; known are {', '.join(sorted(_KEYS))}" for key in sorted(set(map(str, data)) - _KEYS)]
    sections: dict[str, Any] = {name: _record(kind, data.get(name), name, faults) for name, kind in _SECTIONS.items()}
    definition = ModelDefinition(
        model=_identifier(data.get("model"), faults),
        title=str(data.get("title", "")),
        features=_features(data.get("features"), faults),
        parameters=_parameters(data.get("parameters"), faults),
        kind=_word(ModelKind, data.get("kind", "trees"), "kind", faults),
        calibration=_word(CalibrationKind, data.get("calibration", "auto"), "calibration", faults),
        text=text,
        **sections,
    )
    faults += _bounds(definition)
    if faults:
        raise DefinitionInvalid(faults)
    return dataclasses.replace(definition, hash=digest(definition))


def _identifier(value: object, faults: list[str]) -> str:
    name = str(value or "")
    if not name or not name.replace("_", "").isalnum() or name != name.lower():
        faults.append("`model` must be a name of lower-case letters, digits and `_`")
    return name


def _features(value: object, faults: list[str]) -> tuple[Feature, ...]:
    if not isinstance(value, list) or not value:
        faults.append("`features` must be a list of {name, kind, scope}")
        return ()
    found: list[Feature] = []
    for place, item in enumerate(value, start=1):
        where = f"features[{place}]"
        if not isinstance(item, dict) or set(item) - {"monotone"} != {"name", "kind", "scope"}:
            faults.append(f"{where} must have exactly name, kind and scope, and may have monotone")
            continue
        kind = _word(FeatureKind, item["kind"], f"{where}.kind", faults)
        scope = _word(FeatureScope, item["scope"], f"{where}.scope", faults)
        found.append(Feature(str(item["name"]), kind, scope, _monotone(item.get("monotone", 0), kind, where, faults)))
    names = [feature.name for feature in found]
    faults += [f"feature `{name}` is named twice" for name in sorted({n for n in names if names.count(n) > 1})]
    return tuple(found)


_MONOTONE = {"rising": 1, "falling": -1, 1: 1, -1: -1, 0: 0}


def _monotone(value: object, kind: FeatureKind, where: str, faults: list[str]) -> int:
    """As a word in YAML, as a number in the canonical form."""
    if isinstance(value, bool) or not isinstance(value, int | str) or value not in _MONOTONE:
        faults.append(f"`{where}.monotone` must be rising or falling, not {value!r}")
        return 0
    if value != 0 and kind is not FeatureKind.NUMBER:
        faults.append(f"`{where}.monotone` is for numbers; a category has no order")
    return _MONOTONE[value]


def _parameters(value: object, faults: list[str]) -> dict[str, float | int | str | bool]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        faults.append("`parameters` must be a mapping of LightGBM parameters")
        return {}
    faults += [f"parameters.{key} is set by the trainer; leave it out" for key in sorted(_OURS & set(map(str, value)))]
    faults += [
        f"parameters.{key} must be a number, a text or a truth value"
        for key, item in value.items()
        if not isinstance(item, int | float | str)
    ]
    return {str(key): item for key, item in value.items()}


def _record(kind: type[_Record], value: object, where: str, faults: list[str]) -> _Record:
    """A section as its record; unknown keys and wrong types become faults."""
    if value is None:
        return kind()
    if not isinstance(value, Mapping):
        faults.append(f"`{where}` must be a mapping")
        return kind()
    hints = get_type_hints(kind)
    given: dict[str, Any] = {}
    for key, item in value.items():
        if key not in hints:
            faults.append(f"`{where}.{key}` is no key; known are {', '.join(hints)}")
            continue
        try:
            given[key] = _converter(hints[key])(item)
        except (TypeError, ValueError):
            faults.append(f"`{where}.{key}` must be {_describe(hints[key])}, not {item!r}")
    return kind(**given)


def _converter(hint: Any) -> Callable[[Any], Any]:
    if isinstance(hint, types.GenericAlias):
        return lambda value: tuple(str(item) for item in _list(value))
    if issubclass(hint, StrEnum):
        return lambda value: hint(str(value))
    return _whole if hint is int else _number


def _describe(hint: Any) -> str:
    if isinstance(hint, types.GenericAlias):
        return f"a list of {get_args(hint)[0].__name__}"
    if issubclass(hint, StrEnum):
        return f"one of {', '.join(hint)}"
    return "a whole number" if hint is int else "a number"


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return float(value)


def _word(kind: type[_Word], value: object, where: str, faults: list[str]) -> _Word:
    try:
        return kind(str(value))
    except ValueError:
        faults.append(f"`{where}` must be one of {', '.join(kind)}, not {value!r}")
        return next(iter(kind))


def _bounds(definition: ModelDefinition) -> list[str]:
    """Faults of numbers that are each well formed but cannot work."""
    split, fit, gates = definition.split, definition.fit, definition.gates
    key, beside = definition.models.per.feature, (definition.models, definition.value, definition.tune)
    checks = [
        (split.calibrate > 0 and split.test > 0 and split.calibrate + split.test < 0.9,
         "split.calibrate and split.test must be above 0 and leave at least a tenth to fit on"),
        (fit.rounds >= 1 and fit.patience >= 1 and fit.max_rows >= 100 and fit.history_days >= 1,
         "fit.rounds, patience and history_days must be at least 1, max_rows at least 100"),
        (0.5 <= gates.auc_low < gates.auc_high <= 1.0, "gates.auc_low and auc_high must be ordered within 0.5 and 1"),
        (0.5 <= gates.confidence < 1.0, "gates.confidence must be in [0.5, 1)"),
        (0 <= gates.error_budget < 0.5, "gates.error_budget must be in [0, 0.5)"),
        (0 < gates.action_share <= 1 and gates.harm_increase >= 0 and gates.latency_ms > 0 and gates.min_decisions >= 0,
         "gates.action_share must be in (0, 1], harm_increase and min_decisions at least 0, latency_ms above 0"),
        (0 <= split.customers <= 0.5, "split.customers must be in [0, 0.5]"),
        (0 < gates.seen_gap <= 0.5, "gates.seen_gap must be in (0, 0.5]"),
        (0.5 < gates.leak_auc <= 1, "gates.leak_auc must be above 0.5, at most 1"),
        (definition.rollout.hours >= 0 and definition.rollout.decisions >= 0, "rollout.hours and decisions must not be negative"),
        (fit.inverse_weights == 0 or fit.inverse_weights > 1, "fit.inverse_weights must be 0 or above 1"),
        (definition.tune.trials >= 0 and definition.tune.seconds >= 0, "tune.trials and seconds must not be negative"),
        (definition.models.min_positives >= 10, "models.min_positives must be at least 10"),
        (definition.kind is ModelKind.TREES or beside == (Models(), Value(), Tuning()),
         "models, value and tune are for trees; leave them out with kind: regression"),
        (definition.kind is ModelKind.TREES or not (definition.parameters or fit.inverse_weights or _monotone_ones(definition)),
         "parameters, inverse_weights and monotone features are for trees; leave them out with kind: regression"),
        (definition.value.min_conversions >= 0 and definition.value.prior_positives >= 0,
         "value.min_conversions and prior_positives must not be negative"),
        (not definition.value.min_conversions or _has(definition, "action.value", FeatureKind.NUMBER),
         "value needs the feature {name: action.value, kind: number, scope: pair}: the catalogue's value is where it starts"),
        (not key or _has(definition, key, FeatureKind.CATEGORY),
         f"models.per needs the feature {key} of kind category"),
        (gates.draws >= 100, "gates.draws must be at least 100"),
        (min(definition.smoothing.prior_weight, definition.smoothing.borrow) >= 0,
         "smoothing.prior_weight and borrow must not be negative"),
        (definition.label.grace_days >= 0, "label.grace_days must not be negative"),
    ]  # fmt: skip
    return [text for holds, text in checks if not holds]


def _monotone_ones(definition: ModelDefinition) -> bool:
    return any(feature.monotone for feature in definition.features)


def _has(definition: ModelDefinition, name: str, kind: FeatureKind) -> bool:
    return any(feature.name == name and feature.kind is kind for feature in definition.features)
