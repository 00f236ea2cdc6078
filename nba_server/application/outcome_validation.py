"""Checks an outcome before its customer is read; field paths are those of `nba.v1.Outcome`."""

from __future__ import annotations

from dataclasses import dataclass

from nba_server.application.faults import Faults
from nba_server.domain.outcome import OutcomeEvent, OutcomeType


@dataclass(frozen=True, slots=True)
class OutcomeCommand:
    """An outcome as it arrived and who sent it. `customer_id` belongs to an event with a `contact_id`."""

    event: OutcomeEvent
    caller: str
    customer_id: str = ""


def check_outcome(command: OutcomeCommand) -> None:
    """Raises `InvalidArgument` with all violations that can be seen without the customer's ledger."""
    faults = Faults()
    event = command.event
    _subject(command, faults)
    for field in ("event_id", "action", "product", "reason"):
        faults.identifier(field, getattr(event, field), required=False)
    faults.moment("occurred_at", event.occurred_ms)
    faults.finite("value", event.value)
    if event.type is OutcomeType.SCORE and event.value is None:
        faults.add("value", "a score needs a value")
    if event.type is OutcomeType.WITHDRAWN:
        faults.identifier("withdraws", event.withdraws)
    elif event.withdraws:
        faults.add("withdraws", "belongs to outcomes of the type withdrawn only")
    faults.raise_any()


def _subject(command: OutcomeCommand, faults: Faults) -> None:
    event = command.event
    if bool(event.decision_id) == bool(event.contact_id):
        faults.add("decision_id", "name exactly one of decision_id and contact_id")
    elif event.contact_id:
        faults.identifier("contact_id", event.contact_id)
        faults.identifier("customer_id", command.customer_id)
    elif command.customer_id:
        faults.add("customer_id", "belongs to a contact_id; a decision_id names its customer itself")
    if event.decision_id and event.type is OutcomeType.NO_RESPONSE:
        # Only the server knows when a decision's window has ended; for a contact made elsewhere its system does.
        faults.add("type", "no_response of a decision is recorded by the server when the response window ends")
