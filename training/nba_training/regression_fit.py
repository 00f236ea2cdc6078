"""A regression as a model's files: what a definition of `kind: regression` gets in place of trees.

It learns from the later rows too, and needs no calibration: what it shrinks, it shrinks by what the rows say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from nba_models import artifact
from nba_models.artifact import Manifest
from nba_models.calibration import SigmoidCalibration
from nba_models.definition import ModelDefinition, canonical
from nba_models.encoder import learn
from nba_models.features import FeatureLayout, RawTable
from nba_models.scorer import LoadedModel
from nba_training.dataset import Dataset
from nba_training.regression import Rows, regress
from nba_training.split import Parts


def regression_model(
    definition: ModelDefinition, parts: Parts, trials: Mapping[str, tuple[int, int]]
) -> tuple[LoadedModel, dict[str, bytes]]:
    """As `fit()`. `trials`: (trials, positives) by action."""
    layout = FeatureLayout(definition)
    table = _table(layout, parts.fit, parts.calibrate)
    encoder = learn(layout, table, min_rows=definition.fit.min_category_rows, max_words=definition.fit.max_categories)
    columns = [
        [getattr(part, name) for part in (parts.fit, parts.calibrate)] for name in ("positive", "prior", "evidence")
    ]
    found = regress(encoder, Rows(encoder.matrix(table), *(np.concatenate(column) for column in columns)))
    files = {
        artifact.MODEL: found.model_to_string().encode(),
        artifact.CALIBRATION: SigmoidCalibration(1.0, 0.0).to_json(),
        artifact.ENCODER: encoder.to_json(),
        artifact.DEFINITION: (definition.text.encode() or canonical(definition)),
    }
    manifest = Manifest(
        model=definition.model,
        definition_hash=definition.hash,
        created_ms=0,
        trained_on=-1,
        first_ms=0,
        last_ms=0,
        files=dict.fromkeys(files, ""),  # the names; checksums come with the seal
        evidence=trials,
        groups=dict(sorted(Counter(parts.fit.groups + parts.calibrate.groups).items())),
    )
    return LoadedModel("challenger", manifest, files), files


def _table(layout: FeatureLayout, *datasets: Dataset) -> RawTable:
    tables = [dataset.columns(layout) for dataset in datasets]
    texts = tuple([text for table in tables for text in table.texts[place]] for place in range(len(layout.categories)))
    return RawTable(np.concatenate([table.numbers for table in tables]), texts)
