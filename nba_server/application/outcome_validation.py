"""Checks an outcome before its customer is read; field paths are those of `nba.v1.Outcome`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nba_server.application.faults import Faults
from nba_server.domain.attribution import written_for
from nba_server.domain.engagement import Contact
from nba_server.domain.outcome import OutcomeEvent, OutcomeType
from nba_server.domain.reaction import find_contact
from nba_server.errors import InvalidArgument, Violation


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
    if written_for(event.event_id):
        faults.add("event_id", "ids that begin with `purchase:` are the server's own; give it another")
    faults.moment("occurred_at", event.occurred_ms)
    faults.finite("value", event.value)
    if event.type is OutcomeType.SCORE and event.value is None:
        faults.add("value", "a score needs a value")
    if event.type is OutcomeType.WITHDRAWN:
        faults.identifier("withdraws", event.withdraws)
    elif event.withdraws:
        faults.add("withdraws", "belongs to outcomes of the type withdrawn only")
    faults.raise_any()


def check_silence(ledger: Sequence[Contact], event: OutcomeEvent) -> None:
    """Refuses a caller's word on the silence after an offer of ours, whatever name the offer is given.

    Only the server knows when a decision's window has ended; for a contact made elsewhere its system does. Raises
    `InvalidArgument`, and what `find_contact` raises.
    """
    about = {OutcomeType.NO_RESPONSE: "type", OutcomeType.WITHDRAWN: "withdraws"}
    contact = find_contact(ledger, event) if event.type in about else None
    if contact is None or not contact.decision_id:
        return
    ids = {reaction.event_id for reaction in contact.reactions}
    named = event.withdraws.lower().removeprefix("outcome_type_")
    if event.type is OutcomeType.NO_RESPONSE or (event.withdraws not in ids and named == OutcomeType.NO_RESPONSE):
        said = "no_response of a decision is recorded by the server when the response window ends"
        raise InvalidArgument([Violation(about[event.type], said)])


def _subject(command: OutcomeCommand, faults: Faults) -> None:
    event = command.event
    if bool(event.decision_id) == bool(event.contact_id):
        faults.add("decision_id", "name exactly one of decision_id and contact_id")
    elif event.contact_id:
        faults.identifier("contact_id", event.contact_id)
        faults.identifier("customer_id", command.customer_id)
    elif command.customer_id:
        faults.add("customer_id", "belongs to a contact_id; a decision_id names its customer itself")
