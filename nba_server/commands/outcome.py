"""`nba outcome`: records what became of a proposed action."""

from __future__ import annotations

from pathlib import Path

import click

from nba_server.commands.connection import Server, connection_options
from nba_server.commands.output import emit, output_options
from nba_server.commands.words import option_moment


@click.command()
@click.argument("decision_id", metavar="DECISION")
@click.argument("outcome_type", metavar="OUTCOME")
@click.option("--action", default="", help="The action; may be left out where the decision proposed only one.")
@click.option("--value", type=float, help="Money for `converted`, the score for `score`.")
@click.option("--product", default="", help="The product bought.")
@click.option("--reason", default="", help="The customer's reason, as a short code.")
@click.option("--event-id", default="", help="Your id of this event; a repeat with the same id changes nothing.")
@click.option("--at", metavar="TIME", help="When it happened (ISO 8601). Default: now.")
@click.option("--withdraws", default="", help="For `withdrawn`: the event id or the outcome to take back.")
@connection_options
@output_options
def outcome(
    decision_id: str,
    outcome_type: str,
    action: str,
    value: float | None,
    product: str,
    reason: str,
    event_id: str,
    at: str | None,
    withdraws: str,
    server: Server,
    as_json: bool,
    out: Path | None,
) -> None:
    """Record what became of a proposed action.

    OUTCOME is one of sent, delivered, impression, clicked, accepted, rejected, maybe_later, converted, no_response,
    not_mentioned, delivery_failed, opted_out, complaint, score, withdrawn. A repeat changes nothing and says so.
    """
    from nba_client import OutcomeType

    try:
        kind = OutcomeType(outcome_type.lower().replace("-", "_"))
    except ValueError:
        known = ", ".join(OutcomeType)
        raise click.BadParameter(f"{outcome_type!r} is not one of {known}", param_hint="OUTCOME") from None
    occurred_at = option_moment(at, "--at")
    with server.client() as client:
        result = client.outcome(
            decision_id,
            action,
            kind,
            event_id=event_id,
            occurred_at=occurred_at,
            value=value,
            product=product,
            reason=reason,
            withdraws=withdraws,
        )
    words = {
        "recorded": "recorded",
        "repeated": "known already, nothing changed",
        "recorded_late": "recorded after the response window: label and counters are corrected",
    }
    lines = [words.get(result.status, result.status), *(f"  {effect}" for effect in result.effects)]
    emit(result, human="\n".join(lines), as_json=as_json, out=out)
