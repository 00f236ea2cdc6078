"""The fit: encoder, LightGBM with early stopping on later rows, calibration on those, evidence per action.

Equal rows and definition give equal trees. What comes out is a loaded model, scored like the one that serves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

import numpy as np

from nba_models import artifact
from nba_models.artifact import Manifest
from nba_models.calibration import Calibration, Labels, fit_isotonic, fit_sigmoid
from nba_models.definition import CalibrationKind, ModelDefinition, ModelKind, canonical
from nba_models.encoder import Encoder, learn
from nba_models.features import FeatureLayout, Floats
from nba_models.own_models import OwnModels
from nba_models.scorer import LoadedModel
from nba_training.boosting import Encoded, Parameters, encoded, grow, loss_of
from nba_training.dask_fit import grow_on
from nba_training.dataset import Dataset
from nba_training.evaluate import log_loss
from nba_training.own_fit import leaned_on, own_models
from nba_training.regression_fit import regression_model
from nba_training.source import Silent, Watch
from nba_training.split import Parts
from nba_training.value_fit import value_model

_ISOTONIC_POSITIVES = 200
"""With fewer positives than this to calibrate on, steps would be noise: the two numbers of the sigmoid are enough."""


def fit(
    definition: ModelDefinition,
    parts: Parts,
    watch: Watch | None = None,
    parameters: Parameters | None = None,
    cluster: str = "",
) -> tuple[LoadedModel, dict[str, bytes]]:
    """A model and its files (without manifest and canary rows). Each part needs rows of both labels.

    `parameters` were found by tuning and stand in for the definition's; the manifest keeps them. `cluster`: where the trees that
    all share are grown (see `dask_fit`); empty: here.
    """
    if definition.kind is ModelKind.REGRESSION:
        return regression_model(definition, parts, evidence(parts.fit, parts.calibrate))
    layout = FeatureLayout(definition)
    encoder = learn(
        layout,
        parts.fit.columns(layout),
        min_rows=definition.fit.min_category_rows,
        max_words=definition.fit.max_categories,
    )
    train, later = encoded(encoder, layout, parts.fit), encoded(encoder, layout, parts.calibrate)
    booster = _shared(definition, encoder, parts, (train, later), watch or Silent(), parameters, cluster)
    scores = np.asarray(booster.predict(later.matrix, raw_score=True, num_threads=1), dtype=np.float64)
    own = own_models(
        definition,
        encoder,
        parts,
        (train, later),
        lambda found, labels: choose_calibration(found, labels, definition.calibration),
        parameters=parameters,
        watch=watch,
    )
    value = value_model(definition, encoder, parts, (train, later), parameters)
    files = {
        artifact.MODEL: booster.model_to_string().encode(),
        artifact.CALIBRATION: choose_calibration(scores, parts.calibrate.positive, definition.calibration).to_json(),
        artifact.ENCODER: encoder.to_json(),
        artifact.DEFINITION: (definition.text.encode() or canonical(definition)),
        **({artifact.OWN: own.to_json()} if own is not None else {}),
        **({artifact.VALUE: value.to_json()} if value is not None else {}),
    }
    return LoadedModel("challenger", _manifest(definition, parts, own, parameters, files), files), files


def _manifest(
    definition: ModelDefinition,
    parts: Parts,
    own: OwnModels | None,
    parameters: Parameters | None,
    files: Collection[str],
) -> Manifest:
    """What is known before the seal: checksums, times and figures come with it."""
    rows_of = dict(sorted(Counter(parts.fit.groups + parts.calibrate.groups).items()))
    trials, groups = leaned_on(definition, evidence(parts.fit, parts.calibrate), rows_of, parts.fit, own)
    return Manifest(
        model=definition.model,
        definition_hash=definition.hash,
        created_ms=0,
        trained_on=-1,
        first_ms=0,
        last_ms=0,
        files=dict.fromkeys(files, ""),
        evidence=trials,
        groups=groups,
        parameters=dict(parameters or {}),
    )


def _shared(
    definition: ModelDefinition,
    encoder: Encoder,
    parts: Parts,
    encodings: tuple[Encoded, Encoded],
    watch: Watch,
    parameters: Parameters | None,
    cluster: str,
) -> Any:
    """The trees for all: plain, or weighted where that is asked for and loses less on later rows."""

    def grown(weights: Floats | None = None) -> Any:
        if cluster:
            return grow_on(cluster, definition, encoder, *encodings, parameters=parameters, weights=weights)
        return grow(definition, encoder, *encodings, parameters=parameters, weights=weights, watch=watch)

    plain = grown()
    if not definition.fit.inverse_weights:
        return plain
    weighted = grown(inverse_weights(definition, parts.fit))
    return min((plain, weighted), key=lambda booster: loss_of(booster, encodings[1]))


def evidence(*datasets: Dataset) -> dict[str, tuple[int, int]]:
    """Action -> (trials, positives) over the rows that a model learned from."""
    trials: Counter[str] = Counter()
    positives: Counter[str] = Counter()
    for dataset in datasets:
        trials.update(dataset.actions)
        positives.update(
            action for action, positive in zip(dataset.actions, dataset.positive.tolist(), strict=True) if positive
        )
    return {action: (count, positives[action]) for action, count in sorted(trials.items())}


def choose_calibration(scores: Floats, labels: Labels, kind: CalibrationKind) -> Calibration:
    """The wanted calibration, or the one with the lower log loss on the later 40 % when fitted on the earlier 60 %."""
    if kind is CalibrationKind.SIGMOID:
        return fit_sigmoid(scores, labels)
    if kind is CalibrationKind.ISOTONIC:
        return fit_isotonic(scores, labels)
    cut = int(0.6 * len(scores))
    early, late = (scores[:cut], labels[:cut]), (scores[cut:], labels[cut:])
    if int(np.count_nonzero(labels)) < _ISOTONIC_POSITIVES or not (0 < np.count_nonzero(early[1]) < cut):
        return fit_sigmoid(scores, labels)
    sigmoid, isotonic = fit_sigmoid(*early), fit_isotonic(*early)
    if log_loss(isotonic(late[0]), late[1]) < log_loss(sigmoid(late[0]), late[1]):
        return fit_isotonic(scores, labels)
    return fit_sigmoid(scores, labels)


def importance(model: LoadedModel) -> dict[str, float]:
    """Each feature's share of the trees' total gain, largest first; features without gain are left out."""
    gains = model.gains()
    total = sum(gains.values())
    ranked = sorted(gains.items(), key=lambda item: (-item[1], item[0]))
    return {name: gain / total for name, gain in ranked if gain > 0}


def inverse_weights(definition: ModelDefinition, rows: Dataset) -> Floats:
    """Clipped inverse pick probabilities with mean 1, as if every action had been shown alike; the mean where none was logged."""
    weights: Floats = np.minimum(1.0 / rows.pick_probability, definition.fit.inverse_weights)
    known = ~np.isnan(weights)
    mean = float(weights[known].mean()) if known.any() else 1.0
    return np.where(known, weights, mean) / mean
