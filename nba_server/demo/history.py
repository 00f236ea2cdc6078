"""Replays the year through the gRPC API, a day at a time, on the replay clock.

Survives a killed server: every message has an id of its own and is sent again until it is acknowledged, and the last
finished day is remembered on disk.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import grpc

from nba_client.pb import (
    contact_pb2,
    contact_pb2_grpc,
    customer_pb2,
    customer_pb2_grpc,
    event_pb2,
    event_pb2_grpc,
    outcome_pb2,
    outcome_pb2_grpc,
)
from nba_server.demo import messages
from nba_server.demo.source import Basket, Journey
from nba_server.demo.timeline import Day, days
from nba_server.errors import NbaError

BATCH = 500
LANES = 3
"""How many calls are under way at once."""
PATIENCE_S = 60.0
"""How long a call is repeated while the server is away."""

T = TypeVar("T")


class Clock(Protocol):
    """The replay clock; `advance` returns when everything that fell due has been handled."""

    def advance(self, to_ms: int) -> None:
        """Moves the store's time forward."""


@dataclass(slots=True)
class Sent:
    """How much was acknowledged."""

    customers: int = 0
    contacts: int = 0
    redemptions: int = 0
    baskets: int = 0
    refused: list[str] = field(default_factory=list)


class History:
    """Sends a Journey. `progress(n)` is called with the number of messages acknowledged since the last call."""

    def __init__(self, channel: Any, clock: Clock, marker: Path, progress: Callable[[int], None]) -> None:
        self._customers = customer_pb2_grpc.CustomerServiceStub(channel)
        self._contacts = contact_pb2_grpc.ContactServiceStub(channel)
        self._outcomes = outcome_pb2_grpc.OutcomeServiceStub(channel)
        self._events = event_pb2_grpc.EventServiceStub(channel)
        self._clock = clock
        self._marker = marker
        self._progress = progress
        self._pool = ThreadPoolExecutor(LANES)
        self.sent = Sent()

    def run(self, journey: Journey) -> Sent:
        """Replays all days after the last finished one. Raises `NbaError` when something is refused."""
        done = int(self._marker.read_text()) if self._marker.exists() else 0
        if not done:
            self._send_customers(journey)
        for day in days(journey):
            if day.start_ms > done:
                self._send_day(day)
                self._marker.write_text(str(day.start_ms))
            else:
                self._progress(len(day.mailings) + len(day.redemptions) + len(day.baskets))
        if self.sent.refused:
            raise NbaError(f"{len(self.sent.refused)} messages were refused; the first: {self.sent.refused[0]}")
        return self.sent

    def _send_customers(self, journey: Journey) -> None:
        since = journey.campaigns[0].start_ms
        patches = [messages.customer(household, since) for household in journey.households]
        for part in _parts(patches):
            request = customer_pb2.UpsertCustomersRequest(customers=part)
            self.sent.customers += self._take(_patiently(self._customers.UpsertCustomers, request))

    def _send_day(self, day: Day) -> None:
        self._clock.advance(day.start_ms)
        campaigns = {campaign.id: campaign for campaign in day.campaigns}
        letters = [messages.contact(mailing, campaigns[mailing.campaign]) for mailing in day.mailings]
        for part in _parts(letters):
            request = contact_pb2.RecordContactsRequest(contacts=part)
            self.sent.contacts += self._take(_patiently(self._contacts.RecordContacts, request))
        self._clock.advance(day.end_ms)
        lanes = [[b for b in day.baskets if b.household % LANES == lane] for lane in range(LANES)]
        for taken in self._pool.map(self._send_baskets, [lane for lane in lanes if lane]):
            for response in taken:
                self.sent.baskets += self._take(response)
        for redeemed_part in _parts([messages.redemption(found) for found in day.redemptions]):
            redeemed = outcome_pb2.RecordOutcomesRequest(outcomes=redeemed_part)
            self.sent.redemptions += self._take(_patiently(self._outcomes.RecordOutcomes, redeemed))

    def _send_baskets(self, baskets: Sequence[Basket]) -> list[Any]:
        """The answers to one lane's baskets; a household keeps to its lane, so its baskets stay in order."""
        parts = _parts([messages.purchase(basket) for basket in baskets])
        requests = [event_pb2.RecordPurchasesRequest(purchases=part) for part in parts]
        return [_patiently(self._events.RecordPurchases, request) for request in requests]

    def _take(self, response: Any) -> int:
        """Counts the acknowledged ones of a batch and keeps the refusals."""
        errors = [result.error for result in response.results if result.error]
        self.sent.refused += errors
        self._progress(len(response.results))
        return len(response.results) - len(errors)


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def _patiently(call: Callable[..., Any], request: Any) -> Any:
    """Repeats a call while the server or its store is away; safe because every message carries its own id."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            response = call(request, timeout=30, wait_for_ready=True)
            if not _store_away(response) or time.monotonic() > deadline:
                return response
        except grpc.RpcError as error:
            gone = error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
            if not gone or time.monotonic() > deadline:
                raise
        time.sleep(0.2)


def _store_away(response: Any) -> bool:
    """Whether a message of the batch met a store that did not answer in time; its effect is unknown, so it is sent again."""
    return any(result.error.startswith("STORE_UNAVAILABLE") for result in response.results)
