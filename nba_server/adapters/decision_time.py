"""The moment inside a decision id.

The id's other parts are the store's affair.
"""

from __future__ import annotations

from nba_server.errors import InvalidArgument, Violation

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def decision_time(decision_id: str) -> int:
    """When a decision was made, from its id (`bucket-time-key`, time in Crockford's base 32). Raises `InvalidArgument`."""
    parts = decision_id.split("-")
    if len(parts) != 3 or len(parts[1]) != 9 or any(letter not in _ALPHABET for letter in parts[1]):
        raise InvalidArgument([Violation("decision_id", f"{decision_id!r} is no decision id; use the one Decide gave")])
    moment = 0
    for letter in parts[1]:
        moment = moment * 32 + _ALPHABET.index(letter)
    return moment
