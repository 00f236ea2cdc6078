"""Vectors and symmetric matrices of weights that all actions share and weights of each action's own.

Own weights of two actions never meet, so that a matrix is an arrowhead: solving takes time in proportion to the actions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nba_models.features import Floats


@dataclass(frozen=True, slots=True)
class Pair:
    """A vector: `shared` (width) and `own` (actions, width)."""

    shared: Floats
    own: Floats

    def plus(self, other: Pair) -> Pair:
        """The sum."""
        return Pair(self.shared + other.shared, self.own + other.own)

    def minus(self, other: Pair) -> Pair:
        """The difference."""
        return Pair(self.shared - other.shared, self.own - other.own)

    def scaled(self, factor: float) -> Pair:
        """All entries times a number."""
        return Pair(self.shared * factor, self.own * factor)

    def dot(self, other: Pair) -> float:
        """The inner product."""
        return float(np.sum(self.shared * other.shared) + np.sum(self.own * other.own))

    def largest(self) -> float:
        """The largest entry without its sign."""
        return float(max(np.abs(self.shared).max(initial=0.0), np.abs(self.own).max(initial=0.0)))


@dataclass(frozen=True, slots=True)
class Arrowhead:
    """A symmetric positive definite matrix: `shared` (width, width), `cross` and `own` (actions, width, width), all symmetric."""

    shared: Floats
    cross: Floats
    own: Floats

    @staticmethod
    def diagonal(shared: Floats, own: Floats) -> Arrowhead:
        """From its diagonal."""
        width = len(shared)
        blocks = np.zeros((len(own), width, width))
        blocks[:, np.arange(width), np.arange(width)] = own
        return Arrowhead(np.diag(shared), np.zeros_like(blocks), blocks)

    def plus(self, other: Arrowhead) -> Arrowhead:
        """The sum."""
        return Arrowhead(self.shared + other.shared, self.cross + other.cross, self.own + other.own)

    def scaled(self, factor: float) -> Arrowhead:
        """All entries times a number."""
        return Arrowhead(self.shared * factor, self.cross * factor, self.own * factor)

    def times(self, vector: Pair) -> Pair:
        """The product with a vector."""
        shared = self.shared @ vector.shared + np.einsum("ajk,ak->j", self.cross, vector.own)
        return Pair(shared, self.cross @ vector.shared + np.einsum("ajk,ak->aj", self.own, vector.own))

    def solve(self, right: Pair) -> Pair:
        """x with A x = right, by the Schur complement of the own blocks."""
        through = self._through()
        shared = np.linalg.solve(self._schur(through), right.shared - np.einsum("akj,ak->j", through, right.own))
        rest = right.own - self.cross @ shared
        own = np.asarray(np.linalg.solve(self.own, rest[:, :, None])[:, :, 0], dtype=np.float64)
        return Pair(shared, own)

    def log_determinant(self) -> float:
        """The logarithm of the determinant."""
        blocks = float(np.linalg.slogdet(self.own)[1].sum())
        return blocks + float(np.linalg.slogdet(self._schur(self._through()))[1])

    def variances(self) -> tuple[Floats, Floats]:
        """Of the inverse: the variances of the shared weights (width), and of shared plus own (actions, width)."""
        through = self._through()
        shared = np.linalg.inv(self._schur(through))
        apart = np.eye(len(shared)) - through  # shared + own, as far as it hangs on the shared part
        both = np.linalg.inv(self.own) + apart @ shared @ np.swapaxes(apart, 1, 2)
        return np.diag(shared).copy(), np.diagonal(both, axis1=1, axis2=2).copy()

    def _through(self) -> Floats:
        """own^-1 cross, a block an action."""
        return np.asarray(np.linalg.solve(self.own, self.cross), dtype=np.float64)

    def _schur(self, through: Floats) -> Floats:
        return np.asarray(self.shared - np.einsum("ajk,akl->jl", self.cross, through))
