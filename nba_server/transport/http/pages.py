"""What the door shows besides calls: a page for people at `/`, `/health`, the OpenAPI description, and the built clients."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from nba_server.transport.http.files import Folder

STATIC = Path(__file__).parent / "static"
CLIENTS = ("agent", "shop", "sdk")
Serving = Callable[[], Awaitable[Mapping[str, bool]]]
"""Gives: service name -> whether it serves now; the empty name is the whole server."""


def pages(serving: Serving, origins: Sequence[str]) -> list[BaseRoute]:
    """The routes."""
    policy = page_policy(origins)
    routes: list[BaseRoute] = [
        Route("/health", _health(serving)),
        Route("/openapi.json", Folder(STATIC, policy).named("openapi.json")),
    ]
    for name in CLIENTS:
        routes += [
            Route(f"/{name}", _with_slash),
            Route(f"/{name}/{{path:path}}", Folder(STATIC / name, policy).serve),
        ]
    return [*routes, Route("/{path:path}", Folder(STATIC / "home", policy).serve)]


def page_policy(origins: Sequence[str]) -> str:
    """The Content-Security-Policy of our pages: nothing from elsewhere; pages of `origins` may frame them."""
    framers = " ".join(("'self'", *(origin for origin in origins if origin != "*")))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {framers}"
    )


def _health(serving: Serving) -> Callable[[Request], Awaitable[Response]]:
    async def health(request: Request) -> Response:
        states = dict(await serving())
        well = states.pop("", False)
        words = {True: "SERVING", False: "NOT_SERVING"}
        services = {name: words[state] for name, state in sorted(states.items())}
        body = orjson.dumps({"status": words[well], "services": services})
        status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
        return Response(body, status, media_type="application/json")

    return health


def _with_slash(request: Request) -> Response:
    return RedirectResponse(f"{request.url.path}/", HTTPStatus.PERMANENT_REDIRECT)
