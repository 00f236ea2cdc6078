"""An endpoint: where messages go, which ones, how they are signed and how patiently they are tried.

Records only; reading the file is endpoint_file.py.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from nba_server.adapters.webhooks.event import Event, matches

SECOND_MS, DAY_MS = 1_000, 86_400_000
ANY = "*"
"""A consent or suppression for all channels concerns each of them."""


class Naming(StrEnum):
    """How messages name the customer: by the id that the server was given, or by its keyed hash alone."""

    ID = "id"
    REF = "ref"


class Start(StrEnum):
    """Where a new endpoint begins: with what happens from now on, or with the oldest entry of the journal."""

    NOW = "now"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which events of the chosen types; an empty filter passes all. A filter binds only events that have its field."""

    channels: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()
    outcomes: frozenset[str] = frozenset()
    offers: bool = False

    def pass_(self, event: Event) -> bool:
        """Whether the event is wanted. `offers`: only decisions that offered something."""
        if self.offers and event.type == "nba.decision.made" and not event.data["actions"]:
            return False
        return (
            _in(self.channels, event.data.get("channel"))
            and _in(self.outcomes, event.data.get("outcome"))
            and (not self.actions or not event.actions or bool(self.actions & event.actions))
        )


def _in(wanted: frozenset[str], value: object) -> bool:
    return not wanted or value in (None, ANY) or value in wanted


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One entry of the file. `events` are types, or `nba.outcome.*`; `secrets` are one or two, the newer first.

    A message is given up `give_up_ms` after its first failure. `concurrency` is how many customers' messages are under way at
    once. Times in milliseconds.
    """

    name: str
    url: str
    events: tuple[str, ...]
    secrets: tuple[str, ...]
    filters: Filters = Filters()
    naming: Naming = Naming.ID
    start: Start = Start.NOW
    timeout_ms: int = 10 * SECOND_MS
    concurrency: int = 8
    give_up_ms: int = 3 * DAY_MS
    enabled: bool = True

    def wants(self, type_: str) -> bool:
        """Whether it takes events of this type."""
        return any(matches(pattern, type_) for pattern in self.events)

    @property
    def mark(self) -> str:
        """A short hash of the address: an endpoint that was told to be gone is tried again when it has another one."""
        return hashlib.sha256(self.url.encode()).hexdigest()[:16]
