"""The way in to the methods: refuses what cannot be a call with a sentence, before connectrpc sees it.

connectrpc answers such requests without a word; a person with curl should read what is wrong.
"""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus

from connectrpc.code import Code
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from nba_server.transport.http.body import patient
from nba_server.transport.http.failures import refused

JSON = "application/json"
FORMS = (
    JSON,
    "application/proto",
    "application/grpc-web",
    "application/grpc-web+proto",
    "application/grpc-web+json",
)
_WEB = "application/grpc-web"
_NAMES_NO_METHOD = "12"
"""UNIMPLEMENTED."""


class Front:
    """Lets calls of `methods` (full names) through to `door`."""

    def __init__(self, door: ASGIApp, methods: Collection[str]) -> None:
        self._door = door
        self._methods = frozenset(methods)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
        else:
            await self._door(scope, patient(receive), send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        form = headers.get("content-type", "").partition(";")[0].strip().lower()
        if scope["path"] not in self._methods:
            return unknown_method(scope["path"], form)
        if scope["method"] != "POST":
            words = f"calls are POST requests, and this is {scope['method']}"
            return refused(HTTPStatus.METHOD_NOT_ALLOWED, Code.UNIMPLEMENTED, words, {"allow": "POST"})
        if form not in FORMS:
            found = f"{form!r} is none" if form else "there is none"
            words = f"the content type must be one of {', '.join(FORMS)}; {found}"
            if form.startswith("application/grpc"):
                words += "; plain gRPC is spoken on the server's gRPC port"
            accepts = {"accept-post": ", ".join(FORMS)}
            return refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, Code.INVALID_ARGUMENT, words, accepts)
        return None


def unknown_method(path: str, form: str) -> Response:
    """What a call of a method that does not exist gets, in the caller's protocol."""
    words = f"{path[:200]} is no method of this server; /openapi.json lists them"
    if form.startswith(_WEB):
        headers = {"content-type": form, "grpc-status": _NAMES_NO_METHOD, "grpc-message": words}
        return Response(b"", HTTPStatus.OK, headers)
    return refused(HTTPStatus.NOT_FOUND, Code.UNIMPLEMENTED, words)
