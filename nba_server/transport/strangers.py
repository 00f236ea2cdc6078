"""A server without API keys trusts this machine, and this machine only: requests that others had a hand in are refused.

A browser here may be made to call by anybody's page, and a proxy here may speak for anybody; their headers tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from nba_server.errors import PermissionDenied

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_HOSTS = ("host", "x-forwarded-host")
FORWARDED_FOR = "x-forwarded-for"
_TELLING = frozenset({"origin", *_HOSTS, FORWARDED_FOR})


def refuse_strangers(metadata: Mapping[str, str | bytes], origins: Sequence[str]) -> None:
    """Raises `PermissionDenied` for a call that did not begin on this machine; pages of `origins` are let in."""
    if _TELLING.isdisjoint(metadata):
        return
    origin = str(metadata.get("origin") or "")
    if origin and origin not in origins and "*" not in origins and _hostname(origin) not in _HERE:
        raise _stranger("origin", origin)
    for name in _HOSTS:
        host = str(metadata.get(name) or "")
        if host and _hostname(f"//{host}") not in _HERE:
            raise _stranger(name, host)
    forwarded = str(metadata.get(FORWARDED_FOR) or "")
    for address in forwarded.split(",") if forwarded else ():
        if address.strip() and address.strip() not in _HERE:
            raise _stranger(FORWARDED_FOR, address.strip())


def _hostname(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _stranger(header: str, value: str) -> PermissionDenied:
    return PermissionDenied(
        f"this server has no API keys and serves callers on its own machine only; {header} names {value[:100]!r}. "
        "Start it with --api-keys to serve others",
        reason="NOT_LOCAL",
        metadata={"header": header},
    )
