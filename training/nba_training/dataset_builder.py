"""Builds the dataset of a run from a stream of rows, in bounded memory: above the limit customers are thinned.

Texts are kept once each, whoever has them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable

import numpy as np

from nba_models.features import FeatureLayout, RawColumns, RawTable, project
from nba_training.dataset import Dataset, Integers
from nba_training.join import Row
from nba_training.sample import CustomerSample
from nba_training.source import References, Silent, Watch

_CHUNK = 4_096


class DatasetBuilder:
    """Takes in rows one by one. Above `max_rows` the sample of customers is halved, and the rows with it."""

    def __init__(self, layout: FeatureLayout, references: References, sample: CustomerSample, max_rows: int) -> None:
        self._layout = layout
        self._references = references
        self._sample = sample
        self._max_rows = max_rows
        self._words: dict[str, str] = {}
        self._pending: dict[str, list[tuple[int, RawColumns]]] = {}
        self._reset()

    def _reset(self) -> None:
        self._refs: list[str] = []
        self._integers = (array("q"), array("q"), array("b"))
        self._floats = (array("d"), array("d"), array("d"), array("d"))
        self._texts: tuple[list[str], list[str], list[str]] = ([], [], [])
        self._chunks: list[tuple[Integers, RawTable]] = []

    def collect(self, rows: Iterable[Row], watch: Watch | None = None) -> None:
        """Takes in all rows."""
        watch = watch or Silent()
        for count, row in enumerate(rows, start=1):
            self._add(row)
            if count % _CHUNK == 0:
                self._flush()
                watch.advance(count)
                while len(self._refs) > self._max_rows:
                    self._sample.halve()
                    self._thin()
        self._flush()

    def _add(self, row: Row) -> None:
        word = self._words.setdefault
        place = len(self._refs)
        self._refs.append(word(row.customer, row.customer))
        for integers, whole in zip(self._integers, (row.at_ms, row.known_ms, row.positive), strict=True):
            integers.append(whole)
        for floats, value in zip(self._floats, (row.prior, row.evidence, row.pick_probability, row.value), strict=True):
            floats.append(value)
        for texts, text in zip(self._texts, (row.action, row.group, row.channel), strict=True):
            texts.append(word(text, text))
        self._pending.setdefault(row.columns.definition_hash, []).append((place, row.columns))

    def _flush(self) -> None:
        """Pending raw columns to tables in the layout of the run, whichever definition logged them."""
        for hash_, waiting in self._pending.items():
            source = self._references.layout(hash_)
            assert source is not None, "the join gives only rows whose layout is known"
            table = source.table([columns for _, columns in waiting], [1] * len(waiting))
            projected = project(table, source, self._layout)
            texts = tuple([self._words.setdefault(value, value) for value in column] for column in projected.texts)
            places = np.array([place for place, _ in waiting], dtype=np.int64)
            self._chunks.append((places, RawTable(projected.numbers, texts)))
        self._pending = {}

    def _thin(self) -> None:
        whole = self.dataset()
        refs = self._refs
        kept = np.array([place for place, ref in enumerate(refs) if self._sample.has(ref)], dtype=np.int64)
        thinned = whole.take(kept)
        self._reset()
        self._refs = [refs[place] for place in kept.tolist()]
        for integers, column in zip(self._integers, (thinned.at_ms, thinned.known_ms, thinned.positive), strict=True):
            integers.extend(column.tolist())
        for floats, values in zip(
            self._floats, (thinned.prior, thinned.evidence, thinned.pick_probability, thinned.value), strict=True
        ):
            floats.extend(values.tolist())
        self._texts = (list(thinned.actions), list(thinned.groups), list(thinned.channels))
        self._chunks = [(np.arange(len(kept)), thinned.table)]

    def dataset(self) -> Dataset:
        """What was taken in, in the order of arrival."""
        self._flush()
        rows = len(self._refs)
        numbers = np.empty((rows, len(self._layout.numbers)))
        texts: tuple[list[str], ...] = tuple([""] * rows for _ in self._layout.categories)
        for places, table in self._chunks:
            numbers[places] = table.numbers
            for column, values in zip(texts, table.texts, strict=True):
                for place, value in zip(places.tolist(), values, strict=True):
                    column[place] = value
        at_ms, known_ms, positive = (np.array(column, dtype=np.int64) for column in self._integers)
        prior, evidence, pick_probability, paid = (np.array(column, dtype=np.float64) for column in self._floats)
        customer = np.array([int(ref[:16] or "0", 16) >> 1 for ref in self._refs], dtype=np.int64)
        return Dataset(
            self._layout,
            RawTable(numbers, texts),
            at_ms,
            known_ms,
            customer,
            positive.astype(np.bool_),
            prior,
            evidence,
            pick_probability,
            tuple(self._texts[0]),
            tuple(self._texts[1]),
            tuple(self._texts[2]),
            paid,
        )
