"""API keys: the file, the check of a presented key, and new keys.

The file keeps only SHA-256 hashes; keys are 256 random bits, so a plain hash is enough.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from nba_server.errors import InvalidArgument, Violation

PREFIX = "nba_"
LOCAL = "local"
SIGNS = "site"
"""The scope whose keys may sign subject tokens: they may do no more than it may."""
SECRET_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An entry of the file: the caller's name, SHA-256 of the key in hex, and what the key may do.

    `token_secret` signs subject tokens; empty where the key signs none.
    """

    name: str
    sha256: str
    scopes: frozenset[str]
    token_secret: str = ""


class ApiKeys:
    """The keys of one file. Looking one up takes the same time whichever matches."""

    def __init__(self, keys: Sequence[ApiKey]) -> None:
        self._keys = tuple(keys)
        self._secrets = {key.name: key.token_secret for key in keys}

    def find(self, presented: str) -> ApiKey | None:
        """The entry of a presented key, or None."""
        digest = key_hash(presented)
        found: ApiKey | None = None
        for key in self._keys:
            if hmac.compare_digest(key.sha256, digest):
                found = key
        return found

    def token_secret(self, name: str) -> str:
        """The secret that signs subject tokens in a key's name; empty for none."""
        return self._secrets.get(name, "")

    @classmethod
    def load(cls, path: Path, scopes: frozenset[str]) -> ApiKeys:
        """Reads the file; `scopes` are those that exist. Raises `InvalidArgument` with all faults."""
        try:
            document = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        except (YAMLError, OSError, UnicodeDecodeError) as fault:
            raise InvalidArgument([Violation(str(path), f"cannot be read as YAML: {fault}")]) from fault
        entries = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(entries, list) or not entries:
            raise InvalidArgument([Violation(str(path), "has no list `keys`; `nba keys new NAME` prints an entry")])
        faults: list[Violation] = []
        keys = [_entry(entry, f"{path}: keys[{number}]", scopes, faults) for number, entry in enumerate(entries)]
        names = [key.name for key in keys]
        faults += [
            Violation(str(path), f"the name {name!r} is there twice")
            for name in sorted({name for name in names if name and names.count(name) > 1})
        ]
        if faults:
            raise InvalidArgument(faults)
        return cls(keys)


def new_key(name: str, scopes: Sequence[str], *, tokens: bool = False) -> tuple[str, ApiKey]:
    """A fresh key, to be shown once, and its entry; with `tokens` the entry has a secret that signs subject tokens."""
    key = PREFIX + secrets.token_urlsafe(32)
    return key, ApiKey(name, key_hash(key), frozenset(scopes), secrets.token_urlsafe(32) if tokens else "")


def key_hash(key: str) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(key.encode()).hexdigest()


def _entry(entry: Any, place: str, known: frozenset[str], faults: list[Violation]) -> ApiKey:
    values = entry if isinstance(entry, dict) else {}
    name, digest, scopes = values.get("name"), values.get("sha256"), values.get("scopes")
    if not isinstance(name, str) or not name or name in (LOCAL, "server"):
        faults.append(Violation(place, f"needs a `name`, and not `{LOCAL}` or `server`"))
    if not isinstance(digest, str) or len(digest) != 64 or set(digest.lower()) - set("0123456789abcdef"):
        faults.append(Violation(place, "needs `sha256`: 64 hexadecimal digits of the key's SHA-256"))
    if not isinstance(scopes, list) or not scopes or set(map(str, scopes)) - known:
        faults.append(Violation(place, f"needs `scopes`, a list of {', '.join(sorted(known))}"))
    secret = values.get("token_secret", "")
    if not isinstance(secret, str) or (secret and len(secret) < SECRET_CHARACTERS):
        faults.append(Violation(place, f"needs a `token_secret` of {SECRET_CHARACTERS} characters or more, or none"))
    elif secret and SIGNS not in map(str, scopes or ()):
        faults.append(Violation(place, f"has a `token_secret`, which only a key with the scope `{SIGNS}` may have"))
    return ApiKey(str(name or ""), str(digest).lower(), frozenset(map(str, scopes or ())), str(secret))
