"""Ports of listing customers: a walk over all of them page by page, and segments as conditions over one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from nba_server.application.ports.customers import CustomerRef
from nba_server.domain.catalog import Catalog
from nba_server.domain.profile import Scalar


@dataclass(frozen=True, slots=True)
class DirectoryPage:
    """Customers with a profile, as (reference where the record lives, id), and where the walk goes on; empty: at its end."""

    customers: tuple[tuple[CustomerRef, str], ...]
    next: str


class Directory(Protocol):
    """Walks over all customers who have a profile."""

    async def page(self, place: str, limit: int) -> DirectoryPage:
        """About `limit` customers from `place` on (empty: from the start), in no order.

        Whoever is there from begin to end is met at least once; somebody may be met twice. Raises `InvalidArgument` for a
        place that no page named, `StoreUnavailable`.
        """


@dataclass(frozen=True, slots=True)
class Segment:
    """A condition over one customer: the facts that it reads, and the predicate over them (None: not to be told)."""

    reads: tuple[str, ...]
    holds: Callable[[dict[str, Scalar]], bool | None]


class SegmentCompiler(Protocol):
    """Makes segments of expressions."""

    def __call__(self, expression: str, catalog: Catalog) -> Segment:
        """Raises `InvalidArgument` with all faults of the expression."""
