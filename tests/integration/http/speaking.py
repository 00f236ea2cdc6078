"""A client of the HTTP door without a library of ours: what goes over the wire, and what comes back."""

from __future__ import annotations

import base64
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from nba_server.settings import Settings
from tests.integration.running import Running, running_server

DECIDE = "/nba.v1.DecisionService/Decide"
CODES = """ok canceled unknown invalid_argument deadline_exceeded not_found already_exists permission_denied
resource_exhausted failed_precondition aborted out_of_range unimplemented internal unavailable data_loss unauthenticated"""
GRPC_NUMBERS = {name: number for number, name in enumerate(CODES.split())}


@dataclass(frozen=True, slots=True)
class Door:
    """The HTTP door of a server in this process, and the server."""

    client: httpx.AsyncClient
    server: Running

    async def json(self, method: str, request: object, **headers: str) -> httpx.Response:
        """A call in Connect JSON; `_` in a header's name is a hyphen."""
        return await self.client.post(f"/nba.v1.{method}", json=request, headers=_hyphens(headers))

    async def binary(self, method: str, message: Message, **headers: str) -> httpx.Response:
        """A call in Connect binary."""
        form = {"content-type": "application/proto", **_hyphens(headers)}
        return await self.client.post(f"/nba.v1.{method}", content=message.SerializeToString(), headers=form)

    async def web(self, method: str, message: Message, **headers: str) -> tuple[bytes | None, dict[str, str]]:
        """A call in gRPC-Web: the answer's bytes (None for a failure), and the trailers."""
        data = message.SerializeToString()
        form = {"content-type": "application/grpc-web+proto", **_hyphens(headers)}
        framed = struct.pack(">BI", 0, len(data)) + data
        response = await self.client.post(f"/nba.v1.{method}", content=framed, headers=form)
        assert response.status_code == 200
        answer, trailers = None, dict(response.headers)
        body = response.content
        while body:
            flags, size = struct.unpack(">BI", body[:5])
            part, body = body[5 : 5 + size], body[5 + size :]
            if flags & 128:
                trailers |= dict(line.split(": ", 1) for line in part.decode().splitlines())
            else:
                answer = part
        return answer, trailers


def status_of(response: httpx.Response) -> Status:
    """A Connect error as the status that gRPC would send."""
    body = response.json()
    status = Status(code=GRPC_NUMBERS[body["code"]], message=body["message"])
    for found in body.get("details", ()):
        value = base64.b64decode(found["value"] + "===")
        status.details.add(type_url="type.googleapis.com/" + found["type"], value=value)
    return status


def web_status(trailers: Mapping[str, str]) -> Status:
    """The status in gRPC-Web trailers."""
    return Status.FromString(base64.b64decode(trailers["grpc-status-details-bin"] + "==="))


@asynccontextmanager
async def open_door(settings: Settings, **options: Any) -> AsyncIterator[Door]:
    """A server with its HTTP door on a free port; `options` are of the HTTP client."""
    async with running_server(settings) as running:
        url = f"http://127.0.0.1:{running.serving.http_port}"
        async with httpx.AsyncClient(base_url=url, timeout=20, trust_env=False, **options) as client:
            yield Door(client, running)


def _hyphens(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
