"""Who asks for a decision, under which key, and which try of the call it is: records only."""

from __future__ import annotations

from dataclasses import dataclass

from nba_server.application.ports import CustomerRef


@dataclass(frozen=True, slots=True)
class Claim:
    """Who asks for a decision and under which key: what a commit needs besides the decision itself.

    `asked` is who was asked for; `customer` is where the record lives, under a customer for a visitor who became known.
    """

    asked: CustomerRef
    customer: CustomerRef
    caller: str
    request_key: str
    fingerprint: str
    anonymous: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """One try to commit a decision: its name (see `Attempt`), until when it holds, and whether it is the `last` one.

    The last one takes what is left, even if deciding once more might find more.
    """

    attempt: str
    valid_until_ms: int
    last: bool
