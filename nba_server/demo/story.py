"""What the demo shows once the loop has run: a decision with its reasons and trace, an outcome, the next decision.

Talks gRPC only, as any client would, and prints with rich.
"""

from __future__ import annotations

import uuid
from collections import Counter

import grpc
from rich.console import Console
from rich.table import Table

from nba_client.pb import decision_pb2, decision_pb2_grpc, outcome_pb2, outcome_pb2_grpc, reason_pb2, value_pb2
from nba_server.demo.messages import customer_id
from nba_server.demo.source import Journey

PLACEMENT = "agent_screen"


def households_to_show(journey: Journey, number: int) -> list[int]:
    """Surveyed households with many redeemed coupons, so that there is something to see; ties: the lowest id first."""
    surveyed = {household.id for household in journey.households if household.attributes}
    redeemed = Counter(found.household for found in journey.redemptions if found.household in surveyed)
    return sorted(redeemed, key=lambda household: (-redeemed[household], household))[:number]


class Story:
    """Decide, show, react, decide again for one household."""

    def __init__(self, channel: grpc.Channel, console: Console, household: int) -> None:
        self._decisions = decision_pb2_grpc.DecisionServiceStub(channel)
        self._outcomes = outcome_pb2_grpc.OutcomeServiceStub(channel)
        self._console = console
        self._household = household

    def tell(self) -> None:
        """Prints the whole walk-through."""
        first = self._decide()
        self._show("The customer calls about an order. What should the agent propose?", first)
        self._show_trace(first.decision_id)
        if not first.actions:
            return
        refused = first.actions[0]
        self._react(first.decision_id, refused.action)
        again = self._decide()
        self._show(f"The customer refused “{refused.title}”. The very next decision respects it:", again)
        assert refused.action not in {action.action for action in again.actions}, "a refused action came back"

    def _decide(self) -> decision_pb2.DecideResponse:
        request = decision_pb2.DecideRequest(
            customer_id=customer_id(self._household),
            channel="call",
            placements=[decision_pb2.PlacementRequest(placement=PLACEMENT)],
            context={"call_reason": value_pb2.Value(text="order")},
            request_id=f"demo-{uuid.uuid4().hex}",  # a call of its own, also when the demo is resumed
        )
        response: decision_pb2.DecideResponse = self._decisions.Decide(request, timeout=5)
        return response

    def _react(self, decision_id: str, action: str) -> None:
        for kind in (outcome_pb2.OUTCOME_TYPE_IMPRESSION, outcome_pb2.OUTCOME_TYPE_REJECTED):
            outcome = outcome_pb2.Outcome(decision_id=decision_id, action=action, type=kind)
            response = self._outcomes.RecordOutcome(outcome_pb2.RecordOutcomeRequest(outcome=outcome), timeout=5)
            for effect in response.result.effects:
                self._console.print(f"  [dim]effect of the outcome: {effect}[/dim]")

    def _show(self, title: str, response: decision_pb2.DecideResponse) -> None:
        table = Table(
            title=f"{title}\n[dim]{customer_id(self._household)}, model {response.model_version}[/dim]", show_lines=True
        )
        for name in ("#", "action", "P", "C", "V", "L", "priority", "picked with", "why"):
            wide = name in ("action", "why")
            table.add_column(name, justify="left" if wide else "right", ratio=1 if wide else None, no_wrap=not wide)
        for action in response.actions:
            factors = action.factors
            table.add_row(
                str(action.rank),
                f"{action.title}\n[dim]“{action.content.get('say', '')}”[/dim]",
                f"{factors.propensity:.3f}",
                f"{factors.context_weight:.2f}",
                f"{factors.value:.2f}",
                f"{factors.lever:.2f}",
                f"{action.priority:.3f}",
                f"{action.pick_probability:.3f}",
                "\n".join(reason.text for reason in action.reasons),
            )
        for empty in response.no_offers:
            table.add_row("–", "no offer", "", "", "", "", "", "", empty.reason.text)
        self._console.print(table)

    def _show_trace(self, decision_id: str) -> None:
        answer = self._decisions.GetDecision(decision_pb2.GetDecisionRequest(decision_id=decision_id), timeout=10)
        same = "identical to the journal, bit for bit" if answer.identical else "; ".join(answer.differences)
        table = Table(title=f"Trace of {decision_id}\n[dim]recomputed: {same}[/dim]")
        for name in ("action", "stage", "why"):
            table.add_column(name)
        ended = Counter(trace.reasons[0].code for trace in answer.trace if trace.reasons)
        for trace in answer.trace:
            if trace.reasons and trace.reasons[0].code == "ended" and ended["ended"] > 3:
                continue
            stage = reason_pb2.Stage.Name(trace.stage).removeprefix("STAGE_").replace("_", " ").lower()
            table.add_row(trace.action, stage, "; ".join(reason.text for reason in trace.reasons))
        if ended["ended"] > 3:
            table.add_row(f"({ended['ended']} campaigns)", "availability", "their validity has ended")
        self._console.print(table)
