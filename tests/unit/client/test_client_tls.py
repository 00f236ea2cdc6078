"""Encryption against a real server with a certificate of its own authority."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
import trustme

from nba_client import AsyncClient, Client, Deadlines, Retry, Tls
from nba_client.errors import Unavailable
from nba_client.pb import decision_pb2, decision_pb2_grpc

ONCE = Retry(attempts=1)
PATIENT = Deadlines(decide=20.0)


class _Decisions(decision_pb2_grpc.DecisionServiceServicer):
    def Decide(self, request: decision_pb2.DecideRequest, context: object) -> decision_pb2.DecideResponse:  # noqa: N802
        return decision_pb2.DecideResponse(decision_id="encrypted")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority that nobody else knows."""
    return trustme.CA()


@pytest.fixture(scope="module")
def port(authority: trustme.CA) -> Iterator[int]:
    """A TLS server for the name localhost."""
    certificate = authority.issue_cert("localhost")
    pair = (certificate.private_key_pem.bytes(), b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    server = grpc.server(ThreadPoolExecutor(max_workers=2))
    decision_pb2_grpc.add_DecisionServiceServicer_to_server(_Decisions(), server)
    number = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
    server.start()
    yield number
    server.stop(0).wait()


async def test_a_server_of_a_named_authority_is_trusted_by_both_faces(port: int, authority: trustme.CA) -> None:
    """The authority's certificate is given; also for an address that the certificate does not name."""
    tls = Tls(root_certificates=authority.cert_pem.bytes())
    with Client(f"localhost:{port}", tls=tls, deadlines=PATIENT) as client:
        assert client.decide("c", channel="web").decision_id == "encrypted"
    named = Tls(root_certificates=tls.root_certificates, server_name="localhost")
    async with AsyncClient(f"127.0.0.1:{port}", tls=named, deadlines=PATIENT) as client:
        assert (await client.decide("c", channel="web")).decision_id == "encrypted"


def test_a_server_of_an_unknown_authority_is_refused(port: int) -> None:
    """No key is sent to it."""
    with Client(f"localhost:{port}", tls=True, api_key="secret", retry=ONCE) as client, pytest.raises(Unavailable):
        client.decide("c", channel="web", timeout=20.0)
