"""What is no call is refused with a sentence that names what is wrong, and never costs the server more than that."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from tests.integration.http.speaking import DECIDE, Door

JSON = {"content-type": "application/json"}
DEEP = b'{"context":' * 200 + b"{}" + b"}" * 200

REQUESTS = {
    "no JSON": (DECIDE, b'{"customerId":', JSON, 400, "invalid_argument", "is no JSON"),
    "no object": (DECIDE, b"[1, 2]", JSON, 400, "invalid_argument", "is no JSON object"),
    "nothing": (DECIDE, b"", JSON, 400, "invalid_argument", "is no JSON"),
    "no UTF-8": (DECIDE, b'{"channel": "\xff"}', JSON, 400, "invalid_argument", "is no JSON"),
    "an unknown field": (DECIDE, b'{"custmerId": "x"}', JSON, 400, "invalid_argument", "did you mean customerId?"),
    "a field below": (
        *(DECIDE, b'{"placements": [{"placement": "agent"}, {"slot": 1}], "x": 1}', JSON),
        *(400, "invalid_argument", "placements[1].slot: is no field of nba.v1.PlacementRequest; did you mean slots?"),
    ),
    "a wrong type": (DECIDE, b'{"channel": 5}', JSON, 400, "invalid_argument", "channel"),
    "an unknown value": (
        *("/nba.v1.OutcomeService/RecordOutcome", b'{"outcome": {"type": "OUTCOME_TYPE_BOUGHT"}}', JSON),
        *(400, "invalid_argument", "OUTCOME_TYPE_BOUGHT"),
    ),
    "too deep": (DECIDE, DEEP, JSON, 400, "invalid_argument", ""),
    "no protobuf": (
        *(DECIDE, b"\xff\xff", {"content-type": "application/proto"}, 400, "invalid_argument"),
        "is no nba.v1.DecideRequest",
    ),
    "no content type": (DECIDE, b"{}", {}, 415, "invalid_argument", "there is none"),
    "text": (DECIDE, b"{}", {"content-type": "text/plain"}, 415, "invalid_argument", "'text/plain' is none"),
    "plain gRPC": (
        DECIDE,
        b"",
        {"content-type": "application/grpc"},
        415,
        "invalid_argument",
        "the server's gRPC port",
    ),
    "unknown method": ("/nba.v1.DecisionService/Guess", b"{}", JSON, 404, "unimplemented", "is no method"),
    "unknown service": ("/nba.v1.GuessService/Guess", b"{}", JSON, 404, "unimplemented", "is no method"),
    "no gzip": (DECIDE, b"{}", JSON | {"content-encoding": "gzip"}, 400, "invalid_argument", "decompress"),
    "unknown packing": (DECIDE, b"{}", JSON | {"content-encoding": "br"}, 501, "unimplemented", "unknown compression"),
    "a wrong deadline": (DECIDE, b"{}", JSON | {"connect-timeout-ms": "-1"}, 400, "invalid_argument", "timeout"),
    "another protocol": (DECIDE, b"{}", JSON | {"connect-protocol-version": "9"}, 400, "invalid_argument", "version"),
    "no report": ("/report", b"hello", {}, 400, "invalid_argument", "must be JSON like"),
    "half a report": ("/report", b'{"token": "x"}', {}, 400, "invalid_argument", "no object `outcomes`"),
    "more than a report": ("/report", b'{"outcomes": {}, "x": 1}', {}, 400, "invalid_argument", "x is nothing"),
}


async def test_a_wrong_request_is_told_what_is_wrong(door: Door) -> None:
    """Each has its HTTP status, its Connect code and words that help."""
    for name, (path, body, headers, status, code, words) in REQUESTS.items():
        response = await door.client.post(path, content=body, headers=headers)
        assert (response.status_code, response.json()["code"]) == (status, code), (name, response.text)
        assert words in response.json()["message"], name


async def test_all_unknown_fields_are_named_at_once(door: Door) -> None:
    """Not only the first."""
    response = await door.json("DecisionService/Decide", {"a": 1, "placements": [{"b": 1}], "context": {"c": {"d": 1}}})
    for path in ("a:", "placements[0].b:", "context.c.d:"):
        assert path in response.json()["message"]


@pytest.mark.parametrize("path", [DECIDE, "/report"])
async def test_a_body_beyond_the_limit_is_refused(door: Door, path: str) -> None:
    """Also one that only unpacks to that."""
    body = b'{"x": "' + b"a" * 5_000_000
    plain = await door.client.post(path, content=body, headers=JSON)
    assert plain.json()["code"] == "resource_exhausted"
    assert "4194304" in plain.json()["message"]
    if path == DECIDE:
        packed = await door.client.post(path, content=gzip.compress(body), headers=JSON | {"content-encoding": "gzip"})
        assert packed.json()["code"] == "resource_exhausted"
    assert (await door.client.get("/health")).status_code == 200


async def test_calls_are_posts(door: Door) -> None:
    """Other methods are refused with what is right."""
    for method in ("GET", "PUT", "DELETE", "OPTIONS"):
        response = await door.client.request(method, DECIDE)
        assert (response.status_code, response.headers["allow"]) == (405, "POST")
        assert method in response.json()["message"]


async def test_what_is_no_http_ends_the_connection_and_nothing_else(door: Door) -> None:
    """Noise, an endless header and half a request are cut off; others are served meanwhile."""
    port = door.server.serving.http_port
    for noise in (b"\x16\x03\x01\x02\x00\x01" * 20, b"GET / HTTP/1.1\r\nx: " + b"a" * 200_000):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(noise + b"\r\n\r\n")
        head = await asyncio.wait_for(reader.readline(), 10)
        assert b" 400 " in head or head == b""
        writer.close()
        assert (await door.client.get("/health")).status_code == 200


async def test_a_server_without_keys_serves_this_machine_only(door: Door) -> None:
    """A foreign host name, page or forwarded caller is refused; an allowed page and a local one are not."""
    asked = {"customerId": "anna", "channel": "call", "preview": True}
    for header, value in (
        ("host", "evil.example"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("x_forwarded_for", "192.0.2.7"),
        ("x_forwarded_host", "nba.example:8080"),
    ):
        response = await door.json("DecisionService/Decide", asked, **{header: value})
        assert (response.status_code, response.json()["code"]) == (403, "permission_denied"), (header, value)
        assert value in response.json()["message"]
    for header, value in (
        ("origin", "https://shop.example"),
        ("origin", "http://localhost:3000"),
        ("host", "[::1]:80"),
    ):
        assert (await door.json("DecisionService/Decide", asked, **{header: value})).status_code == 200
