"""A test message: shows a receiver what messages look like, and the operator what it answers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from uuid import uuid4

from nba_server.adapters.webhooks.endpoint import Endpoint
from nba_server.adapters.webhooks.event import TEST
from nba_server.adapters.webhooks.payload import cloud_event
from nba_server.adapters.webhooks.sending import HttpSender


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of it."""

    id: str
    delivered: bool
    reason: str
    took_ms: int


async def send_test(endpoint: Endpoint) -> Trial:
    """Sends one, once."""
    id_ = f"nba_test-{uuid4().hex}"
    said = {"text": "This is a test of the endpoint; it stands for nothing.", "events": list(endpoint.events)}
    body = cloud_event(id_, TEST, time.time_ns() // 1_000_000, endpoint.name, said)
    began = time.monotonic()
    async with HttpSender(endpoint, "test") as sender:
        answer = await sender.send(id_, body)
    return Trial(id_, answer.delivered, answer.reason, round((time.monotonic() - began) * 1000))
