"""The same call over gRPC, Connect and gRPC-Web: the same bytes, the same errors, the same effects."""

from __future__ import annotations

import gzip
import json

import httpx
import pytest
from google.protobuf.json_format import MessageToDict, ParseDict

from nba_server.pb import decision_pb2
from tests.integration.http.speaking import DECIDE, Door, status_of, web_status
from tests.integration.running import failure, request

METHOD = "DecisionService/Decide"


async def test_every_protocol_gives_the_same_bytes(door: Door) -> None:
    """The answer for one request id is byte for byte the same over gRPC, Connect binary and gRPC-Web, and JSON means it."""
    await door.server.stubs.upsert()
    asked = request(request_id="same")
    over_grpc = await door.server.stubs.decide_bytes(asked.SerializeToString())
    answer = decision_pb2.DecideResponse.FromString(over_grpc)
    assert answer.actions
    assert (await door.binary(METHOD, asked)).content == over_grpc
    assert (await door.web(METHOD, asked))[0] == over_grpc
    as_json = await door.json(METHOD, MessageToDict(asked))
    assert ParseDict(as_json.json(), decision_pb2.DecideResponse()) == answer
    assert as_json.headers["content-type"] == "application/json"


FAULTS = {
    "two fields": request(channel="fax", request_id="x" * 200),
    "no such decision to supersede": request(supersedes="not-an-id"),
    "a foreign placement": request(placements=[decision_pb2.PlacementRequest(placement="banner")]),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_every_protocol_gives_the_same_error(door: Door, fault: str) -> None:
    """Code, message and every detail of a refusal are those of gRPC."""
    asked = FAULTS[fault]
    _, expected = await failure(door.server.stubs.decisions.Decide(asked))
    assert len(expected.details) == 2
    for response in (await door.binary(METHOD, asked), await door.json(METHOD, MessageToDict(asked))):
        assert response.status_code == 400
        assert status_of(response) == expected
    answer, trailers = await door.web(METHOD, asked)
    assert answer is None
    assert trailers["grpc-status"] == str(expected.code)
    assert web_status(trailers) == expected


async def test_a_used_request_id_is_a_conflict_over_http_too(door: Door) -> None:
    """ALREADY_EXISTS is HTTP 409."""
    await door.json(METHOD, {"customerId": "anna", "channel": "call", "requestId": "r"})
    response = await door.json(METHOD, {"customerId": "anna", "channel": "web", "requestId": "r"})
    assert (response.status_code, response.json()["code"]) == (409, "already_exists")


async def test_field_names_as_in_the_proto_files_are_understood(door: Door) -> None:
    """JSON may name fields as the proto files do; answers name them in camelCase."""
    response = await door.json(METHOD, {"customer_id": "anna", "channel": "call", "preview": True})
    assert response.status_code == 200
    assert "catalogHash" in response.json()


async def test_compressed_requests_and_answers(door: Door) -> None:
    """A gzip request is read; an answer is packed for those who accept it."""
    body = gzip.compress(json.dumps({"customerId": "anna", "channel": "call"}).encode())
    headers = {"content-type": "application/json", "content-encoding": "gzip", "accept-encoding": "gzip"}
    response = await door.client.post(DECIDE, content=body, headers=headers)
    assert response.status_code == 200
    assert response.headers["content-encoding"] == "gzip"
    assert response.json()["decisionId"]


async def test_calls_over_http_are_counted_like_others(door: Door) -> None:
    """One counter for a method, whichever way a call comes."""
    before = door.server.metric("nba_calls_total", method="Decide", code="OK")
    await door.json(METHOD, {"customerId": "anna", "channel": "call"})
    await door.json(METHOD, {"channel": ""})
    assert door.server.metric("nba_calls_total", method="Decide", code="OK") == before + 1
    assert door.server.metric("nba_calls_total", method="Decide", code="INVALID_ARGUMENT") == 1


async def test_one_connection_carries_many_calls(door: Door) -> None:
    """Connections are kept."""
    for _ in range(3):
        response = await door.json(METHOD, {"customerId": "anna", "channel": "call", "preview": True})
        assert isinstance(response, httpx.Response)
        assert response.status_code == 200
        assert response.headers.get("connection", "keep-alive") == "keep-alive"
