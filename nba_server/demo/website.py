"""The demo's website: a door for browsers beside the demo's server, with API keys and tokens as in earnest, and the example shop.

The demo's own server trusts this machine and has no keys; pages in a browser are given no such trust.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import grpc
from ruamel.yaml import YAML

from nba_client.pb import customer_pb2, customer_pb2_grpc
from nba_server.demo.process import ServerProcess, free_address
from nba_server.demo.shop import Backend, ExampleShop
from nba_server.transport.api_keys import new_key
from nba_server.transport.http.pages import STATIC
from nba_server.transport.subject_tokens import Subject, mint

SITE = "example-shop"
PORT = 8081


@contextmanager
def website(data: Path, store: str, catalogue: Path, customers: Sequence[str]) -> Iterator[str]:
    """The address of the shop's page, for as long as it is served. `store` is the address of the demo's store."""
    folder = data / "website"
    folder.mkdir(exist_ok=True)
    key, secret, file = _key(folder)
    port = int(free_address(PORT).rpartition(":")[2])
    listener = ExampleShop.bind(port)
    origin, door = f"http://127.0.0.1:{port}", free_address(0)
    flags = {
        "--store": store,
        "--archive": str(data / "archive"),
        "--http": door,
        "--http-origins": origin,
        "--api-keys": str(file),
    }
    parts = [part for pair in flags.items() for part in pair]
    with (
        ServerProcess(folder, catalogue, free_address(0), *parts) as server,
        grpc.insecure_channel(server.address) as channel,
    ):
        stub = customer_pb2_grpc.CustomerServiceStub(channel)

        def identify(visitor: str, customer: str) -> None:
            request = customer_pb2.IdentifyVisitorRequest(visitor_id=visitor, customer_id=customer)
            stub.IdentifyVisitor(request, metadata=[("x-api-key", key)], timeout=5)

        def sign(customer: str, visitor: str) -> str:
            subject = Subject(customer_id=customer) if customer else Subject(visitor_id=visitor)
            return mint(SITE, secret, subject, time.time())

        with ExampleShop(STATIC, Backend(f"http://{door}", customers, sign, identify)) as shop:
            shop.start(listener)
            yield f"{origin}/shop/"


def _key(folder: Path) -> tuple[str, str, Path]:
    """A new key of the example's site, the secret that signs its tokens, and the server's key file."""
    key, entry = new_key(SITE, ["site"], tokens=True)
    file = folder / "keys.yaml"
    file.touch(mode=0o600)
    document = {
        "keys": [
            {"name": SITE, "sha256": entry.sha256, "scopes": sorted(entry.scopes), "token_secret": entry.token_secret}
        ]
    }
    with file.open("w", encoding="utf-8") as out:
        YAML().dump(document, out)
    return key, entry.token_secret, file
