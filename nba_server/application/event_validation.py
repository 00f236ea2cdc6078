"""Checks an event before its customer is read; field paths are those of `nba.v1.Event`."""

from __future__ import annotations

from dataclasses import dataclass

from nba_server.application.faults import Faults
from nba_server.application.purchases import PurchaseCommand, check_purchase
from nba_server.domain.catalog import Catalog
from nba_server.domain.happening import Happening, HappeningKind, key_of
from nba_server.errors import InvalidArgument

MOST_WORDS = 2_000
"""Characters of a text or a note."""

_CASES = (HappeningKind.CASE_OPENED, HappeningKind.CASE_UPDATED, HappeningKind.CASE_CLOSED)


@dataclass(frozen=True, slots=True)
class EventCommand:
    """An event as it arrived; `occurred_ms` 0 means now.

    Of `kind`, `purchase` and `returns` (the purchase's id) one is set; none where the message says nothing that is known.
    """

    customer_id: str
    event_id: str
    caller: str
    kind: HappeningKind | None = None
    occurred_ms: int = 0
    channel: str = ""
    text: str = ""
    agent: str = ""
    case_id: str = ""
    category: str = ""
    measure: str = ""
    value: float | None = None
    purchase: PurchaseCommand | None = None
    returns: str | None = None

    def happening(self, at_ms: int) -> Happening:
        """What happened, at its time on the store's clock."""
        return Happening(
            kind=self.kind or HappeningKind.COMPLAINT,
            key=key_of(self.event_id),
            at_ms=at_ms,
            by=self.agent or self.caller,
            channel=self.channel,
            text=self.text,
            case_id=self.case_id,
            category=self.category,
            measure=self.measure,
            value=self.value,
        )


def check_event(command: EventCommand, catalog: Catalog) -> None:
    """Raises `InvalidArgument` with all violations that can be seen without the customer."""
    faults = Faults()
    faults.identifier("customer_id", command.customer_id)
    faults.identifier("event_id", command.event_id)
    faults.identifier("agent", command.agent, required=False)
    faults.moment("occurred_at", command.occurred_ms)
    if command.channel:
        faults.known("channel", command.channel, "channel", catalog.channels)
    check_words(faults, "text", command.text)
    body = "complaint" if command.kind is HappeningKind.COMPLAINT else "service_case"
    if command.purchase is not None:
        _check_purchase(command, command.purchase, faults)
    elif command.returns is not None:
        faults.identifier("purchase_return.purchase_id", command.returns)
    elif command.kind is None:
        faults.add("body", "must be one of complaint, service_case with a status, score, purchase, purchase_return")
    elif command.kind is HappeningKind.SCORE:
        faults.finite("score.value", command.value)
        faults.identifier("score.measure", command.measure, required=False)
    else:
        faults.identifier(f"{body}.case_id", command.case_id, required=command.kind in _CASES)
        faults.identifier(f"{body}.category", command.category, required=False)
    faults.raise_any()


def _check_purchase(command: EventCommand, purchase: PurchaseCommand, faults: Faults) -> None:
    if purchase.customer_id != command.customer_id:
        faults.add("purchase.customer_id", "must be empty, or the event's own")
    try:
        check_purchase(purchase, "purchase.")
    except InvalidArgument as fault:
        faults.violations.extend(fault.violations)


def check_words(faults: Faults, field: str, text: str) -> None:
    """Notes a text that is too long."""
    if len(text) > MOST_WORDS:
        faults.add(field, f"must have at most {MOST_WORDS} characters, has {len(text)}")
