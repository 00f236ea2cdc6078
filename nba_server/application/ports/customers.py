"""Ports: who a customer is and how what is known about them is read. Nothing here knows redis, grpc or files.

What every decision needs one of is a tuple, here and in the other ports: it is made at a fifth of the price of a frozen record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from nba_server.domain.engagement import CustomerState
from nba_server.errors import NbaError


class CustomerRef(NamedTuple):
    """Where a customer lives: the keyed hash of the id (32 hex characters) and the bucket that the hash falls into."""

    ref: str
    bucket: int


class Identity(Protocol):
    """Turns ids into references and makes ids. Deterministic for one store."""

    def customer(self, customer_id: str) -> CustomerRef:
        """The reference of a customer id."""

    def visitor(self, visitor_id: str) -> CustomerRef:
        """The reference of a visitor id; never equal to a customer's."""

    def anonymous(self, request_id: str) -> CustomerRef:
        """The reference of a request without any id: only its idempotency record lives there. Equals nobody's."""

    def household(self, household_id: str) -> CustomerRef:
        """The reference of a household or account, and the bucket that its members live in."""

    def request_key(self, caller: str, ref: str, request_id: str) -> str:
        """Names (caller, customer, request id) and is part of the decision id: 42 base-32 characters.

        16 are a keyed hash of the three; 26 are `ref`, masked with a keyed hash of those 16, so that a decision id leads
        to its customer as long as it lives, without a look-up, and tells nobody else anything.
        """

    def customer_of(self, decision_id: str) -> CustomerRef:
        """The customer of a decision id, read from the id itself. Raises `InvalidArgument` for what is no decision id.

        A forged id gives the reference of nobody: its ledger is empty.
        """

    def seed(self, request_key: str) -> int:
        """The 64-bit seed of a decision."""

    def decision_id(self, bucket: int, now_ms: int, request_key: str) -> str:
        """Bucket (3 hex), time (9 base-32) and request key, e.g. `0ad-1f5k2v9q0-…`."""

    def parse_decision_id(self, decision_id: str) -> tuple[int, int, str]:
        """(bucket, now_ms, request_key). Raises `InvalidArgument` for anything else."""


class Stored(NamedTuple):
    """A customer's records as read, not decoded yet: `values` and `household` are the reader's own business.

    `home` and `became` are those of `CustomerState`.
    """

    values: Sequence[Any]
    household: bytes = b""
    home: int = -1
    became: str = ""


def located(ref: CustomerRef, found: CustomerState | Stored) -> CustomerRef:
    """Where the state was found: in the bucket of the household, for its members; under a customer, for who became known."""
    return CustomerRef(found.became or ref.ref, found.home) if found.home >= 0 else ref


@dataclass(frozen=True, slots=True)
class ReadResult:
    """States in the order of the references, and the store's time of the read."""

    states: tuple[CustomerState, ...]
    now_ms: int


@dataclass(frozen=True, slots=True)
class PartialStored:
    """As `ReadResult`, not decoded; where a part of the store does not answer, its customers have a `StoreUnavailable` each.

    `times` are those of the servers that own the customers, in order; empty where all go by `now_ms`, the latest of them.
    """

    found: tuple[Stored | NbaError, ...]
    now_ms: int
    times: tuple[int, ...] = ()

    def time_of(self, place: int) -> int:
        """The time by which the customer at a place is decided for."""
        return self.times[place] if self.times else self.now_ms


class CustomerReader(Protocol):
    """Reads customers: all in flight in one round trip."""

    async def read(self, refs: Sequence[CustomerRef]) -> ReadResult:
        """Never-seen customers give an empty state. Raises `StoreUnavailable`."""

    async def read_stored(self, refs: Sequence[CustomerRef]) -> PartialStored:
        """What a decision needs of them, each failing alone. Raises `StoreUnavailable` when nothing of the store answers."""

    def decode(self, stored: Stored) -> CustomerState:
        """The state of what was read."""
