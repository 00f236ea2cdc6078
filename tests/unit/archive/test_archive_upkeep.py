"""Upkeep: small files become large ones with the same rows, old days go, what belongs to nothing is deleted."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from nba_server.adapters.archive.faults import ArchiveDamaged, ArchiveStale, ArchiveUnavailable
from nba_server.adapters.archive.reader import ArchiveReader
from nba_server.adapters.archive.schema import order_of
from nba_server.adapters.archive.settings import ArchiverSettings, UpkeepSettings
from nba_server.adapters.archive.table import ArchiveTable, table_place
from nba_server.adapters.archive.upkeep import Kept, Upkeep
from tests.unit.archive import samples

DAY_MS = 86_400_000
TOMORROW = samples.NOON_MS + DAY_MS
NOW = ArchiverSettings(upkeep=UpkeepSettings(merge_files=3, sweep_hours=0))
LATER = ArchiverSettings(upkeep=UpkeepSettings(merge_files=3))


def _files(folder: Path) -> list[Path]:
    return sorted(Path(table_place(folder)).rglob("*.parquet"))


def _ids(folder: Path, version: int | None = None) -> Counter[tuple[int, str]]:
    return Counter((entry.bucket, entry.stream_id) for entry in ArchiveReader(folder, version=version).entries())


def _batches(count: int, rows: int = 20, **more: int) -> list[list[samples.ArchiveRow]]:
    return [samples.purchases(rows, first=rows * number, buckets=7, **more) for number in range(count)]


async def test_small_files_of_a_day_become_one(tmp_path: Path) -> None:
    """The same rows, each once, in one checked file; the entries of a bucket stay in their order."""
    table = samples.archive(tmp_path, *_batches(10))
    before = _ids(tmp_path)
    assert await Upkeep(LATER).run(table, 10, TOMORROW) == Kept(merged=10)
    (file,) = table.data_files()
    assert (file.rows, file.commit, file.day) == (200, 10, "2026-01-01")
    assert _ids(tmp_path) == before
    assert set(before.values()) == {1}
    for bucket in range(7):
        ids = [order_of(e.stream_id) for e in ArchiveReader(tmp_path).entries() if e.bucket == bucket]
        assert ids == sorted(ids)
    _flipped(_largest(tmp_path))
    with pytest.raises(ArchiveDamaged, match="CRC"):
        list(ArchiveReader(tmp_path).entries())


async def test_last_ids_stay_with_merged_files(tmp_path: Path) -> None:
    """Merging leaves the last stream ids as they are, and a writer that began before goes on behind them."""
    batches = _batches(4)
    table = samples.archive(tmp_path, *batches)
    zombie = ArchiveTable.open(tmp_path)
    assert zombie is not None
    last = table.last_ids(range(7))
    await Upkeep(LATER).run(table, 4, TOMORROW)
    assert table.last_ids(range(7)) == last
    rows = samples.purchases(20, first=80, buckets=7)
    zombie.commit(zombie.write(rows), samples.last_ids(rows))
    assert _ids(tmp_path) == Counter((row.bucket, row.stream_id) for batch in [*batches, rows] for row in batch)


async def test_version_named_before_a_merge_gives_the_same_rows(tmp_path: Path) -> None:
    """A version that was read once is read again when its files are merged with later ones and swept."""
    table = samples.archive(tmp_path, *_batches(10))
    before = {version: _ids(tmp_path, version) for version in (1, 4, 10)}
    await Upkeep(NOW).run(table, 10, TOMORROW)
    assert (await Upkeep(NOW).run(table, 10, TOMORROW)).swept == 10
    assert len(_files(tmp_path)) == 1
    assert {version: _ids(tmp_path, version) for version in before} == before
    assert {version: sum(ids.values()) for version, ids in before.items()} == {1: 20, 4: 80, 10: 200}


async def test_version_whose_days_are_removed_is_refused(tmp_path: Path) -> None:
    """A version of which days have been removed is not read in part: the days are named."""
    table = samples.archive(tmp_path, *[samples.purchases(1, first=n, step_ms=DAY_MS) for n in range(6)])
    await Upkeep(ArchiverSettings(retention_days=2)).run(table, 3, samples.NOON_MS + 6 * DAY_MS)
    with pytest.raises(ArchiveUnavailable, match="2026-01-01 to 2026-01-03"):
        ArchiveReader(tmp_path, version=6)


async def test_two_at_once_merge_once(tmp_path: Path) -> None:
    """Of two that merge the same files the second is told, and nothing is there twice."""
    first = samples.archive(tmp_path, *_batches(5))
    second = ArchiveTable.open(tmp_path)
    assert second is not None
    await Upkeep(LATER).run(first, 5, TOMORROW)
    with pytest.raises(ArchiveStale):
        await Upkeep(LATER).run(second, 5, TOMORROW)
    assert _ids(tmp_path) == Counter(_ids(tmp_path).keys())
    assert len(list(ArchiveReader(tmp_path).entries())) == 100


async def test_what_the_journal_has_and_what_is_of_today_stays(tmp_path: Path) -> None:
    """Files of today, and files whose entries the journal still has, are left as they were written."""
    table = samples.archive(tmp_path, *_batches(6))
    assert await Upkeep(LATER).run(table, 6, samples.NOON_MS) == Kept()
    assert await Upkeep(LATER).run(table, 2, TOMORROW) == Kept()
    assert await Upkeep(LATER).run(table, 4, TOMORROW) == Kept(merged=4)
    assert [file.commit for file in table.data_files()] == [4, 5, 6]


async def test_merged_files_are_bounded(tmp_path: Path) -> None:
    """A merged file has at most the rows and bytes of the settings, and large files are left alone."""
    table = samples.archive(tmp_path, *_batches(10))
    bounded = ArchiverSettings(upkeep=UpkeepSettings(merge_files=2, merge_rows=70))
    assert await Upkeep(bounded).run(table, 10, TOMORROW) == Kept(merged=9)
    assert [file.rows for file in table.data_files()] == [60, 60, 60, 20]
    assert await Upkeep(bounded).run(table, table.version, TOMORROW) == Kept()


async def test_damaged_file_is_not_merged(tmp_path: Path) -> None:
    """A damaged file keeps its group as it is and is named; other days are merged."""
    days = [samples.purchases(5, first=5 * n, step_ms=DAY_MS // 30) for n in range(12)]
    table = samples.archive(tmp_path, *days)
    first = min(_files(tmp_path))
    _flipped(first)
    with pytest.raises(ArchiveDamaged, match=first.name):
        await Upkeep(LATER).run(table, 12, TOMORROW + 5 * DAY_MS)
    by_day = Counter(file.day for file in table.data_files())
    assert by_day["2026-01-01"] == 3
    assert by_day["2026-01-02"] == 1


async def test_damage_is_found_by_reading_on(tmp_path: Path) -> None:
    """Files that nobody reads are read again, some at each run, so that damage is found."""
    table = samples.archive(tmp_path, *_batches(3))
    _flipped(_files(tmp_path)[2])
    slow = Upkeep(ArchiverSettings(upkeep=UpkeepSettings(scrub_bytes=1)))
    assert await slow.run(table, 0, TOMORROW) == Kept()
    assert await slow.run(table, 0, TOMORROW) == Kept()
    with pytest.raises(ArchiveDamaged):
        await slow.run(table, 0, TOMORROW)
    assert await slow.run(table, 0, TOMORROW) == Kept()


async def test_days_older_than_the_retention_go(tmp_path: Path) -> None:
    """Whole days go from the table and from the disk; entries that the journal still has stay."""
    table = samples.archive(tmp_path, *[samples.purchases(1, first=n, step_ms=DAY_MS) for n in range(6)])
    keep = ArchiverSettings(retention_days=2, upkeep=UpkeepSettings(sweep_hours=0))
    kept = await Upkeep(keep).run(table, 3, samples.NOON_MS + 6 * DAY_MS)
    assert (kept.removed, kept.swept) == (3, 3)
    assert [file.day[-2:] for file in table.data_files()] == ["04", "05", "06"]
    assert len(_files(tmp_path)) == 3
    assert (await Upkeep(keep).run(table, 6, samples.NOON_MS + 6 * DAY_MS)).removed == 1
    assert await Upkeep(NOW).run(table, 6, samples.NOON_MS + 99 * DAY_MS) == Kept()


async def test_orphans_are_swept_when_they_are_old(tmp_path: Path) -> None:
    """Files and drafts that a dead writer left are deleted, but not before they are old."""
    table = samples.archive(tmp_path, samples.purchases(5))
    table.write(samples.purchases(5, first=5))
    draft = _files(tmp_path)[0].with_name(".0000000009-x.parquet.ab")
    draft.write_bytes(b"half")
    hour = ArchiverSettings(upkeep=UpkeepSettings(sweep_hours=1))
    assert (await Upkeep(hour).run(table, 0, TOMORROW)).swept == 0
    for path in (*_files(tmp_path), draft):
        past = path.stat().st_mtime - 2 * 3_600
        os.utime(path, (past, past))
    assert (await Upkeep(hour).run(table, 0, TOMORROW)).swept == 2
    assert not draft.exists()
    assert len(_files(tmp_path)) == 1
    assert len(list(ArchiveReader(tmp_path).entries())) == 5


def _largest(folder: Path) -> Path:
    return max(_files(folder), key=lambda file: file.stat().st_size)


def _flipped(file: Path) -> Path:
    """The file with one bit changed."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    return file
