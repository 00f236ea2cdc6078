"""Purchases."""

from __future__ import annotations

from nba_server.application.purchases import PurchaseCommand, PurchaseResult
from nba_server.pb import event_pb2
from nba_server.transport.grpc.codec.values import milliseconds


def purchase_command(message: event_pb2.Purchase) -> PurchaseCommand:
    """The purchase as it arrived."""
    return PurchaseCommand(
        customer_id=message.customer_id,
        purchase_id=message.purchase_id,
        occurred_ms=milliseconds(message.occurred_at),
        value=message.value,
        value_by_category=dict(message.value_by_category),
        value_by_product=dict(message.value_by_product),
    )


def to_purchase_result(result: PurchaseResult) -> event_pb2.PurchaseResult:
    """What it did; a refusal as `REASON: sentence`."""
    error = f"{result.error.reason}: {result.error.message}" if result.error else ""
    return event_pb2.PurchaseResult(recorded=result.recorded, error=error, effects=result.effects)
