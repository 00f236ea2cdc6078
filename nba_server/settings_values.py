"""Kinds of settings' values: from text and back. Each parser raises `ValueError` with what would be right.

It knows no setting by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_TRUTHS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
_SCHEMES = ("redis", "rediss", "redis+cluster", "rediss+cluster", "redis+sentinel", "rediss+sentinel", "unix")


@dataclass(frozen=True, slots=True)
class Kind:
    """How a value is read and written, and its form for people. `flag` values may be given without a word after them."""

    form: str
    parse: Callable[[str], Any]
    write: Callable[[Any], str] = str
    flag: bool = False


def choice(*allowed: str) -> Kind:
    """One of the allowed words."""

    def parse(text: str) -> str:
        if text.lower() not in allowed:
            raise ValueError(f"is none of {', '.join(allowed)}")
        return text.lower()

    return Kind("|".join(allowed), parse)


def whole(low: int, high: int) -> Kind:
    """A whole number within bounds."""

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise ValueError(f"is no whole number: use {low} to {high}") from None
        if not low <= number <= high:
            raise ValueError(f"is out of bounds: use {low} to {high}")
        return number

    return Kind(f"{low}-{high}", parse)


def duration(low_ms: int, high_ms: int) -> Kind:
    """A duration such as `500ms`, `20s`, `5m`, `24h` or `7d`, kept in milliseconds."""

    def parse(text: str) -> int:
        match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", text.strip())
        if match is None:
            raise ValueError("is no duration: write a number and ms, s, m, h or d, as in 20s")
        amount = round(float(match[1]) * _UNITS[match[2]])
        if not low_ms <= amount <= high_ms:
            raise ValueError(f"is out of bounds: use {duration_text(low_ms)} to {duration_text(high_ms)}")
        return amount

    return Kind(f"duration, {duration_text(low_ms)}-{duration_text(high_ms)}", parse, duration_text)


def duration_text(amount_ms: int) -> str:
    """A duration in its largest whole unit."""
    for unit in ("d", "h", "m", "s"):
        if amount_ms and amount_ms % _UNITS[unit] == 0:
            return f"{amount_ms // _UNITS[unit]}{unit}"
    return f"{amount_ms}ms" if amount_ms else "0s"


def word(form: str) -> Kind:
    """Any text."""
    return Kind(form, str)


def split_address(text: str) -> tuple[str, int]:
    """Host (without brackets) and port. Raises ValueError."""
    host, separator, port = text.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not separator or not bare or not port.isdigit() or int(port) > 65_535 or (":" in bare and bare == host):
        raise ValueError("is no address: use host:port, e.g. 127.0.0.1:50051 or [::1]:50051")
    return bare, int(port)


def join_address(host: str, port: int) -> str:
    """The inverse of `split_address`."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _address(text: str) -> str:
    split_address(text)
    return text


def _store_url(text: str) -> str:
    if urlsplit(text).scheme not in _SCHEMES:
        raise ValueError(f"is no store URL: it starts with {', '.join(f'{name}://' for name in _SCHEMES)}")
    return text


def _path(text: str) -> Path:
    if not text:
        raise ValueError("is empty: give a path")
    return Path(text).expanduser()


def _truth(text: str) -> bool:
    if text.lower() not in _TRUTHS:
        raise ValueError("is no truth value: use true or false")
    return _TRUTHS[text.lower()]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _origins(text: str) -> tuple[str, ...]:
    found = tuple(origin.rstrip("/") for origin in _words(text))
    for origin in found:
        parts = urlsplit(origin)
        if origin != "*" and (parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}"):
            raise ValueError(f"has {origin!r}, which is no origin: write scheme and host, as in https://shop.example")
    return found


FOLDER = Kind("folder", _path)
FILE = Kind("file", _path)
STORE_URL = Kind("URL", _store_url)
ADDRESS = Kind("host:port", _address)
ADDRESS_OR_OFF = Kind(
    "host:port|off", lambda text: "" if text.lower() in ("", "off") else _address(text), lambda text: text or "off"
)
TRUTH = Kind("true|false", _truth, lambda value: str(value).lower(), flag=True)
WORDS = Kind("names, separated by commas", _words, ",".join)
ORIGINS = Kind("origins, separated by commas", _origins, ",".join)
