"""Entries of the journal's first form, a message a candidate, stay readable and are made again bit for bit."""

from __future__ import annotations

import dataclasses
from base64 import b64decode

from nba_server.adapters.journal_entry import candidates_of, features_of
from nba_server.domain.candidate_table import CandidateTable
from nba_server.pb import journal_pb2
from tests.unit.archive import samples

# As the last server that wrote this form encoded `samples.decision()`.
OLD = b64decode(
    "CsUGCjgwYWQtMWtkd3B2bmcwLTAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMBIgMGYwZjBmMGYwZjBmMGYwZjBmMG"
    "YwZjBmMGYwZjBmMGYYgKy3y7czIgh3ZWItc2hvcCp/GgN3ZWIiDgoEaGVybxABGMACIMgBIggKBHNpZGUQAioTCgZiYXNrZXQSCREAAAAAAAAp"
    "QCoLCgVpdGVtcxICGAMqDwoJbG9nZ2VkX2luEgIgASoOCgRwYWdlEgYKBGhvbWUqEAoEc2VlbhIIKgYKAWEKAWIyA3ItMToBeToBejH///////"
    "///zoEY2FmZUIDbS0xSsIBCAcQAxonk4OjYWdlKaRyYXRlyz+5mZmZmZmapHRhZ3OSoWGhYpGjdmlwkaF4IjCRmaVlbWFpbKthZHZlcnRpc2lu"
    "Z6dncmFudGVkBQmmb3B0LWluonYxo3dlYqNwLTEqRpHcABGjZDphChShQ6VlbWFpbKFvpXNhbGVzoWehYcs/8AAAAAAAAKFkoKAAkZanY2xpY2"
    "tlZAyhZcs/+AAAAAAAAAAAAJAyGZKgkZelZ3JvdXChZ6EqCgCkcnVsZaNkOmFoAVJXCgRoZXJvEgFhGgRyaWNoQgVzYWxlcyEAAAAAAADAPynN"
    "zMzMzMzjPzlmZmZmZmbuPzIkCQAAAAAAAMA/EZqZmZmZmfE/GQAAAAAAAAhAIQAAAAAAAPg/UloKBGhlcm8SAWIaBXBsYWluQgVzYWxlcyEAAA"
    "AAAACwPykAAAAAAADAPzmamZmZmZmpPzIkCQAAAAAAALA/EQAAAAAAAPA/GQAAAAAAAABAIQAAAAAAAPA/SAFSWQoEc2lkZRIBYhoEcmljaEIF"
    "c2FsZXMhAAAAAAAAsD8pAAAAAAAAwD85AAAAAAAA8D8yJAkAAAAAAACwPxEAAAAAAADwPxkAAAAAAAAAQCEAAAAAAADwP0gBWg0IABABGWZmZm"
    "ZmZu4/Wg8IAhABGQAAAAAAAPA/IAFaBAgBKAFiRAoDZGVmEhAAAAAAAADQPwAAAAAAAPh/GgF4GgAiIAAAAAAAANA/AAAAAAAA+H8AAAAAAADQ"
    "PwAAAAAAAPh/KgFwKgFxegUxLjIuMw=="
)


def _read(payload: bytes) -> journal_pb2.DecisionEntry:
    return journal_pb2.JournalEntry.FromString(payload).decision


def test_old_entries_say_the_same() -> None:
    """Candidates and features of an old entry are those of the new entry of the same decision."""
    old, new = _read(OLD), _read(samples.decision_record().payload)
    assert list(candidates_of(old)) == list(candidates_of(new))
    assert dataclasses.replace(features_of(old), rows=2) == features_of(new)


def test_old_entries_are_compared_field_by_field() -> None:
    """A decision that is made again from an old entry has no differences; another decision's are named."""
    decision = samples.decision()
    payload = samples.CODEC.decision(decision, samples.catalog(), samples.REF, "web-shop")
    assert samples.CODEC.differences(OLD, payload) == ()
    other = CandidateTable.of([dataclasses.replace(one, pick_probability=0.5) for one in decision.candidates])
    payload = samples.CODEC.decision(
        dataclasses.replace(decision, candidates=other), samples.catalog(), samples.REF, "web-shop"
    )
    assert samples.CODEC.differences(OLD, payload) == ("candidates differs",)
