"""Who may call what: API keys with scopes, TLS, and a server that refuses to be open by mistake."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
import trustme
from google.protobuf.message_factory import GetMessageClass
from prometheus_client import CollectorRegistry

from nba_server.adapters.redis.store import Store
from nba_server.bootstrap import serving
from nba_server.errors import InvalidArgument
from nba_server.pb import catalog_pb2, contact_pb2, customer_pb2, decision_pb2, event_pb2, model_pb2, outcome_pb2
from nba_server.settings import GRPCIO, Settings
from nba_server.transport.api_keys import new_key
from nba_server.transport.grpc.scopes import SCOPES, Scope
from tests.integration.running import Running, failure, reason, request, running_server

FILES = (catalog_pb2, contact_pb2, customer_pb2, decision_pb2, event_pb2, model_pb2, outcome_pb2)
REQUESTS = {
    f"/{service.full_name}/{method.name}": GetMessageClass(method.input_type)
    for file in FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
KEYS = {scope: new_key(f"caller-{scope}", [scope]) for scope in Scope}


@pytest.fixture
def keyed(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with one key a scope."""
    path = tmp_path / "keys.yaml"
    entries = [
        f"- {{name: {entry.name}, sha256: {entry.sha256}, scopes: [{scope}]}}" for scope, (_, entry) in KEYS.items()
    ]
    path.write_text("keys:\n" + "\n".join(entries) + "\n")
    return dataclasses.replace(settings, api_keys=path)


@pytest.fixture
async def guarded(keyed: Settings, store: Store) -> AsyncIterator[Running]:
    """A server with API keys."""
    async with running_server(keyed) as running:
        yield running


async def test_every_method_checks_its_scopes(guarded: Running) -> None:
    """Each method lets in the scopes of its row in the table, and no others."""
    for method, message_class in REQUESTS.items():
        call = guarded.stubs.channel.unary_unary(method)
        for scope, (key, _) in KEYS.items():
            refused = ""
            try:
                await call(message_class().SerializeToString(), metadata=[("x-api-key", key)])
            except grpc.aio.AioRpcError as error:
                refused = error.code().name
            assert (refused == "PERMISSION_DENIED") == (scope not in SCOPES[method]), (method, scope, refused)
            assert refused not in ("INTERNAL", "UNKNOWN", "UNIMPLEMENTED"), (method, scope)


async def test_without_a_key_nothing_is_answered(guarded: Running) -> None:
    """With a key file even a local caller needs a key."""
    code, status = await failure(guarded.stubs.decisions.Decide(request()))
    assert (code, reason(status)) == (grpc.StatusCode.UNAUTHENTICATED, "API_KEY_MISSING")


async def test_callers_have_request_ids_of_their_own(guarded: Running) -> None:
    """The same request id of two callers names two decisions."""
    ids = set()
    for scope in (Scope.SITE, Scope.AGENT):
        metadata = [("authorization", f"Bearer {KEYS[scope][0]}")]
        ids.add((await guarded.stubs.decisions.Decide(request(request_id="r1"), metadata=metadata)).decision_id)
    assert len(ids) == 2


async def test_tls_with_keys_on_any_address(keyed: Settings, store: Store, tmp_path: Path) -> None:
    """With a certificate and keys the server listens beyond loopback, answers over TLS and not in the clear."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    (tmp_path / "key.pem").write_bytes(certificate.private_key_pem.bytes())
    (tmp_path / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    settings = dataclasses.replace(
        keyed, transport=GRPCIO, listen="0.0.0.0:0", tls_cert=tmp_path / "cert.pem", tls_key=tmp_path / "key.pem"
    )
    assert Settings.load({}, settings.environment()) == settings
    async with running_server(settings) as running:
        trusted = grpc.ssl_channel_credentials(authority.cert_pem.bytes())
        address = f"localhost:{running.serving.port}"
        metadata = [("x-api-key", KEYS[Scope.SITE][0])]
        method = "/nba.v1.DecisionService/Decide"
        asked = request().SerializeToString()
        async with grpc.aio.secure_channel(address, trusted) as channel:
            assert await channel.unary_unary(method)(asked, metadata=metadata)
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await running.stubs.decide_bytes(asked, metadata=metadata)
        assert raised.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_client_certificates_are_required_when_asked_for(keyed: Settings, store: Store, tmp_path: Path) -> None:
    """With a client authority, a caller without a certificate of it is not answered, one with it is."""
    authority = trustme.CA()
    certificate, own = authority.issue_cert("localhost"), authority.issue_cert("caller@example.org")
    (tmp_path / "key.pem").write_bytes(certificate.private_key_pem.bytes())
    (tmp_path / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    (tmp_path / "ca.pem").write_bytes(authority.cert_pem.bytes())
    settings = dataclasses.replace(
        keyed,
        transport=GRPCIO,
        tls_cert=tmp_path / "cert.pem",
        tls_key=tmp_path / "key.pem",
        tls_client_ca=tmp_path / "ca.pem",
    )
    chain = b"".join(blob.bytes() for blob in own.cert_chain_pems)
    strangers = grpc.ssl_channel_credentials(authority.cert_pem.bytes())
    friends = grpc.ssl_channel_credentials(authority.cert_pem.bytes(), own.private_key_pem.bytes(), chain)
    metadata = [("x-api-key", KEYS[Scope.SITE][0])]
    async with running_server(settings) as running:
        for credentials, answered in ((friends, True), (strangers, False)):
            async with grpc.aio.secure_channel(
                f"localhost:{running.serving.port}", credentials, [("grpc.enable_retries", 0)]
            ) as channel:
                call = channel.unary_unary("/nba.v1.DecisionService/Decide")
                if answered:
                    assert await call(request().SerializeToString(), metadata=metadata)
                    continue
                with pytest.raises(grpc.aio.AioRpcError) as raised:
                    await call(request().SerializeToString(), metadata=metadata)
                assert raised.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_wrong_key_file_stops_the_start(settings: Settings, store: Store, tmp_path: Path) -> None:
    """A key file with faults is refused before anything listens."""
    (tmp_path / "keys.yaml").write_text("keys: [{name: a}]")
    wrong = dataclasses.replace(settings, api_keys=tmp_path / "keys.yaml")
    with pytest.raises(InvalidArgument, match="sha256"):
        async with serving(wrong, CollectorRegistry()):
            pass
