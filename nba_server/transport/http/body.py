"""Bounds on how a request's body may arrive: how long it takes, and how much of it is read."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from connectrpc.code import Code
from connectrpc.errors import ConnectError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive

from nba_server.transport.http.failures import refused

PATIENCE_S = 10.0
"""Whoever sends slower than this holds a place that others wait for."""


class TooLarge(Exception):
    """The body is longer than allowed."""


def patient(receive: Receive) -> Receive:
    """A `receive` whose whole body must be there in time; afterwards it waits for ever, for the caller's leaving."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    arrived = False

    async def receiving() -> Message:
        nonlocal arrived
        if arrived:
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError as fault:
            raise ConnectError(Code.DEADLINE_EXCEEDED, f"the body did not arrive within {PATIENCE_S:.0f} s") from fault
        arrived = message["type"] == "http.request" and not message.get("more_body", False)
        return message

    return receiving


async def read_body(request: Request, most: int) -> bytes:
    """The whole body. Raises `TooLarge`, `ConnectError`."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise TooLarge
    return bytes(body)


def too_large(most: int) -> Response:
    """The answer to a body that is longer than `most` bytes."""
    words = f"the body has more than {most} bytes, which --max-message allows; send less at once"
    return refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Code.RESOURCE_EXHAUSTED, words)
