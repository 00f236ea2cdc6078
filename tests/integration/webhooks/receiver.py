"""A receiver of webhooks on loopback: real HTTP, every message verified by the Standard Webhooks library and remembered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from standardwebhooks import Webhook, WebhookVerificationError

from nba_server.adapters.webhooks.signature import new_secret


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered: a status, headers, and whether only after a while."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it arrived, verified."""

    id: str
    type: str
    customer: str
    data: dict[str, Any]
    status: int


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing of senders that were killed."""


class Receiver:
    """`reply` says what is answered to a message; 204 unless it is set. `url` is where it listens."""

    def __init__(self, secret: str = "") -> None:
        self.secret = secret or new_secret()
        self.received: list[Received] = []
        self.forged = 0
        self.most_at_once = 0
        self.reply: Callable[[Received], Reply] = lambda _: Reply()
        self._at_once = 0
        self._two = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/hooks"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def ids(self) -> list[str]:
        """Ids of what was accepted, in the order of arrival, repeats included."""
        return [one.id for one in self.received if one.status < 300]

    def held_until_two_come(self) -> Reply:
        """A reply that waits until two messages were here at once, though not for ever."""
        self._two.wait(5.0)
        return Reply()

    def _take(self, headers: dict[str, str], body: bytes) -> Reply:
        try:
            event = Webhook(self.secret).verify(body, headers)
        except WebhookVerificationError:
            self.forged += 1
            return Reply(401)
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            if self._at_once > 1:
                self._two.set()
        made = Received(headers["webhook-id"], event["type"], event["subject"], event["data"], 0)
        assert event["id"] == made.id
        reply = self.reply(made)
        if reply.after_s:
            time.sleep(reply.after_s)  # the slow receiver itself, in a thread of its own
        with self._lock:
            self._at_once -= 1
            self.received.append(Received(made.id, made.type, made.customer, made.data, reply.status))
        return reply

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                wanted = int(self.headers["content-length"])
                body = self.rfile.read(wanted)
                if len(body) < wanted:  # the sender died in the middle: nobody waits for an answer
                    self.close_connection = True
                    return
                reply = receiver._take({name.lower(): value for name, value in self.headers.items()}, body)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Says nothing."""

        return Handler
