"""From one version to the next: entries of older and newer servers, and stores of a format that is not known yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from nba_server.adapters.archive.archiver import Archiver
from nba_server.adapters.archive.reader import ArchiveReader
from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.engine.liveness import ask
from nba_server.adapters.journal_decoding import decode_decision
from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CustomerWrite
from nba_server.errors import FailedPrecondition
from tests.integration.archive_journal import bought, buy, once_each


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited protobuf field, as a version with other fields would write it."""
    assert number < 16
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content


FIRST_DECISION = _field(
    1,
    _field(1, b"0ad-1m808vxs2-0")  # decision id
    + _field(2, b"0f" * 16)  # customer reference
    + b"\x18\xe8\x07"  # decided at 1000
    + _field(4, b"shop")
    + _field(5, _field(3, b"web")),  # a request, of which little was kept
)
"""A decision as the first version could have written it: no features, candidates, picks, snapshot, nor server version."""

UNKNOWN = _field(14, b"something of a later version")


async def _journal(store: Store, kind: str, payload: bytes) -> None:
    ref = store.identity.customer(f"customer of {kind} {len(payload)}")
    assert all(await store.customers.write([CustomerWrite(ref, 0, entries=((kind, payload),))]))


async def test_entry_of_an_older_version_is_archived_and_read(store: Store, tmp_path: Path) -> None:
    """What an older version has not written is empty, and the entry is archived byte for byte."""
    await _journal(store, "decision", FIRST_DECISION)
    await Archiver(store, tmp_path).drain()
    (archived,) = ArchiveReader(tmp_path).entries()
    assert archived.payload == FIRST_DECISION
    decision = decode_decision(archived)
    assert (decision.decision_id, decision.caller, decision.now_ms) == ("0ad-1m808vxs2-0", "shop", 1000)
    assert (decision.state.ledger, decision.catalog_hash, archived.entry.server_version) == ((), "", "")


async def test_unknown_fields_of_a_newer_version_are_kept(store: Store, tmp_path: Path) -> None:
    """While two versions serve, the older one archives what the newer one adds without losing a byte of it."""
    await _journal(store, "decision", FIRST_DECISION + UNKNOWN)
    await Archiver(store, tmp_path).drain()
    (archived,) = ArchiveReader(tmp_path).entries()
    assert archived.payload == FIRST_DECISION + UNKNOWN
    assert decode_decision(archived).caller == "shop"
    assert await store.journal.dead_letters(1) == []


async def test_entry_of_an_unknown_kind_waits_for_the_newer_version(store: Store, tmp_path: Path) -> None:
    """A kind that this version does not know is put aside whole, and holds nobody up."""
    await buy(store, 3)
    await _journal(store, "journey", _field(9, b"a step of a journey"))
    await buy(store, 3, first=3)
    await Archiver(store, tmp_path).drain()
    (letter,) = await store.journal.dead_letters(10)
    assert (letter.record.kind, letter.record.payload) == ("journey", _field(9, b"a step of a journey"))
    assert bought(tmp_path) == once_each(6)


@pytest.mark.parametrize("kind", ["live", "any"])
async def test_store_of_a_newer_format_is_refused(store: Store, engine: EmbeddedEngine, kind: str) -> None:
    """Neither a server nor a command touches a store of a format that it does not know, and says what to use."""
    assert ask(engine.socket, "HSET nba:meta format 2") == ":0"
    with pytest.raises(FailedPrecondition, match="newer version of nba-server") as refused:
        await Store.open(engine.url, kind=kind)
    assert refused.value.reason == "STORE_TOO_NEW"
    assert ask(engine.socket, "HGET nba:meta format", whole=True) == "$1\r\n2\r\n"


async def test_store_of_another_format_is_refused(store: Store, engine: EmbeddedEngine) -> None:
    """A format that is no number this version knows is refused, too."""
    ask(engine.socket, "HSET nba:meta format draft")
    with pytest.raises(FailedPrecondition, match="format draft"):
        await Store.open(engine.url)
