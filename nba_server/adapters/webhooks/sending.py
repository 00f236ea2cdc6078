"""Sends one message: a signed POST, no redirects followed, and what the answer means.

The addresses are the operator's own, so private ones are allowed; where a receiver points to is not.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Protocol, Self

import httpx

from nba_server.adapters.webhooks.endpoint import Endpoint
from nba_server.adapters.webhooks.signature import headers

GONE = 410
QUOTED = 200
"""Characters of an answer that are kept as a reason."""
READ = 16_384
"""Bytes of an answer that are read at most."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an attempt. `gone`: the receiver wants nothing any more; `asked_ms`: not before so long."""

    delivered: bool
    reason: str = ""
    asked_ms: int = 0
    gone: bool = False


async def _begin_of(answer: httpx.Response) -> bytes:
    """What the receiver says, as far as it is kept. A short answer is read whole: the connection can be used again then."""
    text = b""
    async for chunk in answer.aiter_raw():
        text += chunk
        if len(text) > READ:
            break
    return text[:READ]


class Sender(Protocol):
    """Sends to one endpoint."""

    async def send(self, id_: str, body: bytes) -> Answer:
        """Never raises for what a receiver or the way to it does."""


class HttpSender:
    """A sender with a pool of connections of its own. `wall` is this machine's time in seconds since 1970."""

    def __init__(self, endpoint: Endpoint, version: str, wall: Callable[[], float] = time.time) -> None:
        self._endpoint = endpoint
        self._wall = wall
        seconds = endpoint.timeout_ms / 1000
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            timeout=httpx.Timeout(seconds),
            limits=httpx.Limits(max_connections=endpoint.concurrency, max_keepalive_connections=endpoint.concurrency),
            headers={"user-agent": f"nba-server/{version}", "content-type": "application/json"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def send(self, id_: str, body: bytes) -> Answer:
        """One attempt, signed anew: receivers refuse old times."""
        signed = headers(self._endpoint.secrets, id_, body, self._wall())
        try:
            async with (
                asyncio.timeout(self._endpoint.timeout_ms / 1000),
                self._client.stream("POST", self._endpoint.url, content=body, headers=signed) as answer,
            ):
                return self._read(answer, await _begin_of(answer))
        except (httpx.TimeoutException, TimeoutError):
            return Answer(False, f"no answer within {self._endpoint.timeout_ms / 1000:g} s")
        except (httpx.HTTPError, OSError, UnicodeError) as error:
            return Answer(False, f"no connection: {type(error).__name__}: {error}"[:QUOTED])

    def _read(self, answer: httpx.Response, text: bytes) -> Answer:
        status = answer.status_code
        if answer.is_success:
            return Answer(True)
        if answer.is_redirect:
            where = answer.headers.get("location", "elsewhere")[:QUOTED]
            return Answer(
                False, f"{status} redirects to {where}; redirects are not followed, put that address in the file"
            )
        said = " ".join(text.decode("utf-8", "replace").split())
        reason = f"{status} {answer.reason_phrase}" + (f": {said[:QUOTED]}" if said else "")
        return Answer(False, reason, self._asked_ms(answer), gone=status == GONE)

    def _asked_ms(self, answer: httpx.Response) -> int:
        """`Retry-After` in milliseconds, of seconds or of a date; 0 where there is none that can be read."""
        asked = answer.headers.get("retry-after", "").strip()
        if asked.isdecimal():
            return int(asked[:9]) * 1000
        try:
            then = parsedate_to_datetime(asked)
        except (ValueError, TypeError):
            return 0
        moment = then if then.tzinfo else then.replace(tzinfo=UTC)
        return max(0, round((moment - datetime.fromtimestamp(self._wall(), UTC)).total_seconds() * 1000))
