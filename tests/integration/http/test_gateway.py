"""The door as a process of its own: it passes everything on, comes through an upstream's restart, and keeps nothing."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import trustme

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.redis.store import Store
from nba_server.gateway import GatewaySettings, gateway
from nba_server.pb.journal_pb2 import JournalEntry
from nba_server.settings import GRPCIO, Settings
from nba_server.transport.grpc.scopes import Scope
from tests.freezing import frozen
from tests.integration.http.conftest import KEYS, ORIGIN
from tests.integration.http.speaking import Door, status_of
from tests.integration.http.test_subject_tokens import bearer, consented, decided, outcome, token
from tests.integration.running import Running, reason, request, running_server
from tests.store.builders import until

METHOD = "DecisionService/Decide"
EVENTS, AT_ONCE = 96, 6
TRIES = 5


@asynccontextmanager
async def before(running: Running, **settings: object) -> AsyncIterator[Door]:
    """A gateway before a server in this process."""
    given = GatewaySettings(upstream=running.address, http="127.0.0.1:0", drain=5.0)
    async with (
        gateway(dataclasses.replace(given, **settings)) as url,  # type: ignore[arg-type]
        httpx.AsyncClient(base_url=url, timeout=20, trust_env=False) as client,
    ):
        yield Door(client, running)


@pytest.fixture
async def guarded(keyed_settings: Settings, store: Store) -> AsyncIterator[Door]:
    """A gateway before a server with keys and without a door of its own."""
    settings = dataclasses.replace(keyed_settings, http="")
    async with running_server(settings) as running, before(running, origins=(ORIGIN,)) as door:
        yield door


async def test_a_gateway_passes_calls_and_credentials_on(guarded: Door) -> None:
    """Keys and tokens are judged by the server; answers are its bytes, refusals its own with every detail."""
    await consented(guarded)
    asked = request("anna", "web", request_id="same")
    key = KEYS[Scope.SITE][0]
    over_grpc = await guarded.server.stubs.decide_bytes(asked.SerializeToString(), metadata=[("x-api-key", key)])
    assert (await guarded.binary(METHOD, asked, x_api_key=key)).content == over_grpc
    assert (await guarded.web(METHOD, asked, x_api_key=key))[0] == over_grpc
    decision = await decided(guarded, token())
    reported = {"outcomes": [outcome(decision["decisionId"], action=decision["actions"][0]["action"])]}
    beacon = await guarded.client.post("/report", json={"token": token(), "outcomes": reported})
    assert beacon.json()["results"][0]["status"] == "OUTCOME_STATUS_RECORDED"
    for credential, expected in (
        ("", "API_KEY_MISSING"),
        ("nba_x", "API_KEY_INVALID"),
        (token(secret="o" * 43), "TOKEN_FORGED"),
    ):
        refused = await guarded.json(METHOD, {"channel": "web"}, **(bearer(credential) if credential else {}))
        assert (refused.status_code, reason(status_of(refused))) == (401, expected)


async def test_a_gateway_names_what_is_wrong_itself(guarded: Door) -> None:
    """JSON is read where it arrives; what cannot be read is never sent on."""
    response = await guarded.json(METHOD, {"custmerId": "x"}, **bearer(KEYS[Scope.SITE][0]))
    assert "did you mean customerId?" in response.json()["message"]
    assert guarded.server.metric("nba_calls_total", method="Decide", code="INVALID_ARGUMENT") == 0


async def test_health_is_the_servers(guarded: Door) -> None:
    """Asked over gRPC."""
    response = await guarded.client.get("/health")
    assert (response.status_code, response.json()["services"]["nba.v1.DecisionService"]) == (200, "SERVING")


async def test_a_server_without_keys_hears_where_a_call_comes_from(settings: Settings, store: Store) -> None:
    """A gateway opens nothing: foreign hosts, pages and proxies are refused behind it as before it."""
    async with running_server(settings) as running, before(running) as door:
        asked = {"customerId": "anna", "channel": "call", "preview": True}
        assert (await door.json(METHOD, asked)).status_code == 200
        for header, value in (
            ("host", "evil.example"),
            ("origin", "https://evil.example"),
            ("x_forwarded_for", "192.0.2.7"),
        ):
            response = await door.json(METHOD, asked, **{header: value})
            assert (response.status_code, reason(status_of(response))) == (403, "NOT_LOCAL")


async def test_deadlines_and_leaving_callers_reach_the_server(http_settings: Settings, tmp_path: Path) -> None:
    """A deadline ends the call there, and so does a closed connection."""
    with EmbeddedEngine.start(tmp_path / "own") as engine:
        settings = dataclasses.replace(http_settings, http="", store=engine.url, store_patience=2_000)
        async with running_server(settings) as running, before(running) as door:
            for number in range(10):
                assert (await door.binary(METHOD, request(f"warm-{number}"))).status_code == 200
            with frozen(engine.pid):
                # on a machine that stalls a deadline may pass before the call has reached the server
                for _ in range(TRIES):
                    response = await door.binary(METHOD, request(), connect_timeout_ms="300")
                    assert (response.status_code, reason(status_of(response))) == (504, "DEADLINE_EXCEEDED")
                    await until(lambda: not running.metric("nba_calls_in_flight"))
                    if cancelled(running):
                        break
                assert cancelled(running) == 1
                leaving = asyncio.create_task(door.binary(METHOD, request()))
                await until(lambda: running.metric("nba_calls_in_flight") > 0)
                leaving.cancel()
                await asyncio.gather(leaving, return_exceptions=True)
                await until(lambda: not running.metric("nba_calls_in_flight"))
                assert cancelled(running) == 2


def cancelled(running: Running) -> float:
    """Calls that ended in the server since their callers did not wait any longer."""
    return running.metric("nba_calls_total", method="Decide", code="CANCELLED")


async def test_a_gateway_comes_through_a_restart_of_the_server(settings: Settings, store: Store) -> None:
    """While the server is away callers are told so, with the time to come back; afterwards all is as before."""
    with socket.socket() as reserved:  # bound all the while, so that the port is nobody else's while the server is away
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{reserved.getsockname()[1]}"
        settings = dataclasses.replace(settings, listen=address, max_connection_age=200)
        async with (
            gateway(GatewaySettings(address, "127.0.0.1:0")) as url,
            httpx.AsyncClient(base_url=url, timeout=30) as client,
        ):
            door = Door(client, None)  # type: ignore[arg-type]
            for _ in range(2):
                response = await door.binary(METHOD, request(), connect_timeout_ms="20000")
                assert (response.status_code, reason(status_of(response))) == (503, "UPSTREAM_UNAVAILABLE")
                assert response.headers["retry-after"] == "1"
                assert (await client.get("/health")).status_code == 503
                async with running_server(settings):
                    async with asyncio.timeout(30):
                        while True:
                            if (await door.binary(METHOD, request())).status_code == 200:
                                break
                            await asyncio.sleep(0.05)


async def test_a_gateway_over_tls(keyed_settings: Settings, store: Store, tmp_path: Path) -> None:
    """To a server elsewhere the gateway speaks TLS, checked against the authority that it is given."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    (tmp_path / "key.pem").write_bytes(certificate.private_key_pem.bytes())
    (tmp_path / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    (tmp_path / "ca.pem").write_bytes(authority.cert_pem.bytes())
    settings = dataclasses.replace(
        keyed_settings, http="", transport=GRPCIO, tls_cert=tmp_path / "cert.pem", tls_key=tmp_path / "key.pem"
    )
    async with running_server(settings) as running:
        upstream = f"localhost:{running.serving.port}"
        async with before(running, upstream=upstream, encrypted=True, authority=tmp_path / "ca.pem") as door:
            response = await door.json(METHOD, {"channel": "web"}, **bearer(token()))
            assert response.status_code == 200


class Killable:
    """`nba gateway` as a process, killed and started again on the same port."""

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self.address = "127.0.0.1:0"
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Waits until it listens."""
        command = ["gateway", "--to", self._upstream, "--http", self.address]
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "nba_server", *command, stdout=asyncio.subprocess.PIPE
        )
        assert self.process.stdout is not None
        line = (await asyncio.wait_for(self.process.stdout.readline(), 90)).decode()
        found = re.search(r"http://(\S+)", line)
        assert found, line
        self.address = found[1]

    async def kill(self) -> None:
        """As the kernel does when memory runs out."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()


async def test_a_killed_gateway_loses_and_doubles_nothing(settings: Settings, store: Store) -> None:
    """What was acknowledged is in the journal; what was not is sent again and counts once."""
    async with running_server(settings) as running:
        await running.stubs.upsert()
        decision = await running.stubs.decide(channel="web")
        killable = Killable(running.address)
        await killable.start()
        waiting = [f"event-{number}" for number in range(EVENTS)]
        acknowledged: list[str] = []

        async def caller(client: httpx.AsyncClient) -> None:
            while waiting:
                event = waiting.pop()
                reaction = outcome(decision.decision_id, "IMPRESSION", action=decision.actions[0].action, eventId=event)
                try:
                    response = await client.post("/nba.v1.OutcomeService/RecordOutcome", json={"outcome": reaction})
                except httpx.TransportError:
                    waiting.append(event)
                    await asyncio.sleep(0.05)
                    continue
                assert response.status_code == 200, response.text
                acknowledged.append(event)

        limits = httpx.Limits(max_connections=AT_ONCE)
        async with httpx.AsyncClient(
            base_url=f"http://{killable.address}", trust_env=False, limits=limits, timeout=30
        ) as client:
            callers = [asyncio.create_task(caller(client)) for _ in range(AT_ONCE)]
            async with asyncio.timeout(60):
                while True:
                    if len(acknowledged) > EVENTS // 4:
                        break
                    await asyncio.sleep(0.001)
            await killable.kill()
            assert waiting
            await killable.start()
            await asyncio.wait_for(asyncio.gather(*callers), 60)
            await killable.kill()
        records = await running.serving.store.journal.read({}, 10_000)
        entries = [JournalEntry.FromString(record.payload) for record in records if record.kind == "outcome"]
        journaled = [entry.outcome.event_id for entry in entries]
        assert sorted(journaled) == sorted(acknowledged) == sorted(f"event-{number}" for number in range(EVENTS))
