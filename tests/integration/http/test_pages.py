"""What the door shows to people and pages: files with honest caching, health, CORS by setting, TLS by the same settings."""

from __future__ import annotations

import dataclasses
import os
import socket
import ssl
from pathlib import Path

import httpx
import pytest
import trustme

from nba_server.adapters.redis.store import Store
from nba_server.errors import FailedPrecondition, InvalidArgument
from nba_server.settings import GRPCIO, Settings
from nba_server.transport.grpc.scopes import SCOPES, Scope
from nba_server.transport.http.files import Folder
from tests.integration.http.conftest import KEYS, ORIGIN
from tests.integration.http.speaking import DECIDE, Door, open_door
from tests.integration.running import running_server

ASKED = {"customerId": "anna", "channel": "call", "preview": True}


async def test_the_first_page_lists_what_is_here(door: Door) -> None:
    """HTML for people, with a policy that lets nothing in from elsewhere, to be asked for again each time."""
    response = await door.client.get("/")
    assert response.status_code == 200
    for word in ("agent/", "shop/", "openapi.json", "health"):
        assert word in response.text
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert f"frame-ancestors 'self' {ORIGIN}" in policy
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_a_file_that_has_not_changed_costs_nothing(door: Door) -> None:
    """The ETag is the content's; with it the answer is 304, and gzip is for those who take it."""
    response = await door.client.get("/openapi.json", headers={"accept-encoding": "gzip"})
    etag = response.headers["etag"]
    assert response.headers["content-encoding"] == "gzip"
    for tags in (etag, f"W/{etag}", f'"other", {etag}'):
        again = await door.client.get("/openapi.json", headers={"if-none-match": tags})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    plain = await door.client.get("/openapi.json", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == response.json()


async def test_the_description_names_every_method(door: Door) -> None:
    """OpenAPI 3.1, a path for each method of the table of scopes, and the beacon."""
    description = (await door.client.get("/openapi.json")).json()
    assert description["openapi"].startswith("3.1")
    assert set(SCOPES) <= set(description["paths"])
    assert "/report" in description["paths"]


async def test_nothing_else_is_shown(door: Door) -> None:
    """Neither what is not there nor what lies beside the folder."""
    base = f"http://127.0.0.1:{door.server.serving.http_port}/"
    async with httpx.AsyncClient(trust_env=False) as client:
        for path in ("/../pyproject.toml", "/agent/../../app.py", "/%2e%2e/app.py", "/a%00b", "/nothing"):
            request = client.build_request("GET", base)
            request.url = request.url.copy_with(raw_path=path.encode())
            response = await client.send(request)
            assert (response.status_code, response.json()["code"]) == (404, "not_found"), path


async def test_a_changed_file_is_seen(tmp_path: Path) -> None:
    """Who builds a page need not restart the server."""
    folder = Folder(tmp_path, "")
    (tmp_path / "page.js").write_text("1")
    first = folder.find("page.js")
    (tmp_path / "page.js").write_text("2")
    os.utime(tmp_path / "page.js", ns=(1, 1))
    second = folder.find("page.js")
    assert (first.body, second.body) == (b"1", b"2")
    assert first.etag != second.etag
    assert second.media_type == "text/javascript"


async def test_health_says_what_serves(door: Door) -> None:
    """The states of the gRPC health service, as JSON."""
    response = await door.client.get("/health")
    assert response.status_code == 200
    assert response.json()["status"] == "SERVING"
    assert response.json()["services"]["nba.v1.DecisionService"] == "SERVING"


async def test_only_pages_of_allowed_origins_may_call(door: Door) -> None:
    """A preflight is answered for two hours, by name and never for cookies; other origins get no leave."""
    headers = {"access-control-request-method": "POST", "access-control-request-headers": "authorization, content-type"}
    allowed = await door.client.options(DECIDE, headers=headers | {"origin": ORIGIN})
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == ORIGIN
    assert allowed.headers["access-control-max-age"] == "7200"
    assert "access-control-allow-credentials" not in allowed.headers
    refused = await door.client.options(DECIDE, headers=headers | {"origin": "https://evil.example"})
    assert refused.status_code == 400
    assert "access-control-allow-origin" not in refused.headers
    called = await door.json("DecisionService/Decide", ASKED, origin=ORIGIN)
    assert called.headers["access-control-allow-origin"] == ORIGIN
    assert "retry-after" in called.headers["access-control-expose-headers"]
    failed = await door.json("DecisionService/Decide", {"channel": "fax"}, origin=ORIGIN)
    assert (failed.status_code, failed.headers["access-control-allow-origin"]) == (400, ORIGIN)


async def test_without_the_setting_no_origin_may_call(keyed_settings: Settings, store: Store) -> None:
    """No CORS header at all."""
    async with open_door(dataclasses.replace(keyed_settings, http_origins=())) as door:
        response = await door.client.options(
            DECIDE, headers={"origin": ORIGIN, "access-control-request-method": "POST"}
        )
        assert response.status_code == 405
        assert not [name for name in response.headers if name.startswith("access-control")]


async def test_tls_by_the_settings_of_the_grpc_port(keyed_settings: Settings, store: Store, tmp_path: Path) -> None:
    """With a certificate and keys the door may be open to all; in the clear nobody is answered."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    (tmp_path / "key.pem").write_bytes(certificate.private_key_pem.bytes())
    (tmp_path / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    settings = dataclasses.replace(
        keyed_settings, http="0.0.0.0:0", transport=GRPCIO, tls_cert=tmp_path / "cert.pem", tls_key=tmp_path / "key.pem"
    )
    assert Settings.load({}, settings.environment()) == settings
    context = ssl.create_default_context()
    authority.configure_trust(context)
    async with running_server(settings) as running:
        address = f"localhost:{running.serving.http_port}"
        async with httpx.AsyncClient(verify=context, trust_env=False) as client:
            headers = {"x-api-key": KEYS[Scope.SITE][0]}
            response = await client.post(f"https://{address}{DECIDE}", json=ASKED, headers=headers)
            assert response.status_code == 200
            with pytest.raises(httpx.TransportError):
                await client.get(f"http://{address}/health")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"http": "0.0.0.0:8080"}, "--http: 0.0.0.0:8080 is not loopback"),
        ({"http": "8080"}, "is no address"),
        ({"http_origins": "shop.example"}, "is no origin"),
        ({"http_origins": "https://shop.example/path"}, "is no origin"),
    ],
)
def test_a_door_that_would_be_open_by_mistake_is_refused(flags: dict[str, str], words: str) -> None:
    """Before anything listens, and with the flag's name."""
    with pytest.raises(InvalidArgument, match=words.replace(".", r"\.")):
        Settings.load(flags, {})


async def test_a_taken_port_is_said_so(http_settings: Settings, store: Store) -> None:
    """Somebody else listens there: the flag to change is named."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = dataclasses.replace(http_settings, http=f"127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(FailedPrecondition, match="choose another --http"):
            async with running_server(settings):
                pass
