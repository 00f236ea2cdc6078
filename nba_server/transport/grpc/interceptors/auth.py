"""Who calls, and may they? API keys with scopes, subject tokens signed with their secrets.

Without a key file every caller on this machine may do everything, and nobody else anything.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from nba_server.errors import PermissionDenied, Unauthenticated
from nba_server.transport.api_keys import LOCAL, ApiKeys
from nba_server.transport.grpc.call import Call, Caller
from nba_server.transport.grpc.passage import Interceptor, Refused, Step
from nba_server.transport.grpc.scopes import ALL_SCOPES, SCOPES, SUBJECTS
from nba_server.transport.strangers import refuse_strangers
from nba_server.transport.subject_tokens import looks_like_token, verify

_BEARER = "bearer "
_LOCAL = Caller(LOCAL, ALL_SCOPES)


def auth(keys: ApiKeys | None, origins: Sequence[str] = ()) -> Interceptor:
    """Steps that name the caller and refuse what its scopes do not allow.

    `origins` are those whose pages may call although there are no keys.
    """
    return lambda method: Auth(method, keys, origins)


class Auth(Step):
    """The door of a method."""

    def __init__(self, method: str, keys: ApiKeys | None, origins: Sequence[str]) -> None:
        self._method = method
        self._keys = keys
        self._origins = origins
        self._allowed = frozenset(scope.value for scope in SCOPES[method])

    def enter(self, call: Call) -> None:
        """Raises `Unauthenticated`, `PermissionDenied`."""
        if self._keys is None:
            refuse_strangers(call.metadata, self._origins)
            call.caller = _LOCAL
            return
        call.caller = caller = _caller(self._keys, call)
        if caller.subject is not None:
            if self._method not in SUBJECTS:
                raise _beyond_subjects(self._method)
        elif not self._allowed & caller.scopes:
            words = _words(self._allowed)
            raise PermissionDenied(
                f"the key {caller.name!r} may not call {self._method}; it needs one of the scopes {words}",
                reason="SCOPE_MISSING",
                metadata={"key": caller.name, "method": self._method, "scopes": words},
            )

    def enter_all(self, calls: Sequence[Call]) -> Refused:
        """Calls of one connection often have the same metadata, and then the same caller."""
        refused: Refused = []
        known: Call | None = None
        for call in calls:
            if known is not None and call.metadata is known.metadata:
                call.caller = known.caller
                continue
            try:
                self.enter(call)
            except Exception as fault:
                refused.append((call, fault))
            else:
                known = call
        return refused


def _caller(keys: ApiKeys, call: Call) -> Caller:
    presented = _presented(call)
    if not presented:
        raise Unauthenticated(
            "no API key: send it in the metadata as x-api-key or authorization: Bearer", reason="API_KEY_MISSING"
        )
    if looks_like_token(presented):
        name, subject = verify(presented, keys.token_secret, time.time())
        return Caller(name, frozenset(), subject)
    key = keys.find(presented)
    if key is None:
        raise Unauthenticated("the API key is not known", reason="API_KEY_INVALID")
    return Caller(key.name, key.scopes)


def _presented(call: Call) -> str:
    key = call.metadata.get("x-api-key")
    if isinstance(key, str) and key:
        return key
    header = call.metadata.get("authorization")
    if isinstance(header, str) and header.lower().startswith(_BEARER):
        return header[len(_BEARER) :].strip()
    return ""


def _beyond_subjects(method: str) -> PermissionDenied:
    return PermissionDenied(
        f"a subject token may not call {method}; it decides and reports for its subject, the rest needs an API key",
        reason="SUBJECT_MAY_NOT",
        metadata={"method": method},
    )


def _words(scopes: frozenset[str]) -> str:
    return ", ".join(sorted(scopes))
