"""From one version of the archive to the dataset of a run: two passes, outcomes first, in bounded memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nba_models.definition import ModelDefinition
from nba_models.features import FeatureLayout
from nba_training.dataset import Dataset, in_time_order
from nba_training.dataset_builder import DatasetBuilder
from nba_training.join import Join
from nba_training.outcomes import FIRST_PASS, OutcomeBook
from nba_training.sample import CustomerSample
from nba_training.source import EntrySource, References, Silent, Watch

_DAY_MS = 86_400_000
_OUTCOMES_A_ROW = 4


@dataclass(frozen=True, slots=True)
class Extract:
    """The dataset, and what was read for it. `skipped`: contacts that are no row, by reason."""

    dataset: Dataset
    table_version: int
    as_of_ms: int
    contacts: int
    outcomes: int
    skipped: Mapping[str, int]
    sample: float


def extract(
    source: EntrySource,
    references: References,
    definition: ModelDefinition,
    as_of_ms: int,
    *,
    also: ModelDefinition | None = None,
    watch: Watch | None = None,
) -> Extract:
    """Reads the definition's history up to `as_of_ms`. `also`: features of another model are kept too, to compare with it."""
    watch = watch or Silent()
    since_ms = max(0, as_of_ms - definition.fit.history_days * _DAY_MS)
    sample = CustomerSample()
    outcomes = OutcomeBook(sample, _OUTCOMES_A_ROW * definition.fit.max_rows)
    watch.step("Reading outcomes")
    outcomes.collect(source.entries(FIRST_PASS, since_ms), watch)
    watch.step("Joining decisions and contacts")
    join = Join(outcomes, references, sample, definition.label, as_of_ms)
    layout = FeatureLayout(wide(definition, also) if also is not None else definition)
    builder = DatasetBuilder(layout, references, sample, definition.fit.max_rows)
    builder.collect(join.rows(source.entries({"decision", "contact"}, since_ms)), watch)
    return Extract(
        dataset=in_time_order(builder.dataset()),
        table_version=source.version,
        as_of_ms=as_of_ms,
        contacts=join.contacts,
        outcomes=outcomes.read,
        skipped=dict(sorted(join.skipped.items())),
        sample=sample.share,
    )


def wide(first: ModelDefinition, second: ModelDefinition) -> ModelDefinition:
    """A layout with the features of both; for comparing only, it is never stored."""
    if first.hash == second.hash:
        return first
    known = {(feature.name, feature.kind) for feature in first.features}
    more = tuple(feature for feature in second.features if (feature.name, feature.kind) not in known)
    return replace(first, features=first.features + more, hash=f"{first.hash}+{second.hash}")
