"""Who calls, and may they? API keys with scopes; without a key file every (local) caller may do everything."""

from __future__ import annotations

from nba_server.errors import PermissionDenied, Unauthenticated
from nba_server.transport.api_keys import LOCAL, ApiKeys
from nba_server.transport.grpc.call import Call, Caller, Handler, Interceptor
from nba_server.transport.grpc.scopes import ALL_SCOPES, SCOPES

_BEARER = "bearer "


def auth(keys: ApiKeys | None) -> Interceptor:
    """An interceptor that names the caller and refuses what its scopes do not allow."""
    local = Caller(LOCAL, ALL_SCOPES)

    def wrap(method: str, handler: Handler) -> Handler:
        allowed = frozenset(scope.value for scope in SCOPES[method])

        async def checked(request: bytes, call: Call) -> bytes:
            call.caller = local if keys is None else _caller(keys, call)
            if not allowed & call.caller.scopes:
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


def _words(scopes: frozenset[str]) -> str:
    return ", ".join(sorted(scopes))
