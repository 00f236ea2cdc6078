"""A model's definition: features, label, parameters and gates, as reviewed YAML.

Owns the record, its canonical hash and where definitions are found; reading the YAML is definition_file.py's work.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class FeatureKind(StrEnum):
    """How a fact enters the model: as a number, or as one of a vocabulary that is learned at the fit."""

    NUMBER = "number"
    CATEGORY = "category"


class FeatureScope(StrEnum):
    """What the fact depends on: shared by all candidates of a decision, or one value a candidate (action or pair)."""

    SHARED = "shared"
    PAIR = "pair"


class ModelKind(StrEnum):
    """What is fitted: LightGBM's trees, or a logistic regression an action for few rows and for tastes that turn."""

    TREES = "trees"
    REGRESSION = "regression"


class CalibrationKind(StrEnum):
    """How scores become probabilities. `auto`: whichever has the lower log loss on later data."""

    AUTO = "auto"
    SIGMOID = "sigmoid"
    ISOTONIC = "isotonic"


class ModelScope(StrEnum):
    """Whom one model speaks for."""

    ALL = "all"
    ACTION = "action"
    GROUP = "group"

    @property
    def feature(self) -> str:
        """The category that names the model of a row; empty for one that all share."""
        return "" if self is ModelScope.ALL else "action.id" if self is ModelScope.ACTION else "action.group"


class Fallback(StrEnum):
    """Who speaks for an action or group that has too few answers for a model of its own."""

    SHARED = "shared"
    PRIOR = "prior"


@dataclass(frozen=True, slots=True)
class Feature:
    """One column: a fact of the vocabulary (`nba_server.domain.facts`), by name. `monotone`: the propensity may only rise (1) or
    only fall (-1) with the number; 0: as it comes.
    """

    name: str
    kind: FeatureKind
    scope: FeatureScope
    monotone: int = 0


@dataclass(frozen=True, slots=True)
class Label:
    """What is learned. `positive`: outcome types that count as positive on every channel; empty: the channel decides.

    A positive outcome up to `grace_days` after its response window still corrects the label.
    """

    positive: tuple[str, ...] = ()
    grace_days: int = 90


@dataclass(frozen=True, slots=True)
class Split:
    """Shares of the newest rows, by time: the last `test` to compare on, before it `calibrate`. The oldest are fitted.

    Nothing is learned from a share of the `customers`, by hash; they are only compared on.
    """

    calibrate: float = 0.2
    test: float = 0.2
    customers: float = 0.0


@dataclass(frozen=True, slots=True)
class Fit:
    """Bounds of one fit. `history_days`: older rows are left out; above `max_rows` customers are thinned by hash.
    `inverse_weights` above 1: rows may weigh the inverse of their pick probability, up to that, if it loses less on later rows.

    `rounds` trees at most, ending after `patience` without gain; a category needs `min_category_rows` to be known.
    """

    history_days: int = 730
    max_rows: int = 2_000_000
    rounds: int = 400
    patience: int = 40
    min_category_rows: int = 20
    max_categories: int = 250
    seed: int = 20240229
    inverse_weights: float = 0.0


@dataclass(frozen=True, slots=True)
class Smoothing:
    """Cold start: p = (SE p0 + E p_model) / (SE + E). SE is `prior_weight` times the prior's evidence; E are the action's
    own trials and some of its group's: at most `borrow` times SE, so that a new action starts between its prior and what
    the model knows of actions like it. With `borrow` 0 it starts at the prior.
    """

    prior_weight: float = 1.0
    borrow: float = 1.0


@dataclass(frozen=True, slots=True)
class Gates:
    """What a challenger must show on the later window. `confidence`: one-sided, of the log-loss gain over the live model.

    `auc_high` is a leak alarm. `calibration_error` is the largest mean gap between claimed and observed rates, unless the
    live model's is larger.
    `draws` bootstrap samples over customers. `error_budget` is the chance of a false promotion in a year of repeats
    (0: each run is judged at `confidence` by itself). From `min_decisions` evaluable decisions on the policy's value is
    judged (0: never), with its guard-rails: `harm_increase` of opt-outs and complaints a decision, `action_share` of one action,
    `latency_ms` to score a hundred candidates. `leak_auc`: the most that one feature may rank by itself. `seen_gap`: the most by
    which customers that it learned from may be ranked better than others.
    """

    min_rows: int = 500
    min_positives: int = 50
    min_test_positives: int = 15
    auc_low: float = 0.52
    auc_high: float = 0.90
    calibration_error: float = 0.05
    confidence: float = 0.95
    draws: int = 1000
    error_budget: float = 0.05
    min_decisions: int = 2000
    harm_increase: float = 0.005
    action_share: float = 0.8
    latency_ms: float = 20.0
    leak_auc: float = 0.78
    seen_gap: float = 0.1


@dataclass(frozen=True, slots=True)
class RolloutRules:
    """How a challenger that passed its gates takes over from a live model: in shadow, then 5 %, 25 %, all customers.

    Each stage lasts `hours` at least and until both sides have `decisions`. With `hours` and `decisions` 0 it takes over at once.
    """

    hours: float = 24.0
    decisions: int = 500

    @property
    def at_once(self) -> bool:
        """Whether there are no stages."""
        return self.hours == 0 and self.decisions == 0


@dataclass(frozen=True, slots=True)
class Models:
    """One model for all, or one `per` action or group with at least `min_positives` positive and as many other answers.

    The others have the `fallback`: the model that all share, or their priors.
    """

    per: ModelScope = ModelScope.ALL
    min_positives: int = 100
    fallback: Fallback = Fallback.SHARED


@dataclass(frozen=True, slots=True)
class Value:
    """Whether V is learned: from `min_conversions` with money on, a model predicts what a positive answer is worth (0: never).

    The catalogue's value weighs like `prior_positives` of an action's own positive answers.
    """

    min_conversions: int = 0
    prior_positives: float = 20.0


@dataclass(frozen=True, slots=True)
class Tuning:
    """Budget for trying LightGBM parameters before the fit: at most `trials` and `seconds`. 0 is no bound, both 0 no tuning."""

    trials: int = 0
    seconds: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.trials or self.seconds)


@dataclass(frozen=True, slots=True)
class ModelDefinition:
    """One model. `text` is the YAML it was read from; it is not part of the hash."""

    model: str
    title: str
    features: tuple[Feature, ...]
    label: Label = field(default_factory=Label)
    split: Split = field(default_factory=Split)
    fit: Fit = field(default_factory=Fit)
    parameters: Mapping[str, float | int | str | bool] = field(default_factory=dict)
    kind: ModelKind = ModelKind.TREES
    calibration: CalibrationKind = CalibrationKind.AUTO
    smoothing: Smoothing = field(default_factory=Smoothing)
    gates: Gates = field(default_factory=Gates)
    rollout: RolloutRules = field(default_factory=RolloutRules)
    tune: Tuning = field(default_factory=Tuning)
    models: Models = field(default_factory=Models)
    value: Value = field(default_factory=Value)
    text: str = field(default="", compare=False)
    hash: str = field(default="", compare=False)

    def columns(self, kind: FeatureKind, scope: FeatureScope) -> tuple[str, ...]:
        """Names of the features of a kind and scope, in the definition's order: the layout of raw columns."""
        return tuple(item.name for item in self.features if item.kind is kind and item.scope is scope)

    @property
    def reads(self) -> frozenset[str]:
        """The facts that scoring needs; `action.id` and `action.group` always, for the evidence of the action."""
        return frozenset(item.name for item in self.features) | {"action.id", "action.group"}


_LATER_GATES = ("error_budget", "min_decisions", "harm_increase", "action_share", "latency_ms", "leak_auc", "seen_gap")


def canonical(definition: ModelDefinition) -> bytes:
    """The definition as canonical JSON (which is YAML too): equal definitions give equal bytes.

    What the first release did not have is written only where it is said, so that its models keep their definition's hash.
    """
    data = dataclasses.asdict(definition)
    del data["text"], data["hash"]
    plain = dataclasses.asdict(Gates())
    for name in _LATER_GATES:
        if data["gates"][name] == plain[name]:
            del data["gates"][name]
    if definition.kind is ModelKind.TREES:
        del data["kind"]
    if definition.rollout == RolloutRules():
        del data["rollout"]
    if not definition.tune:
        del data["tune"]
    if definition.models == Models():
        del data["models"]
    if definition.value == Value():
        del data["value"]
    if definition.split.customers == 0:
        del data["split"]["customers"]
    if definition.fit.inverse_weights == 0:
        del data["fit"]["inverse_weights"]
    for feature in data["features"]:
        if feature["monotone"] == 0:
            del feature["monotone"]
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(definition: ModelDefinition) -> str:
    """SHA-256 of the canonical form, in hex."""
    return hashlib.sha256(canonical(definition)).hexdigest()
