"""The numbers and reasons of a ranked action as bytes of `nba.v1.RankedAction`: as messages they were dear.

Bytes of one message merge with those of another, so these stand beside the fields that the catalogue knows.
"""

from __future__ import annotations

from functools import lru_cache
from struct import Struct

from nba_server.domain.decision import Candidate, Pick
from nba_server.domain.reasons import Reason
from nba_server.pb import decision_pb2, reason_pb2
from nba_server.transport.grpc.codec.reason import to_reason
from nba_server.transport.grpc.codec.values import timestamp
from nba_server.wire import BYTES, DOUBLE, VARINT, delimited, tag, varint

_ACTION, _FACTORS = decision_pb2.RankedAction, decision_pb2.PriorityFactors
_NUMBERS = Struct("<" + "sd" * 2 + "ss" + "sd" * 4)
"""Propensity and priority, then the factors behind their length, each behind its tag."""
_TAGS = (
    *(tag(_ACTION, name, DOUBLE) for name in ("propensity", "priority")),
    *(tag(_ACTION, "factors", BYTES), varint(4 * 9)),
    *(tag(_FACTORS, name, DOUBLE) for name in ("propensity", "context_weight", "value", "lever")),
)
_CHANCE = Struct("<sd")
_CHANCE_TAG, _RANK = tag(_ACTION, "pick_probability", DOUBLE), tag(_ACTION, "rank", VARINT)
_FLAGS = {name: tag(_ACTION, name, VARINT) + b"\x01" for name in ("explored", "substituted", "fallback")}
_REASON, _TEXT = tag(_ACTION, "reasons", BYTES), tag(reason_pb2.Reason, "text", BYTES)


def numbers(rank: int, candidate: Candidate, pick: Pick, *, substituted: bool, held_until_ms: int) -> bytes:
    """Rank, factors, chance and marks; a substituted action has no pick probability. `held_until_ms` 0: it is not held."""
    propensity, priority, one, size, *factors = _TAGS
    parts = [
        _RANK + varint(rank),
        _NUMBERS.pack(
            *(propensity, candidate.propensity, priority, candidate.priority, one, size),
            *(factors[0], candidate.propensity, factors[1], candidate.context_weight),
            *(factors[2], candidate.value, factors[3], candidate.lever),
        ),
    ]
    if substituted:
        parts.append(_FLAGS["substituted"])
    else:
        parts.append(_CHANCE.pack(_CHANCE_TAG, pick.pick_probability))
    if pick.explored:
        parts.append(_FLAGS["explored"])
    if pick.fallback:
        parts.append(_FLAGS["fallback"])
    if held_until_ms:
        parts.append(_held_until(held_until_ms))
    return b"".join(parts)


def reason(given: Reason) -> bytes:
    """One reason. The words are often new, the rest never."""
    text = given.text.encode()
    rest = wordless(given.code, given.stage, given.subject)
    return _REASON + delimited(rest + _TEXT + delimited(text))


@lru_cache(maxsize=4096)
def wordless(code: str, stage: int, subject: str = "") -> bytes:
    """A reason without its words."""
    bare = Reason(code, stage, "", subject)  # type: ignore[arg-type]  # as enumerations they would be slow to look up
    return to_reason(bare).SerializeToString(deterministic=True)


@lru_cache(maxsize=256)
def _held_until(ms: int) -> bytes:
    return _ACTION(reserved_until=timestamp(ms)).SerializeToString(deterministic=True)
