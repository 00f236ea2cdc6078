"""`POST /report`: outcomes from a page that is being left. A beacon can set no header and reads no answer, so the subject
token travels in the body; from there on it is the call RecordOutcomes, with everything that belongs to it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import orjson
from connectrpc.code import Code
from connectrpc.errors import ConnectError
from starlette.requests import Request
from starlette.responses import Response

from nba_server.pb import outcome_pb2
from nba_server.transport.grpc.call import Aborted, Call, Handler
from nba_server.transport.http.body import TooLarge, patient, read_body, too_large
from nba_server.transport.http.codecs import Answer, to_json
from nba_server.transport.http.failures import error_response, refused
from nba_server.transport.http.json_reading import read_json

METHOD = "/nba.v1.OutcomeService/RecordOutcomes"
FORM = '{"token": "<subject token>", "outcomes": {"outcomes": [...]}}'


def report(handlers: Mapping[str, Handler], max_message: int) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint; `max_message` in bytes."""
    record = handlers[METHOD]

    async def reported(request: Request) -> Response:
        try:
            document = _document(await read_body(Request(request.scope, patient(request.receive)), max_message))
        except TooLarge:
            return too_large(max_message)
        except (ValueError, ConnectError) as fault:
            words = fault.message if isinstance(fault, ConnectError) else f"the body must be JSON like {FORM}: {fault}"
            return refused(HTTPStatus.BAD_REQUEST, Code.INVALID_ARGUMENT, words)
        peer = request.client.host if request.client else ""
        call = Call(METHOD, _metadata(request, document.get("token")), read=read_json, peer=peer)
        try:
            answer = await record(orjson.dumps(document["outcomes"]), call)
        except Aborted as refusal:
            return error_response(refusal)
        body = to_json(Answer(answer, outcome_pb2.RecordOutcomesResponse))
        return Response(body, media_type="application/json")

    return reported


def _document(body: bytes) -> dict[str, Any]:
    document = orjson.loads(body)
    if not isinstance(document, dict) or not isinstance(document.get("outcomes"), dict):
        raise ValueError("it has no object `outcomes`")
    unknown = set(document) - {"token", "outcomes"}
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))} is nothing that it has")
    return document


def _metadata(request: Request, token: object) -> dict[str, str | bytes]:
    """The request's headers, with the token where a header would have it."""
    headers: dict[str, str | bytes] = dict(request.headers)
    if isinstance(token, str) and token:
        headers["authorization"] = f"Bearer {token}"
    return headers
