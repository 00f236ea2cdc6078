"""The one feature encoder, second half: a table of raw rows to the model's matrix.

Categories become the index in a vocabulary that was learned at the fit; what it does not know is missing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from nba_models.features import FeatureLayout, Floats, RawTable


@dataclass(frozen=True, slots=True)
class Encoder:
    """Columns of the matrix: `numbers` first, then `categories` with their vocabularies, most frequent word first."""

    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    vocabularies: tuple[tuple[str, ...], ...]
    _codes: tuple[dict[str, float], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        codes = tuple({word: float(code) for code, word in enumerate(words)} for words in self.vocabularies)
        object.__setattr__(self, "_codes", codes)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the matrix's columns."""
        return self.numbers + self.categories

    @property
    def categorical(self) -> list[int]:
        """Indices of the categorical columns."""
        return list(range(len(self.numbers), len(self.numbers) + len(self.categories)))

    def code(self, category: int, word: str) -> float:
        """The code of a word in one of the categories; NaN for a word that is not known."""
        return self._codes[category].get(word, np.nan)

    def matrix(self, table: RawTable) -> Floats:
        """Float64 (rows, columns), C order. Row by row: it does not depend on which other rows are there."""
        rows, width = len(table), len(self.numbers)
        found = np.empty((rows, width + len(self.categories)), dtype=np.float64)
        found[:, :width] = table.numbers
        for place, (codes, column) in enumerate(zip(self._codes, table.texts, strict=True)):
            found[:, width + place] = [codes.get(value, np.nan) for value in column]
        return found

    def to_json(self) -> bytes:
        """The encoder as the artifact keeps it."""
        data = {"numbers": self.numbers, "categories": self.categories, "vocabularies": self.vocabularies}
        return json.dumps(data, ensure_ascii=False, indent=1).encode()

    @classmethod
    def from_json(cls, payload: bytes) -> Encoder:
        """Reads `to_json`. Raises `ValueError`, `KeyError` or `TypeError` for anything else."""
        data = json.loads(payload)
        vocabularies = tuple(tuple(str(word) for word in words) for words in data["vocabularies"])
        return cls(tuple(data["numbers"]), tuple(data["categories"]), vocabularies)


def learn(layout: FeatureLayout, table: RawTable, *, min_rows: int, max_words: int) -> Encoder:
    """An encoder whose vocabularies hold the words that at least `min_rows` rows have, at most `max_words` a column."""
    vocabularies = tuple(_words(column, min_rows, max_words) for column in table.texts)
    return Encoder(layout.numbers, layout.categories, vocabularies)


def _words(column: Sequence[str], min_rows: int, max_words: int) -> tuple[str, ...]:
    counts = Counter(column)
    counts.pop("", None)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(word for word, rows in ranked[:max_words] if rows >= min_rows)
