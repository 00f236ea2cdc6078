"""Who calls, and may they? API keys with scopes, subject tokens signed with their secrets.

Without a key file every caller on this machine may do everything, and nobody else anything.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from nba_server.errors import PermissionDenied, Unauthenticated
from nba_server.transport.api_keys import LOCAL, ApiKeys
from nba_server.transport.grpc.call import Call, Caller, Handler, Interceptor
from nba_server.transport.grpc.scopes import ALL_SCOPES, SCOPES, SUBJECTS
from nba_server.transport.strangers import refuse_strangers
from nba_server.transport.subject_tokens import looks_like_token, verify

_BEARER = "bearer "


def auth(keys: ApiKeys | None, origins: Sequence[str] = ()) -> Interceptor:
    """An interceptor that names the caller and refuses what its scopes do not allow.

    `origins` are those whose pages may call although there are no keys.
    """
    local = Caller(LOCAL, ALL_SCOPES)

    def wrap(method: str, handler: Handler) -> Handler:
        allowed = frozenset(scope.value for scope in SCOPES[method])

        async def checked(request: bytes, call: Call) -> bytes:
            if keys is None:
                refuse_strangers(call.metadata, origins)
            call.caller = local if keys is None else _caller(keys, call)
            if call.caller.subject is not None:
                if method not in SUBJECTS:
                    raise _beyond_subjects(method)
            elif not allowed & call.caller.scopes:
                raise PermissionDenied(
                    f"the key {call.caller.name!r} may not call {method}; it needs one of the scopes {_words(allowed)}",
                    reason="SCOPE_MISSING",
                    metadata={"key": call.caller.name, "method": method, "scopes": _words(allowed)},
                )
            return await handler(request, call)

        return checked

    return wrap


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
