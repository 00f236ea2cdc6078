"""Scores candidates by leaf masks: the splits on shared facts once a decision, those on the offer once a catalogue.

Only the splits on facts of customer and action together are evaluated for the candidates, and of equal rows only one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nba_models.encoder import Encoder
from nba_models.features import Columnar, FeatureLayout, Floats, RawColumns, Scalar
from nba_models.leaf_masks import Indices, LeafMasks, Masks
from nba_models.trees import Tree, read_trees

_CHUNK = 512
"""Offers whose masks are worked out at a time: bounds the memory of a large catalogue."""


class MaskScorer:
    """The trees of one model, arranged by what their features depend on: `shared` and `pair` have the splits. Use `of`."""

    def __init__(self, trees: Sequence[Tree], layout: FeatureLayout, encoder: Encoder) -> None:
        self._layout = layout
        self._encoder = encoder
        self.leaves = LeafMasks(trees)
        shared, texts = layout.shared
        width = len(layout.numbers)
        self.shared = self.leaves.splits([*range(shared), *range(width, width + texts)])
        of_offer = [shared + place for place in layout.offer_places]
        self._offer = self.leaves.splits([*of_offer, *range(width + texts, width + len(layout.categories))])
        self.pair = self.leaves.splits([shared + place for place in layout.pair_places])
        powers = np.arange(1, len(layout.pair_places) + 1, dtype=np.uint64)
        self._odd = powers * np.uint64(0x9E3779B97F4A7C15) | np.uint64(1)
        self._offers: Sequence[Mapping[str, Scalar]] | None = None
        self._offer_masks: Masks = np.empty((0, 0), dtype=np.uint32)

    @staticmethod
    def of(model: str, layout: FeatureLayout, encoder: Encoder) -> MaskScorer | None:
        """For a LightGBM model's text; None for a model that masks cannot express."""
        trees = read_trees(model)
        if not trees or not LeafMasks.fit(trees):
            return None
        return MaskScorer(trees, layout, encoder)

    def raw(self, pairs: Sequence[Columnar], columns: Sequence[RawColumns]) -> Floats:
        """The raw scores of all candidates of all decisions, in order; `pairs` must be of one catalogue."""
        counts = [len(pair.rows) for pair in pairs]
        shared = self.shared.masks(self._shared_values(columns))
        parts = [
            (shared, np.repeat(np.arange(len(counts)), counts)),
            (self._of_offers(pairs[0].offers), np.concatenate([pair.rows for pair in pairs])),
        ]
        if self._layout.pair_places:
            distinct, place = self._distinct(columns)
            parts.append((self.pair.masks(distinct), place))
        return self.leaves.raw(parts)

    def _shared_values(self, columns: Sequence[RawColumns]) -> Floats:
        numbers, texts = self._layout.shared
        values = np.empty((len(columns), numbers + texts))
        for row, item in zip(values, columns, strict=True):
            row[:numbers] = np.frombuffer(item.shared_numbers, dtype="<f8")
            row[numbers:] = [self._encoder.code(place, word) for place, word in enumerate(item.shared_texts)]
        return values

    def _distinct(self, columns: Sequence[RawColumns]) -> tuple[Floats, Indices]:
        """The different rows of pair facts, and which of them each candidate has. Most candidates were never presented."""
        width = len(self._layout.offer_places) + len(self._layout.pair_places)
        numbers = np.frombuffer(b"".join([item.pair_numbers for item in columns]), dtype="<f8").reshape(-1, width)
        facts = np.ascontiguousarray(numbers[:, self._layout.pair_places])
        bits = facts.view(np.uint64)
        mixed = np.bitwise_xor.reduce(bits * self._odd, axis=1)
        _, first, place = np.unique(mixed, return_index=True, return_inverse=True)
        if (bits[first[place]] != bits).any():  # two different rows with one sum: told apart by all of their bits
            _, first, place = np.unique(bits, axis=0, return_index=True, return_inverse=True)
        return facts[first], place

    def read_offers(self, offers: Sequence[Mapping[str, Scalar]]) -> Masks:
        """The leaves that each offer leaves open, (offers, trees)."""
        known = self._layout.read_offers(offers)
        shift = self._layout.shared[1]
        codes = [[self._encoder.code(shift + i, word) for i, word in enumerate(words)] for words in known.texts]
        values = np.concatenate([known.numbers, np.array(codes).reshape(len(codes), -1)], axis=1)
        return np.concatenate([self._offer.masks(values[at : at + _CHUNK]) for at in range(0, len(values), _CHUNK)])

    def _of_offers(self, offers: Sequence[Mapping[str, Scalar]]) -> Masks:
        if self._offers is not offers:
            self._offers, self._offer_masks = offers, self.read_offers(offers)
        return self._offer_masks
