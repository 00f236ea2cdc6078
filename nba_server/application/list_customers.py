"""Lists the customers of a segment page by page, in bounded memory, for whoever works through all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nba_server.application.faults import Faults
from nba_server.application.ports import CatalogProvider, CustomerReader
from nba_server.application.ports.listing import Directory, DirectoryPage, Segment, SegmentCompiler
from nba_server.domain.catalog import Catalog
from nba_server.domain.moment import Moment
from nba_server.domain.shared_facts import shared_facts

PAGE = 1_000
MAX_PAGE = 10_000
MAX_EXPRESSION = 4_000


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """Ids of customers in the segment, how many were looked at, and the token of the next page; empty: that was all."""

    customer_ids: tuple[str, ...]
    looked_at: int
    next_page_token: str


class ListCustomers:
    """The use case. A page may be empty and still have a next one."""

    def __init__(
        self, *, directory: Directory, reader: CustomerReader, catalogs: CatalogProvider, segments: SegmentCompiler
    ) -> None:
        self._directory = directory
        self._reader = reader
        self._catalogs = catalogs
        self._segments = segments

    async def __call__(self, segment: str, page_size: int, page_token: str) -> CustomerPage:
        """A page of about `page_size` customers looked at (0: 1,000), those of the segment (empty: everybody) given.

        Raises `InvalidArgument`.
        """
        faults = Faults()
        if page_size > MAX_PAGE:
            faults.add("page_size", f"must be at most {MAX_PAGE:,}, is {page_size:,}")
        if len(segment) > MAX_EXPRESSION:
            faults.add("segment", f"must have at most {MAX_EXPRESSION:,} characters")
        faults.raise_any()
        catalog = self._catalogs.live
        condition = self._segments(segment, catalog) if segment.strip() else None
        page = await self._directory.page(page_token, page_size or PAGE)
        found = [customer_id for _, customer_id in page.customers]
        if condition is not None and found:
            found = await self._inside(page, condition, catalog)
        return CustomerPage(tuple(found), len(page.customers), page.next)

    async def _inside(self, page: DirectoryPage, segment: Segment, catalog: Catalog) -> list[str]:
        """The ids of those for whom the condition is true; where a fact is missing it is not."""
        read = await self._reader.read([ref for ref, _ in page.customers])
        moments: Sequence[Moment] = [Moment(state, "", {}, catalog, read.now_ms) for state in read.states]
        return [
            customer_id
            for (_, customer_id), moment in zip(page.customers, moments, strict=True)
            if moment.state.profile.known and segment.holds(shared_facts(moment, segment.reads)) is True
        ]
