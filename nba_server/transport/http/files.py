"""Serves a folder of built files from memory: strong ETags by content, gzip once, read again when a file changes."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

INDEX = "index.html"
_TEXTS = ("text/", "application/json", "application/javascript", "image/svg+xml")
_SMALL = 512
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json", ".map": "application/json"}


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in memory. `packed` is its gzip form, empty where that gains nothing; `stamp` tells when it has changed."""

    stamp: tuple[int, int]
    body: bytes
    packed: bytes
    etag: str
    media_type: str


class Folder:
    """The files below `path`. Caches must ask again each time, which costs them a 304."""

    def __init__(self, path: Path, page_policy: str) -> None:
        """`page_policy` is the Content-Security-Policy of its pages."""
        self._path = path.resolve()
        self._page_policy = page_policy
        self._kept: dict[Path, Kept] = {}

    async def serve(self, request: Request) -> Response:
        """The file that the route's parameter `path` names. Raises `HTTPException` 404."""
        return self._answer(request, request.path_params["path"])

    def named(self, name: str) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint for one file."""

        async def serve(request: Request) -> Response:
            return self._answer(request, name)

        return serve

    def _answer(self, request: Request, name: str) -> Response:
        kept = self.find(name)
        headers = {"cache-control": "no-cache", "etag": kept.etag, "vary": "Accept-Encoding"}
        if kept.media_type.startswith("text/html"):
            headers["content-security-policy"] = self._page_policy
        asked = request.headers.get("if-none-match", "")
        if kept.etag in {tag.strip().removeprefix("W/") for tag in asked.split(",")}:
            return Response(b"", HTTPStatus.NOT_MODIFIED, headers)
        body = kept.body
        if kept.packed and "gzip" in request.headers.get("accept-encoding", ""):
            body = kept.packed
            headers["content-encoding"] = "gzip"
        return Response(body, HTTPStatus.OK, headers, media_type=kept.media_type)

    def find(self, name: str) -> Kept:
        """The file of that name, from memory while it has not changed. Raises `HTTPException` 404."""
        place = (self._path / name).resolve() if "\0" not in name else self._path / "\uffff"
        if place.is_dir():
            place /= INDEX
        if not place.is_relative_to(self._path) or not place.is_file():
            raise HTTPException(HTTPStatus.NOT_FOUND)
        status = place.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        kept = self._kept.get(place)
        if kept is None or kept.stamp != stamp:
            kept = self._kept[place] = _read(place, stamp)
        return kept


def _read(place: Path, stamp: tuple[int, int]) -> Kept:
    body = place.read_bytes()
    media_type = _TYPES.get(place.suffix) or mimetypes.guess_type(place.name)[0] or "application/octet-stream"
    packed = b""
    if len(body) > _SMALL and media_type.startswith(_TEXTS):
        packed = gzip.compress(body, mtime=0)
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    return Kept(stamp, body, packed, etag, media_type)
