"""EventService."""

from __future__ import annotations

from nba_server.application.purchases import RecordPurchases
from nba_server.application.record_events import RecordEvents
from nba_server.pb import event_pb2
from nba_server.transport.grpc.call import Call
from nba_server.transport.grpc.codec.event import event_command, to_event_result
from nba_server.transport.grpc.codec.purchase import purchase_command, to_purchase_result


class EventServicer:
    """Takes in what customers do outside of proposals."""

    def __init__(self, purchases: RecordPurchases, events: RecordEvents) -> None:
        self._purchases = purchases
        self._events = events

    async def record_purchases(
        self, request: event_pb2.RecordPurchasesRequest, call: Call
    ) -> event_pb2.RecordPurchasesResponse:
        """Many purchases; each has a result."""
        results = await self._purchases([purchase_command(purchase) for purchase in request.purchases])
        return event_pb2.RecordPurchasesResponse(results=[to_purchase_result(result) for result in results])

    async def record_events(self, request: event_pb2.RecordEventsRequest, call: Call) -> event_pb2.RecordEventsResponse:
        """Many events; each has a result."""
        results = await self._events([event_command(event, call.caller.name) for event in request.events])
        return event_pb2.RecordEventsResponse(results=[to_event_result(result) for result in results])
