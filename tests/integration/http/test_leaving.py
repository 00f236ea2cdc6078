"""Callers who go, deadlines that pass, bodies that do not come, and a server that leaves: as over gRPC."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import random
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.settings import Settings
from nba_server.transport.http import body, connection
from tests.freezing import frozen
from tests.integration.http.speaking import DECIDE, Door, open_door, status_of
from tests.integration.running import reason, request
from tests.integration.test_gone import live
from tests.store.builders import until

CALLS, HELD = 80, 12


@pytest.fixture
async def own(http_settings: Settings, tmp_path: Path) -> AsyncIterator[tuple[EmbeddedEngine, Door]]:
    """A server that is patient with an engine of its own."""
    with EmbeddedEngine.start(tmp_path / "own") as engine:
        settings = dataclasses.replace(http_settings, store=engine.url, store_patience=2_000)
        async with open_door(settings) as opened:
            for number in range(10):
                assert (await opened.binary("DecisionService/Decide", request(f"warm-{number}"))).status_code == 200
            yield engine, opened


async def called(door: Door, number: int, patience: float) -> bool:
    """A decision for a customer of its own, given up after `patience` seconds; whether it was answered."""
    asked = request(f"gone-{number}", "web", request_id="once")
    try:
        async with asyncio.timeout(patience):
            response = await door.binary("DecisionService/Decide", asked)
    except TimeoutError:
        return False
    assert response.status_code == 200, response.text
    return True


async def test_nothing_stays_reserved_for_callers_who_close_the_connection(door: Door, engine: EmbeddedEngine) -> None:
    """A request whose connection is closed is a caller who has gone: what was reserved for it is released.

    The store is frozen until some have gone: however fast it is, they go while their requests are under way.
    """
    await asyncio.gather(*(door.server.stubs.upsert(f"gone-{number}") for number in range(CALLS)))
    draw = random.Random(7)
    calls = [asyncio.create_task(called(door, number, draw.uniform(0.0, 0.15))) for number in range(CALLS)]
    with frozen(engine.pid):
        await until(lambda: sum(call.done() for call in calls) >= HELD)
    answered = await asyncio.gather(*calls)
    gone = [number for number, there in enumerate(answered) if not there]
    assert len(gone) > 10
    async with asyncio.timeout(30):
        while True:
            held = sum([await live(door.server, f"gone-{number}") > 0 for number in gone])
            # an answer that crossed with the end of its connection was given, also one that was still on its way above
            if held <= int(door.server.metric("nba_calls_total", method="Decide", code="OK")) - sum(answered):
                break
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("header", ["connect-timeout-ms", "grpc-timeout"])
async def test_a_deadline_that_passes(own: tuple[EmbeddedEngine, Door], header: str) -> None:
    """The answer is DEADLINE_EXCEEDED with its reason, in time, whichever protocol names the deadline."""
    engine, door = own
    with frozen(engine.pid):
        if header == "grpc-timeout":
            answer, trailers = await door.web("DecisionService/Decide", request(), grpc_timeout="300m")
            assert (answer, trailers["grpc-status"]) == (None, "4")
            return
        response = await door.binary("DecisionService/Decide", request(), connect_timeout_ms="300")
    assert (response.status_code, response.json()["code"]) == (504, "deadline_exceeded")
    assert reason(status_of(response)) == "DEADLINE_EXCEEDED"


async def test_a_store_that_is_away_says_when_to_come_back(http_settings: Settings, tmp_path: Path) -> None:
    """UNAVAILABLE is HTTP 503 with Retry-After, and with the push-back that gRPC's clients obey."""
    with EmbeddedEngine.start(tmp_path / "own") as engine:
        async with open_door(dataclasses.replace(http_settings, store=engine.url)) as door:
            with frozen(engine.pid):
                response = await door.binary("DecisionService/Decide", request())
            assert (response.status_code, response.json()["code"]) == (503, "unavailable")
            assert response.headers["retry-after"] == "1"
            assert int(response.headers["trailer-grpc-retry-pushback-ms"]) > 0
            assert reason(status_of(response)) == "STORE_UNAVAILABLE"


async def test_a_body_that_does_not_come_is_waited_for_in_vain_but_not_for_ever(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sends half a request is told so when the time is up."""
    monkeypatch.setattr(body, "PATIENCE_S", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", door.server.serving.http_port)
    head = (
        f"POST {DECIDE} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{{"
    )
    writer.write(head.encode())
    answer = await asyncio.wait_for(reader.read(4_000), 20)
    assert b"504" in answer.split(b"\r\n")[0]
    writer.close()


async def test_a_head_that_does_not_come_ends_the_connection(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drop by drop or not at all, first request or second."""
    monkeypatch.setattr(connection, "HEAD_S", 0.2)
    whole = b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n"
    for first, more in ((b"", b""), (b"", b"GET / HT"), (whole, b"GET")):
        reader, writer = await asyncio.open_connection("127.0.0.1", door.server.serving.http_port)
        writer.write(first)
        if first:
            assert await asyncio.wait_for(reader.readuntil(b"}}"), 20)
        writer.write(more)
        assert await asyncio.wait_for(reader.read(), 20) == b""
        writer.close()


async def test_a_leaving_server_answers_what_is_in_flight(http_settings: Settings, tmp_path: Path) -> None:
    """A request that waits for the store when the server is told to leave is answered; then nobody listens."""
    with EmbeddedEngine.start(tmp_path / "own") as engine:
        settings = dataclasses.replace(http_settings, store=engine.url, store_patience=2_000)
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            async with open_door(settings) as door:
                url = str(door.client.base_url.join(DECIDE))
                await door.binary("DecisionService/Decide", request("warm"))
                os.kill(engine.pid, signal.SIGSTOP)
                sent = request().SerializeToString()
                asking = asyncio.create_task(
                    client.post(url, content=sent, headers={"content-type": "application/proto"})
                )
                await until(lambda: door.server.metric("nba_calls_in_flight") > 0)
                going_on = asyncio.create_task(_goes_on_when_nobody_listens(engine, door.server.serving.http_port))
            await going_on
            response = await asking
            assert (response.status_code, response.headers["connection"]) == (200, "close")
            with pytest.raises(httpx.ConnectError):
                await client.get(url)


async def _goes_on_when_nobody_listens(engine: EmbeddedEngine, port: int) -> None:
    """The store goes on once the server's port is free."""
    try:
        await until(lambda: _free(port))
    finally:
        os.kill(engine.pid, signal.SIGCONT)


def _free(port: int) -> bool:
    """Whether nobody listens; asked without a connection, which a server that leaves would have to end."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
