"""Subject tokens: what a browser is given instead of a key. Signed by the site's own server, for one customer or visitor.

A token is a JSON Web Token (HS256) of `sub` ("c:<customer id>" or "v:<visitor id>"), `exp` and `key`, the name of the site
key whose secret signs it; with `aud` it is for that audience only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from nba_server.errors import Unauthenticated

AUDIENCE = "nba-server"
LONGEST_S = 3_600
"""A token of a lost or shared device is of use for an hour at most."""
LEEWAY_S = 30
"""How far the clocks of two servers may be apart."""
_ALGORITHM = "HS256"
_KINDS = {"c": "customer_id", "v": "visitor_id"}


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a token is for: exactly one of the two."""

    customer_id: str = ""
    visitor_id: str = ""

    @property
    def claim(self) -> str:
        """As `sub` names it."""
        return f"c:{self.customer_id}" if self.customer_id else f"v:{self.visitor_id}"


def looks_like_token(text: str) -> bool:
    """Whether a presented credential is a token and no API key."""
    return text.count(".") == 2


def mint(key_name: str, secret: str, subject: Subject, now_s: float, seconds: int = LONGEST_S) -> str:
    """A token that is good for `seconds` from `now_s` on."""
    claims = {"sub": subject.claim, "exp": int(now_s) + seconds, "key": key_name, "aud": AUDIENCE}
    return jwt.encode(claims, secret, algorithm=_ALGORITHM)


def verify(token: str, secret_of: Callable[[str], str], now_s: float) -> tuple[str, Subject]:
    """(name of the key, subject) of a token; `secret_of` gives a key's secret, empty where it signs none.

    Raises `Unauthenticated` with a reason of its own for each fault.
    """
    name = _key_name(token)
    secret = secret_of(name)
    if not secret:
        raise _refused("names no key that signs tokens", "TOKEN_KEY_UNKNOWN")
    claims = _claims(token, secret)
    if not claims["exp"] >= now_s - LEEWAY_S:  # also for what is no number
        raise _refused("has expired; let the site's server sign a new one", "TOKEN_EXPIRED")
    if not claims["exp"] <= now_s + LONGEST_S + LEEWAY_S:
        raise _refused(f"is good for longer than {LONGEST_S} seconds", "TOKEN_TOO_LONG")
    if claims.get("nbf", 0) > now_s + LEEWAY_S:
        raise _refused("is not valid yet", "TOKEN_NOT_YET_VALID")
    return name, _subject(claims)


def _key_name(token: str) -> str:
    try:
        name = jwt.decode(token, options={"verify_signature": False}).get("key")
    except jwt.InvalidTokenError as fault:
        raise _refused("is no JSON Web Token", "TOKEN_MALFORMED") from fault
    return name if isinstance(name, str) else ""


def _claims(token: str, secret: str) -> Mapping[str, Any]:
    """The claims, signature and audience checked; times are the caller's to check, against the clock that it has."""
    options: Any = {"require": ["sub", "exp"], "verify_exp": False, "verify_nbf": False, "verify_iat": False}
    try:
        unchecked = jwt.decode(token, options={"verify_signature": False})
        audience = AUDIENCE if "aud" in unchecked else None
        claims: Mapping[str, Any] = jwt.decode(
            token, secret, algorithms=[_ALGORITHM], audience=audience, options=options
        )
    except jwt.InvalidAudienceError as fault:
        raise _refused(f"is for another audience than {AUDIENCE}", "TOKEN_AUDIENCE") from fault
    except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError) as fault:
        raise _refused("is not signed with its key's secret by HS256", "TOKEN_FORGED") from fault
    except jwt.InvalidTokenError as fault:
        raise _refused(f"is wrong: {fault}", "TOKEN_MALFORMED") from fault
    times = [claims["exp"], claims.get("nbf", 0)]
    if any(isinstance(time, bool) or not isinstance(time, int | float) for time in times):
        raise _refused("has a time that is no number", "TOKEN_MALFORMED")
    return claims


def _subject(claims: Mapping[str, Any]) -> Subject:
    kind, _, id_ = str(claims["sub"]).partition(":")
    if kind not in _KINDS or not id_:
        raise _refused("has a subject that is neither c:<customer id> nor v:<visitor id>", "TOKEN_MALFORMED")
    return Subject(**{_KINDS[kind]: id_})


def _refused(words: str, reason: str) -> Unauthenticated:
    return Unauthenticated(f"the subject token {words}", reason=reason)
