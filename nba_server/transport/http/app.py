"""The HTTP door's routes and what every request passes, as visible lists. Carries byte handlers and knows no use case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from connectrpc.code import Code
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from nba_server.transport.grpc.call import Handler
from nba_server.transport.http.cloud_events.endpoint import cloud_events
from nba_server.transport.http.connect import ConnectDoor
from nba_server.transport.http.cors import cors
from nba_server.transport.http.failures import refused
from nba_server.transport.http.front import Front, unknown_method
from nba_server.transport.http.headers import SafeHeaders
from nba_server.transport.http.methods import Methods
from nba_server.transport.http.pages import Serving, pages
from nba_server.transport.http.report import report


@dataclass(frozen=True, slots=True)
class Policy:
    """Pages of which `origins` may call, and how large a request may be, in bytes."""

    origins: Sequence[str] = ()
    max_message: int = 4_194_304


def http_app(handlers: Mapping[str, Handler], methods: Methods, serving: Serving, policy: Policy) -> Starlette:
    """The application. `serving` tells which services serve now, for `/health`."""
    door = Front(ConnectDoor(handlers, methods, policy.max_message), handlers)
    services = sorted({name.split("/")[1] for name in handlers})
    routes: list[BaseRoute] = [
        *(Route(f"/{service}/{{method:path}}", door) for service in services),
        Route("/report", report(handlers, policy.max_message), methods=["POST"]),
        Route("/events", cloud_events(handlers, policy.max_message), methods=["POST"]),
        *pages(serving, policy.origins),
        Route("/{path:path}", _no_method, methods=["POST"]),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(SafeHeaders), *cors(policy.origins)],
        exception_handlers={HTTPException: _refused},
    )


def _no_method(request: Request) -> Response:
    return unknown_method(request.url.path, request.headers.get("content-type", ""))


def _refused(request: Request, fault: Exception) -> Response:
    """What is not there, or not by this method, in words."""
    assert isinstance(fault, HTTPException)
    path = request.url.path
    if fault.status_code == HTTPStatus.NOT_FOUND:
        return refused(HTTPStatus.NOT_FOUND, Code.NOT_FOUND, f"nothing is at {path[:200]}; / lists what is here")
    headers = dict(fault.headers or {})
    words = f"{path[:200]} takes {headers.get('Allow', 'other methods')}, and this is {request.method}"
    return refused(fault.status_code, Code.UNIMPLEMENTED, words, headers)
