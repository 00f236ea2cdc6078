"""Reads the journal for one endpoint: entries behind its cursor become messages with ids and bodies.

Nothing is decoded of which the endpoint wants nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from nba_server.adapters.redis.journal import StreamRecord, stream_order
from nba_server.adapters.webhooks.endpoint import Endpoint, Naming
from nba_server.adapters.webhooks.event import Event, kinds_of
from nba_server.adapters.webhooks.outbox import Message
from nba_server.adapters.webhooks.payload import body_of, message_id
from nba_server.adapters.webhooks.reading import Unreadable, events_of
from nba_server.adapters.webhooks.source import Source

Taken = list[tuple[StreamRecord, list[Message]]]

_log = logging.getLogger("nba.webhooks")


class Intake:
    """`read()` gives entries in order, each with its messages, and goes on behind them."""

    def __init__(self, store: Source, endpoint: Endpoint, cursor: Mapping[int, str]) -> None:
        self._store = store
        self._endpoint = endpoint
        self._kinds = kinds_of(endpoint.events)
        self._places = dict(cursor)

    async def read(self, limit: int) -> Taken:
        """At most about `limit` entries. Raises `StoreUnavailable`; then nothing was taken."""
        records = await self._store.journal.read(self._places, limit)
        wanted = [(record, self._events(record)) for record in records]
        names = await self._names(wanted)
        self._places |= {record.bucket: record.stream_id for record in records}
        return [(record, [self._message(record, event, names) for event in events]) for record, events in wanted]

    def _events(self, record: StreamRecord) -> list[Event]:
        if record.kind not in self._kinds:
            return []
        try:
            events = events_of(record)
        except Unreadable as error:
            place = {"bucket": record.bucket, "stream_id": record.stream_id, "reason": str(error)}
            _log.error("a journal entry cannot be read and nobody is told of it", extra=place)
            return []
        endpoint = self._endpoint
        return [event for event in events if endpoint.wants(event.type) and endpoint.filters.pass_(event)]

    async def _names(self, wanted: Sequence[tuple[StreamRecord, list[Event]]]) -> dict[str, str]:
        """The raw ids by reference, where the endpoint is told them."""
        if self._endpoint.naming is Naming.REF:
            return {}
        places = {event.customer_ref: record.bucket for record, events in wanted for event in events}
        found = await self._store.webhooks.names(list(places.items()))
        return dict(zip(places, found, strict=True))

    def _message(self, record: StreamRecord, event: Event, names: Mapping[str, str]) -> Message:
        id_ = message_id(record.bucket, record.stream_id, event.number)
        return Message(
            id=id_,
            bucket=record.bucket,
            stream_id=record.stream_id,
            order=(*stream_order(record.stream_id), record.bucket, event.number),
            lane=event.customer_ref,
            type=event.type,
            at_ms=event.at_ms,
            body=body_of(event, id_, names.get(event.customer_ref, "")),
        )
