"""An EXAMPLE of a shop's own web server: the shop's page, who is signed in (anybody who says so), and tokens for that browser.

Loopback only and for the demo only. What a real shop takes over from it are `_token` and `_sign_in`.
"""

from __future__ import annotations

import json
import mimetypes
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

COOKIE = "example_session"
FOLDERS = ("shop", "sdk")
MOST_BYTES = 4_096


@dataclass(frozen=True, slots=True)
class Backend:
    """What the shop's server needs of the decision server.

    `sign` makes a token for a customer or else a visitor; `identify` tells that a visitor is a customer. `door` is the address
    that browsers call; `customers` are those who may sign in.
    """

    door: str
    customers: Sequence[str]
    sign: Callable[[str, str], str]
    identify: Callable[[str, str], None]


@dataclass(slots=True)
class ExampleShop:
    """Serves from a thread between `start` and `stop`; `static` has the folders of the built page and SDK."""

    static: Path
    backend: Backend
    sessions: dict[str, str] = field(default_factory=dict)
    server: ThreadingHTTPServer | None = None

    @staticmethod
    def bind(port: int) -> ThreadingHTTPServer:
        """Takes the port on 127.0.0.1 before the door is told whose pages may call it. Raises `OSError`."""
        return ThreadingHTTPServer(("127.0.0.1", port), _Handler, bind_and_activate=True)

    def start(self, server: ThreadingHTTPServer) -> None:
        """Begins to serve."""
        self.server = server
        server.daemon_threads = True
        server.shop = self  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, name="example-shop", daemon=True).start()

    def stop(self) -> None:
        """Ends it."""
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()

    def __enter__(self) -> ExampleShop:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def _shop(self) -> ExampleShop:
        shop: ExampleShop = self.server.shop  # type: ignore[attr-defined]
        return shop

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the library names it
        """Says nothing; the demo's terminal is for people."""

    def do_GET(self) -> None:
        """Files, and who is signed in."""
        path = self.path.partition("?")[0]
        if not self._at_home():
            return self._refuse(HTTPStatus.FORBIDDEN)
        if path == "/":
            return self._send(HTTPStatus.FOUND, b"", {"location": "/shop/"})
        if path == "/example/session":
            backend = self._shop.backend
            told = {"baseUrl": backend.door, "customers": [*backend.customers], "customer": self._customer()}
            return self._json(told)
        return self._file(path)

    def do_POST(self) -> None:
        """Signing in and out, and tokens. A page from elsewhere cannot send JSON here without being asked for CORS first."""
        told = self._told()
        if told is None or not self._at_home():
            return self._refuse(HTTPStatus.FORBIDDEN)
        if self.path == "/example/sign-in":
            return self._sign_in(str(told.get("customer") or ""), str(told.get("visitorId") or ""))
        if self.path == "/example/token":
            return self._token(str(told.get("visitorId") or ""))
        return self._refuse(HTTPStatus.NOT_FOUND)

    def _token(self, visitor: str) -> None:
        """A token for whoever is signed in by the shop's own session, else for the visitor that the browser says it is."""
        customer = self._customer()
        if not customer and not visitor:
            return self._refuse(HTTPStatus.BAD_REQUEST)
        return self._json({"token": self._shop.backend.sign(customer, visitor)})

    def _sign_in(self, customer: str, visitor: str) -> None:
        """A login: here without a password. What the visitor was offered and did is the customer's from now on."""
        if customer and customer not in self._shop.backend.customers:
            return self._refuse(HTTPStatus.FORBIDDEN)
        if customer and visitor:
            self._shop.backend.identify(visitor, customer)
        session = secrets.token_urlsafe(16)
        self._shop.sessions[session] = customer
        cookie = f"{COOKIE}={session}; Path=/; HttpOnly; SameSite=Strict"
        return self._send(HTTPStatus.OK, b"{}", {"content-type": "application/json", "set-cookie": cookie})

    def _customer(self) -> str:
        kept = SimpleCookie(self.headers.get("cookie", "")).get(COOKIE)
        return self._shop.sessions.get(kept.value, "") if kept else ""

    def _at_home(self) -> bool:
        """Not through a foreign name that leads here."""
        return self.headers.get("host", "").partition(":")[0] in ("127.0.0.1", "localhost")

    def _told(self) -> dict[str, Any] | None:
        size = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(min(size, MOST_BYTES))
        if self.headers.get("content-type") != "application/json":
            return None
        try:
            told = json.loads(body)
        except ValueError:
            return None
        return told if isinstance(told, dict) else None

    def _file(self, path: str) -> None:
        folder, _, name = path.strip("/").partition("/")
        root = (self._shop.static / folder).resolve()
        place = (root / (name or "index.html")).resolve() if "\0" not in name else root
        if folder not in FOLDERS or not place.is_relative_to(root) or not place.is_file():
            return self._refuse(HTTPStatus.NOT_FOUND)
        kind = mimetypes.guess_type(place.name)[0] or "application/octet-stream"
        return self._send(HTTPStatus.OK, place.read_bytes(), {"content-type": kind, **self._policy()})

    def _policy(self) -> dict[str, str]:
        door = self._shop.backend.door
        policy = f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' {door}"
        return {"content-security-policy": f"{policy}; base-uri 'none'; frame-ancestors 'none'"}

    def _json(self, value: object) -> None:
        self._send(HTTPStatus.OK, json.dumps(value).encode(), {"content-type": "application/json"})

    def _refuse(self, status: HTTPStatus) -> None:
        self._send(status, status.phrase.encode(), {"content-type": "text/plain"})

    def _send(self, status: HTTPStatus, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body)), "cache-control": "no-store"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
