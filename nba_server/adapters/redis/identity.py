"""Ids: customers become keyed hashes, requests become decision ids that lead back to the customer.

Everything follows from the store's secret and seed, so equal stores give equal ids.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from nba_server.adapters.express import Names, compiled_names
from nba_server.application.ports import CustomerRef
from nba_server.errors import InvalidArgument, Violation

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32, lower case: no i, l, o, u."""
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
_LETTERS = bytes.maketrans(bytes(range(32)), ALPHABET.encode())

BUCKET_DIGITS, TIME_DIGITS, HASH_DIGITS, REF_DIGITS = 3, 9, 16, 26
KEY_DIGITS = HASH_DIGITS + REF_DIGITS
REF_BYTES = 16


def _halvings(digits: int) -> list[tuple[int, int, int]]:
    """Steps that spread digits of five bits over bytes: each parts every group in the middle and moves its upper half up.

    What stays, what moves, and how far; `digits` is a power of two.
    """
    steps, group = [], digits
    while group > 1:
        half = group // 2
        stays = sum((1 << 5 * half) - 1 << 8 * group * place for place in range(digits // group))
        steps.append((stays, stays << 5 * half, 3 * half))
        group = half
    return steps


_SPREAD = {digits: _halvings(digits) for digits in (16, 32)}


def encode32(number: int, digits: int) -> str:
    """A number in base 32 with leading zeros, all digits at a time; at most 32 of them."""
    width = 16 if digits <= 16 else 32
    for stays, moves, by in _SPREAD[width]:
        number = number & stays | (number & moves) << by
    return number.to_bytes(width).translate(_LETTERS)[width - digits :].decode()


@lru_cache(maxsize=64)
def _moment(now_ms: int) -> str:
    """A time as decision ids have it; those of a batch are of one moment."""
    return encode32(now_ms, TIME_DIGITS)


def decode32(text: str) -> int:
    """The number of a base-32 text. Raises `KeyError` for a foreign letter."""
    number = 0
    for letter in text:
        number = number << 5 | _VALUES[letter]
    return number


@dataclass(frozen=True, slots=True)
class StoreIdentity:
    """`secret` keys all hashes; `buckets` is at most 4096."""

    secret: bytes
    buckets: int
    store_seed: int
    _keyed: dict[str, Any] = field(init=False, repr=False, compare=False, default_factory=dict)
    """Hashes that have taken in the key: copying one is much cheaper than keying it."""
    _compiled: Names | None = field(init=False, repr=False, compare=False)
    """Gives the same names in a tenth of the time, where it is there: every decision needs three."""

    def __post_init__(self) -> None:
        for use, size in (("customer", REF_BYTES), ("request", 10), ("mask", REF_BYTES)):
            self._keyed[use] = hashlib.blake2b(key=self.secret, digest_size=size, person=use.encode())
        seed_key = self.store_seed.to_bytes(8, "big")
        self._keyed["seed"] = hashlib.blake2b(key=seed_key, digest_size=8)
        object.__setattr__(self, "_compiled", compiled_names(self.secret, seed_key))

    @property
    def compiled(self) -> Names | None:
        """The same names, made by the compiled part, where it is there."""
        return self._compiled

    def customer(self, customer_id: str) -> CustomerRef:
        """The reference of a customer id."""
        return self._reference("c", customer_id)

    def visitor(self, visitor_id: str) -> CustomerRef:
        """The reference of a visitor id; never equal to a customer's."""
        return self._reference("v", visitor_id)

    def anonymous(self, request_id: str) -> CustomerRef:
        """The reference of a request without any id."""
        return self._reference("r", request_id)

    def household(self, household_id: str) -> CustomerRef:
        """The reference of a household or account; never equal to a person's. Its bucket is that of its members."""
        return self._reference("h", household_id)

    def origin(self, ref: str) -> CustomerRef:
        """Where a reference lives as long as it was not moved into a household."""
        return self._located(ref)

    def request_key(self, caller: str, ref: str, request_id: str) -> str:
        """A hash of the three (80 bits), then the reference masked with a hash of that hash (128 bits)."""
        if self._compiled is not None:
            return self._compiled.request_key(caller, ref, request_id)
        name = b"".join([len(part).to_bytes(4) + part for part in (caller.encode(), ref.encode(), request_id.encode())])
        hashed = encode32(int.from_bytes(self._hash("request", name)), HASH_DIGITS)
        return hashed + encode32(int(ref, 16) ^ self._mask(hashed), REF_DIGITS)

    def customer_of(self, decision_id: str) -> CustomerRef:
        """The customer of a decision id. Raises `InvalidArgument`."""
        _, _, key = self.parse_decision_id(decision_id)
        ref = decode32(key[HASH_DIGITS:]) ^ self._mask(key[:HASH_DIGITS])
        return self._located(f"{ref % (1 << 8 * REF_BYTES):032x}")

    def seed(self, request_key: str) -> int:
        """The 64-bit seed of a decision: by the store's seed and the request key."""
        if self._compiled is not None:
            return self._compiled.seed(request_key)
        return int.from_bytes(self._hash("seed", request_key.encode()))

    def decision_id(self, bucket: int, now_ms: int, request_key: str) -> str:
        """`<bucket>-<time>-<request key>`."""
        return f"{bucket:0{BUCKET_DIGITS}x}-{_moment(now_ms)}-{request_key}"

    def parse_decision_id(self, decision_id: str) -> tuple[int, int, str]:
        """(bucket, time in ms, request key). Raises `InvalidArgument`."""
        try:
            bucket_text, time_text, key = decision_id.split("-")
            if (len(bucket_text), len(time_text), len(key)) != (BUCKET_DIGITS, TIME_DIGITS, KEY_DIGITS):
                raise ValueError
            bucket, now_ms = int(bucket_text, 16), decode32(time_text)
            decode32(key)
            if bucket >= self.buckets or self.decision_id(bucket, now_ms, key) != decision_id:
                raise ValueError
        except (ValueError, KeyError):
            raise InvalidArgument(
                [Violation("decision_id", "is not an id that this server gives: copy it from the answer of Decide")]
            ) from None
        return bucket, now_ms, key

    def _reference(self, kind: str, id_: str) -> CustomerRef:
        if self._compiled is not None:
            return self._located(self._compiled.reference(f"{kind}:{id_}"))
        return self._located(self._hash("customer", f"{kind}:{id_}".encode()).hex())

    def _located(self, ref: str) -> CustomerRef:
        return CustomerRef(ref, int(ref[:4], 16) % self.buckets)

    def _mask(self, hashed: str) -> int:
        return int.from_bytes(self._hash("mask", hashed.encode()))

    def _hash(self, use: str, data: bytes) -> bytes:
        begun = self._keyed[use].copy()
        begun.update(data)
        digest: bytes = begun.digest()
        return digest
