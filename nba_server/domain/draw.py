"""Uniform random numbers from a seed, by a hash: the same on every machine and with every library version."""

from __future__ import annotations

import hashlib


def uniform(seed: int, *counter: int) -> float:
    """A number in [0, 1) for a 64-bit seed and a counter of small non-negative integers; blake2b, 53 bits."""
    message = seed.to_bytes(8, "little") + b"".join(part.to_bytes(4, "little") for part in counter)
    return (int.from_bytes(hashlib.blake2b(message, digest_size=8).digest(), "little") >> 11) * 2.0**-53
