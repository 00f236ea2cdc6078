"""Ports of a visitor who becomes known: the one atomic step that makes two records one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from nba_server.application.ports.customers import CustomerRef
from nba_server.application.ports.writing import CustomerWrite
from nba_server.domain.engagement import CustomerState


@dataclass(frozen=True, slots=True)
class IdentityRecord:
    """An identification as journaled. `contacts` are the ledger ids of the contacts that came along."""

    customer: CustomerRef
    visitor: CustomerRef
    identified_ms: int
    contacts: tuple[str, ...]
    caller: str


@dataclass(frozen=True, slots=True)
class Identification:
    """What an identification was answered, the first time and ever after."""

    customer_ref: str
    identified_ms: int
    contacts: int


@dataclass(frozen=True, slots=True)
class IdentityWrite:
    """Two records in one bucket become one, applied only if both are still at the versions that were read.

    `customer` is the whole change of the customer's record, with its journal entry; `visitor` and `visitor_version` name the
    record that becomes a pointer to it, and has no timer any more.
    """

    customer: CustomerWrite
    visitor: CustomerRef
    visitor_version: int
    entry: bytes
    answer: Identification


class Visitors(Protocol):
    """Makes visitors known customers."""

    async def bring(self, visitor: CustomerRef, state: CustomerState, bucket: int) -> bool:
        """Moves a visitor's record, as read, to the bucket of a customer; nothing of it is lost, and nothing else changes.

        False where somebody else was faster: read again and retry. Raises `StoreUnavailable`.
        """

    async def merge(self, write: IdentityWrite) -> bool:
        """One atomic call. False where somebody else was faster: read again and retry. Raises `StoreUnavailable`."""

    async def answered(self, visitor: CustomerRef) -> Identification | None:
        """What the visitor's identification was answered; None for who was never identified."""
