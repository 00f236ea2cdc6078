"""The journal forgets what is safe in the archive, not before, and decisions are found wherever they are."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from nba_server.adapters.archive.archiver import Archiver, ArchiverSettings
from nba_server.adapters.archive.condition import archive_condition, journal_condition
from nba_server.adapters.archive.faults import ArchiveDamaged
from nba_server.adapters.archive.finder import JournalFinder
from nba_server.adapters.archive.reader import ArchiveReader
from nba_server.adapters.archive.table import table_place
from nba_server.adapters.journal_codec import JournalCodec
from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CommitStatus, DecisionCommit, Offer
from nba_server.domain.decision import DecisionInput
from nba_server.domain.engagement import Contact, ContactState, Direction
from nba_server.errors import InvalidArgument
from tests.conftest import REPLAY_START_MS
from tests.integration.archive_journal import bought, buy, once_each
from tests.unit.archive import samples

DAY_MS = 86_400_000


def _flip(folder: Path) -> str:
    """Changes one bit of the oldest file; its name."""
    file = min(Path(table_place(folder)).rglob("*.parquet"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    return file.name


async def test_entries_stay_until_the_keep_time_has_passed(replay_store: Store, tmp_path: Path) -> None:
    """Archived entries stay in the journal for the keep time on the store's clock, then go, file by file."""
    archiver = Archiver(replay_store, tmp_path, ArchiverSettings(keep_ms=DAY_MS))
    await buy(replay_store, 10)
    await archiver.drain()
    await replay_store.clock.advance(REPLAY_START_MS + DAY_MS // 2)
    await buy(replay_store, 10, first=10)
    await archiver.drain()
    assert await archiver.trim() == 0
    await replay_store.clock.advance(REPLAY_START_MS + DAY_MS)
    assert await archiver.trim() == 10
    assert await replay_store.journal.length() == 10
    await replay_store.clock.advance(REPLAY_START_MS + 2 * DAY_MS)
    assert await archiver.trim() == 10
    assert await archiver.trim() == 0
    assert bought(tmp_path) == once_each(20)


async def test_what_is_not_archived_is_never_trimmed(store: Store, tmp_path: Path) -> None:
    """Entries that came after the last commit stay, whatever the keep time."""
    archiver = Archiver(store, tmp_path, ArchiverSettings(keep_ms=0, keep_entries=0))
    await buy(store, 10)
    await archiver.drain()
    await buy(store, 10, first=10)
    assert await archiver.trim() == 10
    assert await store.journal.length() == 10


async def test_too_full_a_journal_is_trimmed_before_the_keep_time(store: Store, tmp_path: Path) -> None:
    """When the journal has more entries than it may, the oldest archived files go first."""
    archiver = Archiver(store, tmp_path, ArchiverSettings(batch_rows=20, keep_entries=50))
    await buy(store, 100)
    await archiver.drain()
    assert await archiver.trim() == 60
    assert await store.journal.length() == 40


async def test_too_large_a_journal_is_trimmed_before_the_keep_time(store: Store, tmp_path: Path) -> None:
    """When the journal takes more memory than it may, the oldest archived files go first, until it fits."""
    archiver = Archiver(store, tmp_path, ArchiverSettings(batch_rows=20))
    await buy(store, 100)
    await archiver.drain()
    size = await store.journal.size()
    assert size > 100 * 20
    assert await archiver.trim() == 0
    tight = Archiver(store, tmp_path, ArchiverSettings(keep_bytes=size // 2))
    assert await tight.trim() == 60
    assert await store.journal.length() == 40


async def test_damaged_file_is_not_trimmed(store: Store, tmp_path: Path) -> None:
    """Nothing is forgotten that cannot be read back: the damaged file is named and the journal keeps its entries."""
    archiver = Archiver(store, tmp_path, ArchiverSettings(batch_rows=20, keep_ms=0))
    await buy(store, 60)
    await archiver.drain()
    name = _flip(tmp_path)
    with pytest.raises(ArchiveDamaged, match=name):
        await archiver.trim()
    assert await store.journal.length() == 60


async def test_trimming_goes_on_after_a_restart(store: Store, tmp_path: Path) -> None:
    """A new archiver does not read again what was trimmed long ago, as the table knows it."""
    steps: list[str] = []
    first = Archiver(store, tmp_path, ArchiverSettings(batch_rows=20, keep_ms=0))
    for start in range(0, 60, 20):
        await buy(store, 20, first=start)
        await first.drain()
        await first.trim()
    again = Archiver(store, tmp_path, ArchiverSettings(keep_ms=0), reached=steps.append)
    assert await again.trim() <= 40
    assert steps.count("verified") <= 2


async def test_condition_tells_rows_and_lag(replay_store: Store, tmp_path: Path) -> None:
    """Rows, times and size come from the archive; the lag is the age of the oldest entry that is not archived."""
    await buy(replay_store, 10)
    await Archiver(replay_store, tmp_path).drain()
    await buy(replay_store, 5, first=10)
    await replay_store.clock.advance(REPLAY_START_MS + 7_000)
    reader = ArchiveReader(tmp_path)
    held = archive_condition(reader)
    assert (held.rows, held.first_ms, held.last_ms) == (10, REPLAY_START_MS, REPLAY_START_MS)
    ahead = await journal_condition(replay_store, reader)
    assert (ahead.entries, ahead.lag_ms, ahead.dead) == (15, 7_000, 0)


async def test_decision_is_found_in_the_journal_and_then_in_the_archive(replay_store: Store, tmp_path: Path) -> None:
    """A decision is found with its answer while the store has it, and without when only the archive has it."""
    decision_id, payload = await _decide(replay_store)
    finder = JournalFinder(replay_store.journal, ArchiveReader(tmp_path))
    in_journal = await finder.find(decision_id)
    assert in_journal is not None
    assert (in_journal.payload, in_journal.answer, in_journal.taken) == (payload, b"head/one", (0,))
    archiver = Archiver(replay_store, tmp_path, ArchiverSettings(keep_ms=0))
    await archiver.drain()
    await archiver.trim()
    assert await replay_store.journal.length() == 0
    in_archive = await finder.find(decision_id)
    assert in_archive is not None
    assert (in_archive.payload, in_archive.answer, in_archive.taken) == (payload, b"", (0,))
    assert in_archive.state == in_journal.state
    assert in_archive.committed_ms == REPLAY_START_MS


async def test_unknown_decisions_and_other_texts(replay_store: Store, tmp_path: Path) -> None:
    """An id that nobody gave is unknown; what has not the form of an id is an invalid argument."""
    decision_id, _ = await _decide(replay_store)
    finder = JournalFinder(replay_store.journal, ArchiveReader(tmp_path))
    assert await finder.find(decision_id[:-1] + ("0" if decision_id[-1] != "0" else "1")) is None
    assert await finder.find(samples.decision_id()) is None
    for text in ("", "x", "zzz-zzz", decision_id[:-1], decision_id.upper() + "!"):
        with pytest.raises(InvalidArgument):
            await finder.find(text)


async def _decide(store: Store) -> tuple[str, bytes]:
    """Commits one decision with one offer; its id and its entry."""
    customer = store.identity.customer("anna")
    key = store.identity.request_key("shop", customer.ref, "r-1")
    now = await store.clock.now()
    decision_id = store.identity.decision_id(customer.bucket, now, key)
    given = DecisionInput(samples.request(), samples.state(), now, 1, decision_id)
    entry = JournalCodec("1").decision(
        dataclasses.replace(samples.decision(), input=given),
        samples.catalog(),
        customer,
        "shop",
    )
    contact = Contact(f"{decision_id}:a", 0, 0, ContactState.RESERVED, "web", Direction.INBOUND, "sales", "g", "a")
    commit = DecisionCommit(
        customer=customer,
        decision_id=decision_id,
        request_key=key,
        fingerprint="f",
        profile_version=0,
        guard_version=0,
        limits=(),
        slots=(1,),
        offers=(Offer(0, 0, 1, contact, (), b"/one", b"/sub"),),
        head=b"head",
        no_offers=(b"/none",),
        entry=entry,
        retention_ms=DAY_MS,
    )
    (result,) = await store.decisions.commit([commit])
    assert result.status is CommitStatus.COMMITTED
    return decision_id, entry
