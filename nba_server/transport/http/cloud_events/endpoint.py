"""`POST /events`: each event becomes a part of a call, with everything that belongs to a call, and has an answer of its own.

A repeat (same source and id) changes nothing and says so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus

import orjson
from connectrpc.code import Code
from connectrpc.errors import ConnectError
from starlette.requests import Request
from starlette.responses import Response

from nba_server.errors import InvalidArgument
from nba_server.transport.grpc.call import Aborted, Call, Handler
from nba_server.transport.http.body import TooLarge, patient, read_body, too_large
from nba_server.transport.http.cloud_events.calls import Group, Result, groups_of
from nba_server.transport.http.cloud_events.envelope import CloudEvent, NotReadable, read
from nba_server.transport.http.cloud_events.messages import Item, item_of
from nba_server.transport.http.failures import code_of, error_response, refused

_FINAL = frozenset({Code.UNAUTHENTICATED, Code.PERMISSION_DENIED, Code.UNIMPLEMENTED})
"""Failures that no repeat mends."""


def cloud_events(handlers: Mapping[str, Handler], max_message: int) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint; `max_message` in bytes."""

    async def events(request: Request) -> Response:
        try:
            body = await read_body(Request(request.scope, patient(request.receive)), max_message)
            found, batch = read(request.headers.get("content-type", ""), request.headers, body)
        except TooLarge:
            return too_large(max_message)
        except (NotReadable, ConnectError) as fault:
            words = fault.message if isinstance(fault, ConnectError) else str(fault)
            return refused(HTTPStatus.BAD_REQUEST, Code.INVALID_ARGUMENT, words)
        results: dict[int, Result] = {}
        items: list[tuple[int, Item]] = []
        for place, event in enumerate(found):
            try:
                items.append((place, item_of(event)))
            except InvalidArgument as fault:
                results[place] = _refused(fault)
        refusal = await _call_all(groups_of(items), handlers, request, results)
        if refusal is not None and all(result["status"] == "failed" for result in results.values()):
            return error_response(refusal)
        return _answer(found, results, batch=batch)

    return events


async def _call_all(
    groups: Sequence[Group], handlers: Mapping[str, Handler], request: Request, results: dict[int, Result]
) -> Aborted | None:
    """Calls group by group. After one that failed for reasons of ours nothing behind it is called; gives that failure."""
    peer = request.client.host if request.client else ""
    failed: Aborted | None = None
    for group in groups:
        if failed is None:
            call = Call(group.method, dict(request.headers), peer=peer)
            try:
                answer = await handlers[group.method](group.request().SerializeToString(), call)
                results |= dict(zip(group.places, group.results(answer), strict=True))
                continue
            except Aborted as refusal:
                if code_of(refusal.status) is Code.INVALID_ARGUMENT:
                    results |= {place: {"status": "refused", "error": _words(refusal)} for place in group.places}
                    continue
                failed = refusal
        retry = code_of(failed.status) not in _FINAL
        results |= {place: {"status": "failed", "error": _words(failed), "retry": retry} for place in group.places}
    return failed


def _words(refusal: Aborted) -> str:
    return f"{code_of(refusal.status).value.upper()}: {refusal.status.message}"


def _refused(fault: InvalidArgument) -> Result:
    words = "; ".join(f"{violation.field}: {violation.message}" for violation in fault.violations)
    return {"status": "refused", "error": f"INVALID_ARGUMENT: {words}"}


def _answer(found: Sequence[CloudEvent], results: Mapping[int, Result], *, batch: bool) -> Response:
    """A batch has an answer an event; of a single one the status says it too."""
    named = [{"id": event.id, "source": event.source, **results[place]} for place, event in enumerate(found)]
    if batch:
        return Response(orjson.dumps({"results": named}), media_type="application/json")
    status = HTTPStatus.BAD_REQUEST if named[0]["status"] == "refused" else HTTPStatus.OK
    return Response(orjson.dumps(named[0]), status, media_type="application/json")
