"""What a batch is to decide: one record, made from the command line, kept with the progress: a continuation is the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from nba_client import Slot


@dataclass(frozen=True, slots=True)
class Order:
    """`source` names whom: `all`, `segment:EXPRESSION` or `file:SHA-256`. `limit` 0: no limit. `planned_at` ISO 8601 or empty."""

    channel: str
    source: str
    placements: tuple[tuple[str, int], ...] = ()
    context: Mapping[str, Any] | None = None
    excluded: tuple[str, ...] = ()
    planned_at: str = ""
    limit: int = 0

    @property
    def slots(self) -> list[Slot]:
        """The placements as the client names them; none: all of the channel."""
        return [Slot(name, slots=count) for name, count in self.placements]

    @property
    def planned(self) -> datetime | None:
        """When the messages will go out; None: as soon as they are decided."""
        return datetime.fromisoformat(self.planned_at) if self.planned_at else None

    def document(self) -> dict[str, Any]:
        """As JSON keeps it."""
        context = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in (self.context or {}).items()
        }
        lists = {"placements": [list(place) for place in self.placements], "excluded": list(self.excluded)}
        return asdict(self) | lists | {"context": context}


def request_id(batch: str, customer_id: str) -> str:
    """The request id of a customer's decision in a batch: whoever asks again gets the same answer, and reserves nothing more."""
    return f"batch:{batch}:{_digest(batch, customer_id).hex()}"


def place_in(batch: str, customer_id: str) -> int:
    """The customer's turn: drawn by lot from the batch's id, so that a limit takes no letter of the alphabet before another."""
    return int.from_bytes(_digest(batch, customer_id)[:7], "big")


def _digest(batch: str, customer_id: str) -> bytes:
    return hashlib.blake2b(customer_id.encode(), key=batch.encode()[:64], digest_size=16).digest()
