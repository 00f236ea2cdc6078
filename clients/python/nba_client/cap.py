"""How far caps are used: totals and budgets over all customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nba_client.call import Call
from nba_client.pb import catalog_pb2
from nba_client.value import optional_moment


@dataclass(frozen=True, slots=True)
class CapUse:
    """A cap in its running window (`until` None: for good). Numbers are contacts, or money with `money`.

    `spent` is what contacts took, `held` what is lent to parts of the store and not spent yet, `left` the rest of `amount`.
    `actions` are those that it caps.
    """

    cap: str
    amount: float
    money: bool
    spent: float
    held: float
    left: float
    since: datetime | None
    until: datetime | None
    actions: tuple[str, ...]


def caps_call() -> Call[list[CapUse]]:
    """The call of `GetCaps`."""
    request, answer = catalog_pb2.GetCapsRequest(), catalog_pb2.GetCapsResponse
    return Call("CatalogService", "GetCaps", request, answer, lambda message: [_use(c) for c in message.caps], "read")


def _use(item: Any) -> CapUse:
    return CapUse(
        cap=item.cap,
        amount=item.amount,
        money=item.money,
        spent=item.spent,
        held=item.held,
        left=item.left,
        since=optional_moment(item, "since"),
        until=optional_moment(item, "until"),
        actions=tuple(item.actions),
    )
