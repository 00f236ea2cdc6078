"""Scorers: the trained model, calibrated and smoothed by evidence, and the prior for when there is none.

Equal inputs give equal bits, whatever else is in the batch. LightGBM is imported only when a model is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from nba_models import artifact, calibration, definition_file
from nba_models.artifact import ArtifactInvalid, Manifest
from nba_models.calibration import Calibration
from nba_models.definition import ModelDefinition
from nba_models.encoder import Encoder
from nba_models.features import Case, FeatureLayout, Floats, RawColumns, RawTable, Scalar, text
from nba_models.mask_scorer import MaskScorer
from nba_models.own_models import OwnModels
from nba_models.regression import Regression, written
from nba_models.value_model import FEATURE, ValueModel

EPSILON = 1e-9
"""Propensities stay this far inside (0, 1)."""


@dataclass(frozen=True, slots=True)
class Background:
    """What is known of the rows' actions without the model: names, groups, p0 and SE, one each a row."""

    actions: Sequence[str]
    groups: Sequence[str]
    prior: Floats
    evidence: Floats


@dataclass(frozen=True, slots=True)
class Scores:
    """Propensities of one case in the order of its pairs, and the raw columns to log.

    `evidence` is how many trials each propensity weighs like, the prior's among them; `trials` are the action's own.
    `value` is what a positive answer is worth, where the model has learned that; NaN: as the catalogue says.
    """

    propensity: Floats
    features: RawColumns
    evidence: Floats
    trials: Floats
    value: Floats | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the smoothing of each row leans on: the action's own trials, those it borrows of its group, the prior's weight."""

    own: Floats
    borrowed: Floats
    prior: Floats


class CaseScorer(Protocol):
    """What both scorers offer; the server's adapter turns it into the domain's `Scorer`."""

    @property
    def version(self) -> str:
        """The version that the journal names."""

    @property
    def reads(self) -> frozenset[str]:
        """The facts it needs."""

    def score(self, cases: Sequence[Case]) -> list[Scores]:
        """One result a case."""


class PriorScorer:
    """p = p0 of the action. It logs the definition's features, so that the first model has something to learn from."""

    def __init__(self, definition: ModelDefinition) -> None:
        self._layout = self.logged = FeatureLayout(definition)
        self._weight = definition.smoothing.prior_weight
        self.version = f"prior-{definition.hash[:8]}"
        self.reads = definition.reads

    def score(self, cases: Sequence[Case]) -> list[Scores]:
        """One result a case."""
        return [
            Scores(
                inside(np.asarray(case.prior, dtype=np.float64)),
                self._layout.read(case),
                np.asarray(case.evidence, dtype=np.float64) * self._weight,
                np.zeros(len(case.pairs)),
            )
            for case in cases
        ]


class ModelScorer:
    """A trained model. `logs`: the definition whose features are logged, when that is no longer the model's own."""

    def __init__(self, model: LoadedModel, logs: ModelDefinition | None = None) -> None:
        self._model = model
        other = logs is not None and logs.hash != model.definition.hash
        self._logged = FeatureLayout(logs) if logs is not None and other else None
        self.version = model.version + (f"+{logs.hash[:8]}" if logs is not None and other else "")
        self.reads = model.definition.reads | (logs.reads if logs is not None else frozenset())
        self._offers: Sequence[Mapping[str, Scalar]] | None = None
        self._of_offers: tuple[Floats, Floats] = (np.empty(0), np.empty(0))

    @property
    def model(self) -> LoadedModel:
        """The model."""
        return self._model

    @property
    def logged(self) -> FeatureLayout:
        """The layout of the columns that are logged."""
        return self._logged or self._model.layout

    def score(self, cases: Sequence[Case]) -> list[Scores]:
        """One result a case; all candidates of all cases are predicted in one call."""
        if not cases:
            return []
        model = self._model
        columns = model.layout.read_all(cases)
        prior, evidence = (np.concatenate(part) for part in zip(*((c.prior, c.evidence) for c in cases), strict=True))
        standing = model.standing_of(*self._trials(cases), evidence)
        counts = [len(case.pairs) for case in cases]
        predicted = model.predicted(cases, columns, counts)
        found = model.smoothed(predicted, standing, prior)
        evidence = model.certainty(columns, counts, found, standing)
        value = self._values(cases, columns, counts) if model.has_values else None
        if self._logged is not None:
            columns = self._logged.read_all(cases)
        ends = np.cumsum(counts).tolist()
        parts = [slice(end - count, end) for count, end in zip(counts, ends, strict=True)]
        return [
            Scores(found[part], item, evidence[part], standing.own[part], None if value is None else value[part])
            for item, part in zip(columns, parts, strict=True)
        ]

    def _values(self, cases: Sequence[Case], columns: Sequence[RawColumns], counts: Sequence[int]) -> Floats:
        """What a positive answer of each candidate is worth."""
        actions = [text(pair.get("action.id")) for case in cases for pair in case.pairs]
        return self._model.values_of(self._model.layout.table(columns, counts), actions)

    def _trials(self, cases: Sequence[Case]) -> tuple[Floats, Floats]:
        """The trials of each candidate's action and group."""
        own, kin = [], []
        for case in cases:
            pairs = self._model.layout.columnar(case)
            if pairs is None:
                found = self._model.trials_of(case.pairs)
            else:
                if self._offers is not pairs.offers:
                    self._offers, self._of_offers = pairs.offers, self._model.trials_of(pairs.offers)
                found = (self._of_offers[0][pairs.rows], self._of_offers[1][pairs.rows])
            own.append(found[0])
            kin.append(found[1])
        return np.concatenate(own), np.concatenate(kin)


class LoadedModel:
    """A verified artifact in memory: trees or a regression, encoder, calibration and the evidence of each action."""

    def __init__(self, version: str, manifest: Manifest, files: Mapping[str, bytes]) -> None:
        """Raises `ArtifactInvalid` when the parts do not fit together. `files` must have been verified."""
        self.version = version
        self.manifest = manifest
        try:
            self.definition = definition_file.parse(files[artifact.DEFINITION].decode())
            self._encoder = Encoder.from_json(files[artifact.ENCODER])
            self._calibration: Calibration = calibration.from_json(files[artifact.CALIBRATION])
            text_ = files[artifact.MODEL].decode()
            self._regression = Regression.read(text_) if written(text_) else None
            self._booster = self._regression or _booster(text_)
            own = files[artifact.OWN] if artifact.OWN in manifest.files else None
            self._own = OwnModels.from_json(own, _booster) if own is not None else None
            value = files[artifact.VALUE] if artifact.VALUE in manifest.files else None
            self._value = ValueModel.from_json(value, _booster) if value is not None else None
        except (ValueError, KeyError, TypeError, AttributeError) as fault:
            raise ArtifactInvalid(f"{version} cannot be loaded: {fault}") from fault
        self.layout = FeatureLayout(self.definition)
        self._masks = None if self._regression else MaskScorer.of(text_, self.layout, self._encoder)
        if self._own is not None:
            self._masks = None  # they have the shared trees only
        self._trials = {action: float(trials) for action, (trials, _) in manifest.evidence.items()}
        self._groups = {group: float(trials) for group, trials in manifest.groups.items()}
        self._check()

    def _check(self) -> None:
        if self.definition.hash != self.manifest.definition_hash:
            raise ArtifactInvalid(f"{self.version} was not trained from the definition it carries")
        if (self._encoder.numbers, self._encoder.categories) != (self.layout.numbers, self.layout.categories):
            raise ArtifactInvalid(f"the encoder of {self.version} does not have the definition's features")
        if self._booster.num_feature() != len(self._encoder.names):
            raise ArtifactInvalid(f"the trees of {self.version} do not have the encoder's columns")
        if self._value is not None and (
            FEATURE not in self.layout.numbers or self._value.booster.num_feature() != len(self._encoder.names)
        ):
            raise ArtifactInvalid(f"the value model of {self.version} does not have the encoder's columns")
        if self._own is not None and not self._own.fits(self.definition, len(self._encoder.names)):
            raise ArtifactInvalid(
                f"the models by action or group of {self.version} are not what its definition asks for"
            )

    def gains(self) -> dict[str, float]:
        """Total gain of the splits on each feature, for reports."""
        gains = self._booster.feature_importance(importance_type="gain")
        gains = gains if self._own is None else gains + self._own.gains()
        return {name: float(gain) for name, gain in zip(self._encoder.names, gains, strict=True)}

    def model_propensity(self, table: RawTable) -> Floats:
        """The calibrated prediction of each row, before smoothing."""
        matrix = self._encoder.matrix(table)
        raw = self._booster.predict(matrix, raw_score=True, num_threads=1)
        found = self._calibration(np.asarray(raw, dtype=np.float64))
        return found if self._own is None else self._own.predictions(found, self._own_names(self._own, table), matrix)

    def contributions(self, table: RawTable) -> Floats:
        """TreeSHAP (Lundberg et al. 2020) of each row: log odds by the encoder's columns, the trees' mean last.

        They sum to the raw score.
        """
        matrix = self._encoder.matrix(table)
        found = np.asarray(self._booster.predict(matrix, pred_contrib=True, num_threads=1), dtype=np.float64)
        return found if self._own is None else self._own.contributions(found, self._own_names(self._own, table), matrix)

    def _own_names(self, own: OwnModels, table: RawTable) -> Sequence[str]:
        """What names the model of each row."""
        return table.texts[self.layout.categories.index(own.per.feature)]

    @property
    def masks(self) -> MaskScorer | None:
        """The trees as masks; None where others speak besides the shared trees."""
        return self._masks

    @property
    def encoder(self) -> Encoder:
        """Categories to codes."""
        return self._encoder

    @property
    def calibration(self) -> Calibration:
        """Raw scores to probabilities."""
        return self._calibration

    @property
    def has_values(self) -> bool:
        """Whether it has learned what a positive answer is worth."""
        return self._value is not None

    def values_of(self, table: RawTable, actions: Sequence[str]) -> Floats:
        """What a positive answer is worth in each row; NaN where the catalogue's value was not known. It must have values."""
        assert self._value is not None
        listed = table.numbers[:, self.layout.numbers.index(FEATURE)]
        return self._value.values(self._encoder.matrix(table), actions, listed) if len(table) else np.empty(0)

    @property
    def own_names(self) -> tuple[str, ...]:
        """Actions or groups with a model of their own."""
        return () if self._own is None else tuple(sorted(self._own.models))

    def predicted(self, cases: Sequence[Case], columns: Sequence[RawColumns], counts: Sequence[int]) -> Floats:
        """`model_propensity` of the rows of all cases: by leaf masks where the facts come as columns, the same bits."""
        pairs = [self.layout.columnar(case) for case in cases]
        known = [pair for pair in pairs if pair is not None]
        if self._masks is None or len(known) < len(cases) or any(p.offers is not known[0].offers for p in known):
            return self.model_propensity(self.layout.table(columns, counts)) if sum(counts) else np.empty(0)
        return self._calibration(self._masks.raw(known, columns))

    def certainty(
        self, columns: Sequence[RawColumns], counts: Sequence[int], propensity: Floats, standing: Standing
    ) -> Floats:
        """How many trials each propensity weighs like: those of its action; a regression knows it of this very customer.

        A trial's share of certainty is p (1 - p) of the variance of the log odds.
        """
        if self._regression is None or not sum(counts):
            return standing.own + standing.borrowed + standing.prior
        variance = self._regression.variance(self._encoder.matrix(self.layout.table(columns, counts)))
        sure: Floats = 1.0 / (propensity * (1.0 - propensity) * np.maximum(variance, EPSILON))
        return sure

    def propensity(self, table: RawTable, background: Background) -> Floats:
        """The propensity of each row, in (0, 1): the prediction, smoothed towards the action's prior."""
        if len(table) == 0:
            return np.empty(0)
        standing = self.standing(background)
        return self.smoothed(self.model_propensity(table), standing, background.prior)

    def smoothed(self, predicted: Floats, standing: Standing, prior: Floats) -> Floats:
        """The predictions, smoothed towards the priors. A regression has taken in those of the actions that it knows; for others
        it moves the prior's odds by what all actions share, so that a tired customer is tired of a new action too.
        """
        trials = standing.own + standing.borrowed
        if self._regression is None:
            return smooth(predicted, trials, prior, standing.prior)
        odds = prior / (1.0 - prior) * predicted / (1.0 - predicted) / self._regression.usual_odds
        return inside(np.where(standing.own > 0, predicted, odds / (1.0 + odds)))

    def standing(self, background: Background) -> Standing:
        """What the rows' smoothing leans on."""
        own = np.array([self._trials.get(action, 0.0) for action in background.actions])
        kin = np.array([self._groups.get(group, 0.0) for group in background.groups])
        return self.standing_of(own, kin, background.evidence)

    def trials_of(self, facts: Sequence[Mapping[str, Scalar]]) -> tuple[Floats, Floats]:
        """The trials of the actions and of the groups that mappings of facts name."""
        own = [self._trials.get(text(of.get("action.id")), 0.0) for of in facts]
        return np.array(own), np.array([self._groups.get(text(of.get("action.group")), 0.0) for of in facts])

    def standing_of(self, own: Floats, kin: Floats, evidence: Floats) -> Standing:
        """The same for rows with these trials of their action and of its group."""
        smoothing = self.definition.smoothing
        weight = evidence * smoothing.prior_weight
        return Standing(own, np.minimum(np.maximum(kin - own, 0.0), smoothing.borrow * weight), weight)


def smooth(predicted: Floats, trials: Floats, prior: Floats, evidence: Floats) -> Floats:
    """p = (SE p0 + E p_model) / (SE + E): an action without trials gets p0, one with many gets the model's word.

    The Beta form of the cold start (weights that sum to 1). Without trials and without prior evidence it is p0.
    """
    total = evidence + trials
    share = np.divide(trials, total, out=np.zeros_like(total), where=total > 0)
    return inside((1.0 - share) * prior + share * predicted)


def inside(values: Floats) -> Floats:
    """The values, strictly inside (0, 1)."""
    return np.clip(values, EPSILON, 1.0 - EPSILON)


def load(version: str, files: Mapping[str, bytes]) -> LoadedModel:
    """Verifies an artifact and loads it. Raises `ArtifactInvalid`.

    A file with right checksums may still kill the process inside LightGBM: load it in the canary first.
    """
    return LoadedModel(version, artifact.verify(version, files), files)


def _booster(model: str) -> Any:
    import lightgbm

    try:
        return lightgbm.Booster(model_str=model)
    except lightgbm.basic.LightGBMError as fault:
        raise ArtifactInvalid(f"LightGBM refuses the trees: {fault}") from fault
