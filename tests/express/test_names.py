"""Compiled names are those of Python: references, request keys and seeds."""

from __future__ import annotations

from random import Random

import pytest

from nba_server.adapters.express import compiled
from nba_server.adapters.redis.identity import StoreIdentity

pytestmark = pytest.mark.skipif(bool(compiled()), reason=f"no express lane: {compiled()}")
LETTERS = "ab0-/é漢\x00"


def plain(secret: bytes, seed: int) -> StoreIdentity:
    """One that never asks the compiled part."""
    found = StoreIdentity(secret, 256, seed)
    object.__setattr__(found, "_compiled", None)
    return found


def test_names_are_equal() -> None:
    """For keys and ids of every length, over the borders of the hash's blocks, with letters of several bytes."""
    dice = Random(7)
    for size in (*range(1, 300), 500, 1_000):
        secret, seed = dice.randbytes(dice.choice((16, 32, 64))), dice.getrandbits(64)
        fast, slow = StoreIdentity(secret, 256, seed), plain(secret, seed)
        assert fast._compiled is not None
        name, caller = ("".join(dice.choices(LETTERS, k=dice.choice((size, 3)))) for _ in range(2))
        customer = fast.customer(name)
        assert customer == slow.customer(name)
        assert fast.anonymous(name) == slow.anonymous(name)
        key = fast.request_key(caller, customer.ref, name)
        assert key == slow.request_key(caller, customer.ref, name)
        assert fast.seed(key) == slow.seed(key)
        assert fast.customer_of(fast.decision_id(customer.bucket, 1_768_478_400_000, key)) == customer


def test_what_is_no_reference_is_refused() -> None:
    """A reference of another length, or of other letters than hex digits."""
    identity = StoreIdentity(b"s" * 32, 256, 1)
    for ref in ("", "ab", "g" * 32, "A" * 33):
        with pytest.raises(ValueError, match="32 hex digits"):
            identity.request_key("site", ref, "r1")
