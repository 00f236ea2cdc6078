"""Ids: stable, keyed, and leading back to the customer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nba_server.adapters.redis.identity import ALPHABET, StoreIdentity, decode32, encode32
from nba_server.errors import InvalidArgument

IDENTITY = StoreIdentity(bytes(range(32)), 256, 7)
text = st.text(max_size=20)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(customer=text, caller=text, request=text, now=st.integers(0, 2**45 - 1))
def test_a_decision_id_leads_to_its_customer(customer: str, caller: str, request: str, now: int) -> None:
    """Bucket, time and request key are read from the id, and the reference is unmasked from it."""
    ref = IDENTITY.customer(customer)
    key = IDENTITY.request_key(caller, ref.ref, request)
    decision_id = IDENTITY.decision_id(ref.bucket, now, key)
    assert IDENTITY.parse_decision_id(decision_id) == (ref.bucket, now, key)
    assert IDENTITY.customer_of(decision_id) == ref
    assert ref.bucket == int(ref.ref[:4], 16) % 256


def test_kinds_of_ids_never_meet() -> None:
    """A customer, a visitor and a request of the same text are three references."""
    refs = {IDENTITY.customer("1"), IDENTITY.visitor("1"), IDENTITY.anonymous("1")}
    assert len(refs) == 3


def test_request_keys_depend_on_each_part_and_where_it_ends() -> None:
    """Moving a letter from one part to the next gives another key; so does another store."""
    ref = IDENTITY.customer("c").ref
    other = StoreIdentity(bytes(32), 256, 7)
    keys = {
        IDENTITY.request_key("ab", ref, "c"),
        IDENTITY.request_key("a", ref, "bc"),
        other.request_key("ab", ref, "c"),
    }
    assert len(keys) == 3
    assert len({key[16:] for key in keys}) == 3


def test_seeds_follow_from_the_store_and_the_request() -> None:
    """The same request has the same 64-bit seed in stores of the same seed."""
    twin = StoreIdentity(bytes(32), 256, 7)
    assert IDENTITY.seed("k") == twin.seed("k") < 2**64
    assert IDENTITY.seed("k") != IDENTITY.seed("l")
    assert IDENTITY.seed("k") != StoreIdentity(bytes(32), 256, 8).seed("k")


@pytest.mark.parametrize("digits", [1, 3, 9, 16, 26, 32])
def test_base_32_names_each_five_bits(digits: int) -> None:
    """Digit by digit, the highest first; ids of older versions are spelled like this."""
    number = int.from_bytes(bytes(range(7, 27)), "big") >> 160 - 5 * digits
    assert encode32(number, digits) == "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(digits)))


@pytest.mark.parametrize("number", [0, 1, 31, 32, 2**45 - 1])
def test_base_32_is_its_own_inverse(number: int) -> None:
    """Numbers come back from Crockford's letters, which leave out i, l, o and u."""
    assert decode32(encode32(number, 9)) == number
    assert len(set(ALPHABET)) == 32
    assert not set("ilou") & set(ALPHABET)


@pytest.mark.parametrize("bad", ["", "abc", "0ad-000000000", f"fff-{'0' * 9}-{'0' * 42}", f"0ad-{'u' * 9}-{'0' * 42}"])
def test_anything_else_is_no_decision_id(bad: str) -> None:
    """A malformed id, a foreign letter and a bucket that does not exist are refused as the caller's mistake."""
    with pytest.raises(InvalidArgument) as refused:
        IDENTITY.customer_of(bad)
    assert refused.value.violations[0].field == "decision_id"


def test_a_forged_id_leads_to_nobody() -> None:
    """Well-formed letters that this store never gave unmask to a reference of no customer."""
    forged = IDENTITY.customer_of(f"0ad-{'1' * 9}-{'z' * 42}")
    assert len(forged.ref) == 32
    assert 0 <= forged.bucket < 256
