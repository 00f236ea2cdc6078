"""Reads the file of endpoints: YAML, checked whole, every fault with its line and the mend.

Secrets are never in it: each is named by an environment variable or a file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from nba_server.adapters.catalog.faults import Faults, did_you_mean
from nba_server.adapters.catalog.yaml_source import Source, parse_source
from nba_server.adapters.webhooks.endpoint import DAY_MS, SECOND_MS, Endpoint, Filters, Naming, Start
from nba_server.adapters.webhooks.event import TYPES, matches
from nba_server.adapters.webhooks.signature import secret_fault
from nba_server.errors import InvalidArgument, Violation

Place = tuple[str | int, ...]

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
KEYS = (
    *("url", "events", "secret", "previous_secret", "only", "customer", "start"),
    *("timeout", "concurrency", "give_up_after", "enabled", "plain_http"),
)
FILTERS = ("channels", "actions", "outcomes", "offers")

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_DURATION = re.compile(r"(\d+) ?(s|m|h|d)")
_UNITS = {"s": SECOND_MS, "m": 60 * SECOND_MS, "h": 3_600 * SECOND_MS, "d": DAY_MS}


def load_endpoints(path: Path, environ: Mapping[str, str] = os.environ) -> tuple[Endpoint, ...]:
    """The endpoints in the order of the file. Raises `InvalidArgument` with all faults."""
    faults = Faults()
    try:
        source = parse_source(path.name, path.read_text(encoding="utf-8"), faults)
    except (OSError, UnicodeDecodeError) as fault:
        raise InvalidArgument([Violation(str(path), f"cannot be read: {fault}")]) from fault
    endpoints = _Reader(source, faults, path.parent, environ).endpoints() if not faults.found else ()
    if faults.found:
        raise InvalidArgument(
            [Violation(str(f.mark), f.what + (f"; {f.mend}" if f.mend else "")) for f in faults.sorted()]
        )
    return endpoints


class _Reader:
    """Reads one file; what is wrong is noted, and a stand-in is returned."""

    def __init__(self, source: Source, faults: Faults, folder: Path, environ: Mapping[str, str]) -> None:
        self._source = source
        self._faults = faults
        self._folder = folder
        self._environ = environ

    def endpoints(self) -> tuple[Endpoint, ...]:
        """All of them."""
        data = self._source.data
        self._unknown((), data, ("endpoints",))
        entries = data.get("endpoints", {})
        if not isinstance(entries, dict):
            self._note(("endpoints",), "must be a mapping of names to endpoints", "write `crm:` and below it `url:`")
            return ()
        return tuple(self._endpoint(name, entry) for name, entry in entries.items())

    def _endpoint(self, name: str, entry: Any) -> Endpoint:
        at: Place = ("endpoints", name)
        if not _NAME.fullmatch(name):
            self._note(
                at, f"the name {name!r} is not usable", "take up to 63 small letters, digits, `-` and `_`", key=True
            )
        if not isinstance(entry, dict):
            self._note(at, "must be a mapping", "it needs at least url, events and secret")
            return Endpoint(name, "", (), ())
        self._unknown(at, entry, KEYS)
        for missing in (key for key in ("url", "events", "secret") if key not in entry):
            self._note(at, f"`{missing}` is missing", "it needs at least url, events and secret", key=True)
        return Endpoint(
            name=name,
            url=self._url(at, entry),
            events=self._events((*at, "events"), entry.get("events", [])),
            secrets=self._secrets(at, entry),
            filters=self._filters((*at, "only"), entry.get("only", {})),
            naming=Naming(self._choice((*at, "customer"), entry.get("customer", "id"), ("id", "ref"))),
            start=Start(self._choice((*at, "start"), entry.get("start", "now"), ("now", "oldest"))),
            timeout_ms=self._duration((*at, "timeout"), entry.get("timeout", "10s"), SECOND_MS, 60 * SECOND_MS),
            concurrency=self._whole((*at, "concurrency"), entry.get("concurrency", 8), 1, 64),
            give_up_ms=self._duration(
                (*at, "give_up_after"), entry.get("give_up_after", "3d"), 60 * SECOND_MS, 30 * DAY_MS
            ),
            enabled=self._flag((*at, "enabled"), entry.get("enabled", True)),
        )

    def _url(self, at: Place, entry: Mapping[str, Any]) -> str:
        url, plain = entry.get("url", ""), self._flag((*at, "plain_http"), entry.get("plain_http", False))
        parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
        if "url" not in entry:
            return ""
        if parts.scheme not in ("http", "https") or not parts.hostname:
            self._note((*at, "url"), f"{url!r} is no web address", "write https://host/path")
        elif parts.scheme == "http" and parts.hostname not in LOOPBACK and not plain:
            self._note((*at, "url"), "is not encrypted", "write https://, or say `plain_http: true` if that is meant")
        elif parts.username or parts.password:
            self._note((*at, "url"), "has a password in it", "leave it out: messages are signed")
        return str(url)

    def _events(self, at: Place, listed: Any) -> tuple[str, ...]:
        patterns = self._texts(at, listed)
        for number, pattern in enumerate(patterns):
            if not any(matches(pattern, type_) for type_ in TYPES):
                mend = did_you_mean(pattern, TYPES) or "`nba webhooks types` lists them"
                self._note((*at, number), f"there is no event {pattern!r}", mend)
        if not patterns and isinstance(listed, list):
            self._note(at, "names no event", "`nba webhooks types` lists them; `nba.*` is all")
        return patterns

    def _secrets(self, at: Place, entry: Mapping[str, Any]) -> tuple[str, ...]:
        named = [key for key in ("secret", "previous_secret") if key in entry]
        return tuple(self._secret((*at, key), entry[key]) for key in named)

    def _secret(self, at: Place, named: Any) -> str:
        if not isinstance(named, dict) or len(named) != 1 or next(iter(named)) not in ("env", "file"):
            self._note(
                at, "must name where the secret is", "write {env: NAME} or {file: PATH}; it is never in this file"
            )
            return ""
        kind, where = next(iter(named.items()))
        if kind == "env":
            secret = self._environ.get(str(where), "").strip()
            missing = f"the environment has no {where}"
        else:
            try:
                secret = (self._folder / str(where)).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as fault:
                secret = ""
                missing = f"{where} cannot be read: {fault.strerror if isinstance(fault, OSError) else 'it is no text'}"
            else:
                missing = f"{where} is empty"
        fault_text = secret_fault(secret) if secret else missing
        if fault_text:
            self._note((*at, kind), fault_text)
        return secret

    def _filters(self, at: Place, entry: Any) -> Filters:
        if not isinstance(entry, dict):
            self._note(at, "must be a mapping", f"filters are {', '.join(FILTERS)}")
            return Filters()
        self._unknown(at, entry, FILTERS)
        channels, actions, outcomes = (
            frozenset(self._texts((*at, key), entry.get(key, []))) for key in ("channels", "actions", "outcomes")
        )
        return Filters(channels, actions, outcomes, self._flag((*at, "offers"), entry.get("offers", False)))

    def _texts(self, at: Place, listed: Any) -> tuple[str, ...]:
        if not isinstance(listed, list) or not all(isinstance(item, str) and item for item in listed):
            self._note(at, "must be a list of texts", "write [one, two]")
            return ()
        return tuple(listed)

    def _choice(self, at: Place, value: Any, options: tuple[str, ...]) -> str:
        if value not in options:
            self._note(at, f"{value!r} is not one of {', '.join(options)}")
            return options[0]
        return str(value)

    def _flag(self, at: Place, value: Any) -> bool:
        if not isinstance(value, bool):
            self._note(at, "must be true or false")
        return value is True

    def _whole(self, at: Place, value: Any, least: int, most: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self._note(at, f"must be a whole number from {least} to {most}")
            return least
        return value

    def _duration(self, at: Place, value: Any, least: int, most: int) -> int:
        match = _DURATION.fullmatch(value) if isinstance(value, str) else None
        length = int(match[1]) * _UNITS[match[2]] if match else 0
        if not least <= length <= most:
            self._note(at, f"must be a time from {_words(least)} to {_words(most)}", "write it as 30s, 10m, 12h or 3d")
        return length

    def _unknown(self, at: Place, entry: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in entry:
            if key not in known:
                self._note((*at, key), f"`{key}` is not known here", did_you_mean(key, known), key=True)

    def _note(self, at: Place, what: str, mend: str = "", *, key: bool = False) -> None:
        mark = self._source.key_mark(at) if key else self._source.mark(at)
        name = ".".join(str(part) for part in at[1:])
        self._faults.add(mark, f"{name}: {what}" if name else what, mend)


def _words(ms: int) -> str:
    unit = next(unit for unit in ("d", "h", "m", "s") if ms % _UNITS[unit] == 0)
    return f"{ms // _UNITS[unit]}{unit}"
