"""Damaged files are rebuilt from the journal and from what is left of them; what is lost is said."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from nba_server.adapters.archive.archiver import Archiver, ArchiverSettings
from nba_server.adapters.archive.faults import ArchiveDamaged
from nba_server.adapters.archive.reader import ArchiveReader
from nba_server.adapters.archive.repair import Repair
from nba_server.adapters.redis.store import Store
from tests.integration.archive_damage import data_files, flip, page_of, tear
from tests.integration.archive_journal import bought, buy, once_each
from tests.unit.archive import samples

SMALL = ArchiverSettings(batch_rows=20, keep_ms=0)

DAMAGES: dict[str, Callable[[Path], object]] = {
    "flipped bit": flip,
    "bit of the footer": lambda file: flip(file, 0.97),
    "torn in the middle": lambda file: tear(file, 0.5),
    "torn at the end": lambda file: tear(file, 0.99),
    "empty": lambda file: tear(file, 0.0),
    "gone": lambda file: file.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_file_that_the_journal_still_has_is_rebuilt_bit_by_bit(store: Store, tmp_path: Path, damage: str) -> None:
    """While the journal has the entries, any damage to a file is mended whole, to the same bytes as before."""
    await buy(store, 60)
    await Archiver(store, tmp_path, SMALL).drain()
    file = data_files(tmp_path)[1]
    before = file.read_bytes()
    DAMAGES[damage](file)
    (done,) = await Repair(store, tmp_path).all()
    assert (done.rows, done.lost, done.kept + done.restored) == (20, 0, 20)
    assert file.read_bytes() == before
    assert ArchiveReader(tmp_path).verify() == []
    assert bought(tmp_path) == once_each(60)


async def test_all_files_damaged_at_once_are_rebuilt(store: Store, tmp_path: Path) -> None:
    """Files whose times overlap and that are all gone share the journal's entries: each comes back once."""
    await buy(store, 100)
    await Archiver(store, tmp_path, SMALL).drain()
    for file in data_files(tmp_path):
        file.unlink()
    done = await Repair(store, tmp_path).all()
    assert sum(one.lost for one in done) == 0
    assert bought(tmp_path) == once_each(100)
    assert ArchiveReader(tmp_path).verify() == []


async def test_entries_not_archived_yet_are_left_to_the_archiver(store: Store, tmp_path: Path) -> None:
    """A repair takes only what was archived: what came later is archived later, and nothing twice."""
    await buy(store, 20)
    archiver = Archiver(store, tmp_path, SMALL)
    await archiver.drain()
    await buy(store, 20, first=20)
    data_files(tmp_path)[0].unlink()
    await Repair(store, tmp_path).all()
    assert bought(tmp_path) == once_each(20)
    await archiver.drain()
    assert bought(tmp_path) == once_each(40)


async def test_what_the_journal_has_forgotten_is_lost_and_named(store: Store, tmp_path: Path) -> None:
    """A bad page of a file that the journal has forgotten: whole row groups stay, the lost entries are told by id."""
    folder, file, rows = _large_file(tmp_path)
    flip(file, page_of(file, 1, "payload"))
    (done,) = await Repair(store, folder).all()
    lost = {(entry.bucket, entry.stream_id) for entry in done.lost_entries}
    assert 0 < done.lost <= 2_048
    assert (done.kept + done.lost, len(lost), done.lost_ranges) == (5_000, done.lost, ())
    assert {entry.kind for entry in done.lost_entries} == {"purchase"}
    left = Counter((entry.bucket, entry.stream_id) for entry in ArchiveReader(folder).entries())
    assert left == Counter({(row.bucket, row.stream_id) for row in rows} - lost)
    assert ArchiveReader(folder).verify() == []


async def test_lost_ids_leave_bounds(store: Store, tmp_path: Path) -> None:
    """Where the ids themselves are lost, their number and the bounds of bucket and time are told."""
    folder, file, rows = _large_file(tmp_path)
    flip(file, page_of(file, 2, "stream_id"))
    (done,) = await Repair(store, folder).all()
    (bounds,) = done.lost_ranges
    gone = rows[2 * 2_048 :]
    assert done.lost == bounds.rows <= len(gone)
    assert bounds.first_bucket >= gone[0].bucket
    assert bounds.last_bucket == gone[-1].bucket
    assert min(row.at_ms for row in gone) <= bounds.first_ms <= bounds.last_ms <= max(row.at_ms for row in gone)
    assert len(list(ArchiveReader(folder).entries())) == 5_000 - done.lost


async def test_one_bit_of_the_footer_costs_nothing(store: Store, tmp_path: Path) -> None:
    """A single changed bit in a footer, or in the bytes that say where it is, is turned back: no entry is lost."""
    folder, file, _ = _large_file(tmp_path)
    before = file.read_bytes()
    for place in (-3, -7, -40, -900):
        flip(file, len(before) + place)
        assert len(ArchiveReader(folder).verify()) == 1
        with pytest.raises(ArchiveDamaged, match="footer"):
            list(ArchiveReader(folder).entries())
        (done,) = await Repair(store, folder).all()
        assert (done.kept, done.lost) == (5_000, 0)
        assert file.read_bytes() == before


async def test_nothing_left_is_said_and_the_archive_can_be_read_again(store: Store, tmp_path: Path) -> None:
    """A file that is gone with its journal is taken out of the table, and all its rows are reported lost."""
    folder, file, _ = _large_file(tmp_path)
    file.unlink()
    (done,) = await Repair(store, folder).all()
    assert (done.lost, done.kept, done.restored, done.replaced_by) == (5_000, 0, 0, "")
    assert (done.lost_ranges[0].first_bucket, done.lost_ranges[0].last_bucket) == (0, 255)
    assert list(ArchiveReader(folder).entries()) == []


async def test_dry_run_changes_nothing(store: Store, tmp_path: Path) -> None:
    """A dry run tells what a repair would do, and leaves the damage."""
    await buy(store, 20)
    await Archiver(store, tmp_path, SMALL).drain()
    flip(data_files(tmp_path)[0])
    (done,) = await Repair(store, tmp_path).all(dry_run=True)
    assert (done.lost, done.replaced_by) == (0, "")
    assert len(ArchiveReader(tmp_path).verify()) == 1


async def test_repair_beside_a_running_archiver(store: Store, tmp_path: Path) -> None:
    """An archiver that commits while files are repaired is told and goes on: every entry is there once."""
    await buy(store, 60)
    archiver = Archiver(store, tmp_path, SMALL)
    await archiver.drain()
    for file in data_files(tmp_path):
        flip(file)
    await buy(store, 100, first=60)
    await asyncio.gather(archiver.drain(), Repair(store, tmp_path).all())
    assert bought(tmp_path) == once_each(160)


async def test_archiver_mends_what_it_finds_damaged(store: Store, tmp_path: Path) -> None:
    """The archiver that finds a damaged file before it trims rebuilds it by itself, and then trims."""
    await buy(store, 60)
    first = Archiver(store, tmp_path, ArchiverSettings(batch_rows=20))
    await first.drain()
    flip(data_files(tmp_path)[0])
    tear(data_files(tmp_path)[2], 0.3)
    trimmed, stop = 0, asyncio.Event()

    def reached(step: str) -> None:
        nonlocal trimmed
        trimmed += step == "trimmed"
        if trimmed == 3:
            stop.set()

    pace = ArchiverSettings(batch_rows=20, keep_ms=0, interval_ms=10)
    await Archiver(store, tmp_path, pace, reached=reached).run(stop)
    assert await store.journal.length() == 0
    assert ArchiveReader(tmp_path).verify() == []
    assert bought(tmp_path) == once_each(60)


def _large_file(folder: Path) -> tuple[Path, Path, list[samples.ArchiveRow]]:
    """An archive with one file of 5,000 purchases of which the journal knows nothing; its rows in their order."""
    rows = samples.purchases(5_000, step_ms=1, pad=200)
    samples.archive(folder, rows)
    (file,) = data_files(folder)
    return folder, file, sorted(rows, key=lambda row: (row.bucket, row.at_ms))
