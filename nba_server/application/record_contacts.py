"""Takes in contacts that other systems made or plan: they count in the ledger, and a repeat changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from nba_server.errors import NbaError


@dataclass(frozen=True, slots=True)
class ContactCommand:
    """A contact as it arrived. `occurred_ms` 0 means now, later than now a planned contact. `action` may be empty."""

    customer_id: str
    contact_id: str
    channel: str
    action: str = ""
    occurred_ms: int = 0
    pick_probability: float | None = None
    class_: str = ""


@dataclass(frozen=True, slots=True)
class ContactResult:
    """`recorded` is False for a repeat, and for one that was refused: then `error` says why."""

    recorded: bool
    error: NbaError | None = None
