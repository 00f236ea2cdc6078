"""The example shop's own server: tokens follow its session, and nobody from elsewhere gets one."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from nba_server.demo.shop import Backend, ExampleShop
from nba_server.transport.http.pages import STATIC

JSON = {"content-type": "application/json"}


class Shop:
    """The server on a free port, and what it told the decision server."""

    def __init__(self, static: Path) -> None:
        self.identified: list[tuple[str, str]] = []
        backend = Backend(
            "http://127.0.0.1:1",
            ["anna"],
            sign=lambda customer, visitor: f"{customer}/{visitor}",
            identify=lambda visitor, customer: self.identified.append((visitor, customer)),
        )
        self.example = ExampleShop(static, backend)
        listener = ExampleShop.bind(0)
        self.port = int(listener.server_address[1])
        self.example.start(listener)

    def ask(
        self, method: str, path: str, told: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str, str]:
        """Status, body and the cookie that was set."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        body = None if told is None else json.dumps(told)
        connection.request(method, path, body, {**(JSON if body else {}), **(headers or {})})
        answer = connection.getresponse()
        found = answer.status, answer.read().decode(errors="replace"), answer.headers.get("set-cookie", "")
        connection.close()
        return found


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A running one."""
    running = Shop(STATIC)
    yield running
    running.example.stop()


def test_tokens_follow_the_session_and_a_login_tells_who_the_visitor_was(shop: Shop) -> None:
    """First for the visitor, after the login for the customer, whatever visitor the browser names."""
    assert shop.ask("POST", "/example/token", {"visitorId": "v1"})[1] == '{"token": "/v1"}'
    status, _, cookie = shop.ask("POST", "/example/sign-in", {"customer": "anna", "visitorId": "v1"})
    assert (status, shop.identified) == (200, [("v1", "anna")])
    assert "HttpOnly" in cookie
    assert "anna" not in cookie
    session = {"cookie": cookie.partition(";")[0]}
    assert shop.ask("POST", "/example/token", {"visitorId": "v2"}, session)[1] == '{"token": "anna/v2"}'
    assert json.loads(shop.ask("GET", "/example/session", headers=session)[1])["customer"] == "anna"


def test_nobody_from_elsewhere_gets_a_token(shop: Shop) -> None:
    """Not a page that posts a form, not a name that leads here, not somebody who is no customer of the example."""
    plain = {"content-type": "text/plain"}
    assert shop.ask("POST", "/example/token", {"visitorId": "v1"}, plain)[0] == 403
    assert shop.ask("POST", "/example/token", {"visitorId": "v1"}, {"host": "evil.example"})[0] == 403
    assert shop.ask("GET", "/example/session", headers={"host": "evil.example"})[0] == 403
    assert shop.ask("POST", "/example/sign-in", {"customer": "ben"})[0] == 403
    assert shop.ask("POST", "/example/token", {})[0] == 400


def test_it_serves_the_page_and_nothing_around_it(shop: Shop) -> None:
    """Files of the page and the SDK, with a policy that lets the page call the door; no way out of the folders."""
    status, body, _ = shop.ask("GET", "/shop/?aisle=bakery")
    assert (status, "data-nba-placement" in body) == (200, True)
    assert shop.ask("GET", "/sdk/nba-web.js")[0] == 200
    for path in ("/shop/../home/index.html", "/shop/../../pages.py", "/agent/", "/shop/nothing.js", "/shop/%00"):
        assert shop.ask("GET", path)[0] == 404, path
