"""The one feature encoder, first half: facts to raw columns, raw columns to a table of rows.

Serving logs exactly what it scores (facts -> raw columns -> table); training starts from the logged raw columns.
Missing is a value: NaN for numbers, "" for texts. Nothing here raises for a fact of an unexpected type.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from nba_models.definition import FeatureKind, FeatureScope, ModelDefinition

Scalar = str | int | float | bool | tuple[str, ...]
Floats = npt.NDArray[np.float64]
OFFER = "action."
"""Prefix of the facts that belong to the action alone."""
_NAN, _INF = math.nan, math.inf
_REMEMBERED = 1024
"""Sets of candidates whose texts are remembered."""


class Columnar(Protocol):
    """Pair facts that can be had by the column: what serving has, where a log has one mapping a candidate.

    `offers` are the facts of all actions of the catalogue, the same object from case to case; `rows` the candidates among them.
    """

    offers: Sequence[Mapping[str, Scalar]]
    rows: npt.NDArray[np.intp]

    def column(self, name: str) -> Floats:
        """A fact of customer and action, one number a candidate."""


class Case(Protocol):
    """One decision's candidates, as `nba_server.domain.propensity.ScoringCase` has them."""

    @property
    def shared(self) -> Mapping[str, Scalar]:
        """Facts shared by all candidates."""

    @property
    def pairs(self) -> Sequence[Mapping[str, Scalar]]:
        """One mapping of pair facts a candidate."""

    @property
    def prior(self) -> Floats:
        """p0 of each candidate's action."""

    @property
    def evidence(self) -> Floats:
        """SE of each candidate's action."""


class Columns(Protocol):
    """Raw columns of one decision, as `nba_server.domain.propensity.FeatureColumns` and the journal have them."""

    @property
    def shared_numbers(self) -> bytes:
        """Little-endian float64, one value a shared number."""

    @property
    def shared_texts(self) -> Sequence[str]:
        """One text a shared category."""

    @property
    def pair_numbers(self) -> bytes:
        """Little-endian float64, row-major."""

    @property
    def pair_texts(self) -> Sequence[str]:
        """Texts, row-major."""


@dataclass(frozen=True, slots=True)
class RawColumns:
    """Raw feature values as used, in the layout of the definition. `rows` is the number of candidates; 0 where nobody said it."""

    definition_hash: str
    shared_numbers: bytes = b""
    shared_texts: tuple[str, ...] = ()
    pair_numbers: bytes = b""
    pair_texts: tuple[str, ...] = ()
    rows: int = 0


@dataclass(frozen=True, slots=True)
class RawTable:
    """Rows of raw values. `numbers` is float64 (rows, numeric features); `texts` one list a category, as long as the rows."""

    numbers: Floats
    texts: tuple[list[str], ...]

    def __len__(self) -> int:
        return int(self.numbers.shape[0])


class ColumnsMismatch(ValueError):
    """Raw columns that do not have the layout of their definition."""


class FeatureLayout:
    """The layout of one definition's raw columns: numbers and categories, the shared ones first."""

    def __init__(self, definition: ModelDefinition) -> None:
        self.definition_hash = definition.hash
        self._shared_numbers = definition.columns(FeatureKind.NUMBER, FeatureScope.SHARED)
        self._shared_texts = definition.columns(FeatureKind.CATEGORY, FeatureScope.SHARED)
        self._pair_numbers = definition.columns(FeatureKind.NUMBER, FeatureScope.PAIR)
        self._pair_texts = definition.columns(FeatureKind.CATEGORY, FeatureScope.PAIR)
        self.numbers = self._shared_numbers + self._pair_numbers
        self.categories = self._shared_texts + self._pair_texts
        self.shared = (len(self._shared_numbers), len(self._shared_texts))
        self.offer_places = _places(self._pair_numbers, offer=True)
        self.pair_places = _places(self._pair_numbers, offer=False)
        self.by_column = all(name.startswith(OFFER) for name in self._pair_texts)
        self._offers: OfferColumns | None = None

    def columnar(self, case: Case) -> Columnar | None:
        """The pair facts of a case by the column, where they can be had so."""
        pairs: Any = case.pairs
        return pairs if self.by_column and hasattr(pairs, "offers") else None

    def read_offers(self, offers: Sequence[Mapping[str, Scalar]]) -> OfferColumns:
        """What the definition reads of the offers alone."""
        names = tuple(self._pair_numbers[place] for place in self.offer_places)
        return OfferColumns(offers, names, self._pair_texts)

    def of_offers(self, offers: Sequence[Mapping[str, Scalar]]) -> OfferColumns:
        """The same, worked out once for as long as they are the same object."""
        if self._offers is None or self._offers.offers is not offers:
            self._offers = self.read_offers(offers)
        return self._offers

    def read(self, case: Case) -> RawColumns:
        """The raw columns of one decision's candidates."""
        shared = case.shared
        if self.columnar(case) is not None:
            return self.read_all([case])[0]
        pair_numbers = [number(pair.get(name)) for pair in case.pairs for name in self._pair_numbers]
        return RawColumns(
            definition_hash=self.definition_hash,
            shared_numbers=_packed([number(shared.get(name)) for name in self._shared_numbers]),
            shared_texts=tuple(text(shared.get(name)) for name in self._shared_texts),
            pair_numbers=_packed(pair_numbers),
            pair_texts=tuple(text(pair.get(name)) for pair in case.pairs for name in self._pair_texts),
            rows=len(case.pairs),
        )

    def read_all(self, cases: Sequence[Case]) -> list[RawColumns]:
        """The raw columns of many decisions' candidates; in one go where the facts come as columns of one catalogue."""
        pairs = [pair for case in cases if (pair := self.columnar(case)) is not None]
        if not cases or len(pairs) < len(cases) or any(pair.offers is not pairs[0].offers for pair in pairs):
            return [self.read(case) for case in cases]
        known = self.of_offers(pairs[0].offers)
        rows = np.concatenate([pair.rows for pair in pairs])
        numbers = np.empty((len(rows), len(self._pair_numbers)), dtype="<f8")
        numbers[:, self.offer_places] = known.numbers[rows]
        for place in self.pair_places:
            numbers[:, place] = np.concatenate([pair.column(self._pair_numbers[place]) for pair in pairs])
        payload, width, start = numbers.tobytes(), 8 * len(self._pair_numbers), 0
        found = []
        for case, pair in zip(cases, pairs, strict=True):
            end = start + width * len(pair.rows)
            get = case.shared.get
            found.append(
                RawColumns(
                    definition_hash=self.definition_hash,
                    shared_numbers=_packed(
                        [
                            v if type(v) is float and -_INF < v < _INF else number(v)
                            for v in map(get, self._shared_numbers)
                        ]
                    ),
                    shared_texts=tuple([v if type(v) is str else text(v) for v in map(get, self._shared_texts)]),
                    pair_numbers=payload[start:end],
                    pair_texts=known.texts_of(pair.rows),
                    rows=len(pair.rows),
                )
            )
            start = end
        return found

    def table(self, columns: Sequence[Columns], counts: Sequence[int]) -> RawTable:
        """All rows of many decisions, in order; `counts` has the number of candidates of each.

        Raises `ColumnsMismatch` when the columns do not have this layout.
        """
        total = sum(counts)
        shared_width, pair_width = len(self._shared_numbers), len(self._pair_numbers)
        numbers = np.empty((total, shared_width + pair_width), dtype=np.float64)
        texts: tuple[list[str], ...] = tuple([] for _ in self.categories)
        shared_texts, pair_texts = len(self._shared_texts), len(self._pair_texts)
        start = 0
        for item, count in zip(columns, counts, strict=True):
            self._fits(item, count)
            rows = numbers[start : start + count]
            rows[:, :shared_width] = np.frombuffer(item.shared_numbers, dtype="<f8")
            rows[:, shared_width:] = np.frombuffer(item.pair_numbers, dtype="<f8").reshape(count, pair_width)
            for place, value in enumerate(item.shared_texts):
                texts[place].extend([value] * count)
            for place in range(pair_texts):
                texts[shared_texts + place].extend(item.pair_texts[place::pair_texts])
            start += count
        return RawTable(numbers, texts)

    def row(self, columns: Columns, row: int) -> RawColumns:
        """The columns of one candidate alone. Raises `ColumnsMismatch` when there is no such row."""
        width, texts = 8 * len(self._pair_numbers), len(self._pair_texts)
        found = RawColumns(
            definition_hash=self.definition_hash,
            shared_numbers=columns.shared_numbers,
            shared_texts=tuple(columns.shared_texts),
            pair_numbers=columns.pair_numbers[row * width : (row + 1) * width],
            pair_texts=tuple(columns.pair_texts[row * texts : (row + 1) * texts]),
            rows=1,
        )
        self._fits(found, 1)
        return found

    def _fits(self, item: Columns, count: int) -> None:
        found = (len(item.shared_numbers), len(item.shared_texts), len(item.pair_numbers), len(item.pair_texts))
        wanted = (
            8 * len(self._shared_numbers),
            len(self._shared_texts),
            8 * len(self._pair_numbers) * count,
            len(self._pair_texts) * count,
        )
        if found != wanted:
            raise ColumnsMismatch(f"raw columns of sizes {found} where the definition has {wanted}")


def project(table: RawTable, source: FeatureLayout, target: FeatureLayout) -> RawTable:
    """The rows in another definition's layout, by feature name; what the source lacks is missing."""
    if source.definition_hash == target.definition_hash:
        return table
    rows = len(table)
    numbers = np.full((rows, len(target.numbers)), _NAN)
    for place, name in enumerate(target.numbers):
        if name in source.numbers:
            numbers[:, place] = table.numbers[:, source.numbers.index(name)]
    texts = tuple(
        table.texts[source.categories.index(name)] if name in source.categories else [""] * rows
        for name in target.categories
    )
    return RawTable(numbers, texts)


def number(value: Scalar | None) -> float:
    """A fact as a number: truth values are 0 and 1, a list counts its items, a text or nothing is missing."""
    if type(value) is float and -math.inf < value < math.inf:
        return value
    if isinstance(value, float | int):
        try:
            found = float(value)
        except OverflowError:
            return _NAN
        return found if math.isfinite(found) else _NAN
    return float(len(value)) if isinstance(value, tuple) else _NAN


def text(value: Scalar | None) -> str:
    """A fact as a category: a list is its sorted items joined by `|`; empty is missing."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "|".join(sorted(value)) if isinstance(value, tuple) else repr(value)


class OfferColumns:
    """The facts of all offers that a definition reads: `numbers` (offers, names) and `texts`, a tuple an offer."""

    def __init__(self, offers: Sequence[Mapping[str, Scalar]], numbers: Sequence[str], texts: Sequence[str]) -> None:
        self.offers = offers
        self.numbers: Floats = np.array([[number(offer.get(name)) for name in numbers] for offer in offers])
        self.texts = tuple(tuple(text(offer.get(name)) for name in texts) for offer in offers)
        self._joined: dict[bytes, tuple[str, ...]] = {}

    def texts_of(self, rows: npt.NDArray[np.intp]) -> tuple[str, ...]:
        """The texts of these offers, one after the other. The same candidates come again and again, so some are remembered."""
        key = rows.tobytes()
        found = self._joined.get(key)
        if found is None:
            found = tuple(word for row in rows.tolist() for word in self.texts[row])
            if len(self._joined) < _REMEMBERED:
                self._joined[key] = found
        return found


def _places(names: Sequence[str], *, offer: bool) -> list[int]:
    return [place for place, name in enumerate(names) if name.startswith(OFFER) is offer]


def _packed(values: list[float]) -> bytes:
    return np.array(values, dtype="<f8").tobytes()
