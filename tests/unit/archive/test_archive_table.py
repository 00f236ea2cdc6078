"""The archive's table: one commit a batch, stale writers fail, damage is found, versions can be read again."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.fs as pafs
import pytest

from nba_server.adapters.archive.faults import ArchiveDamaged, ArchiveStale, ArchiveUnavailable
from nba_server.adapters.archive.files import RemoteFiles, check_name, name_of
from nba_server.adapters.archive.reader import ArchiveReader
from nba_server.adapters.archive.schema import ArchiveRow, order_of, read_taken, row_of, stream_id_of, write_taken
from nba_server.adapters.archive.table import ArchiveTable, table_place
from tests.unit.archive import samples


def _only_file(folder: Path) -> Path:
    (file,) = Path(table_place(folder)).rglob("*.parquet")
    return file


def test_archive_that_does_not_exist_is_empty(tmp_path: Path) -> None:
    """A reader of nothing reads nothing, and creates nothing."""
    reader = ArchiveReader(tmp_path / "none")
    assert (reader.version, list(reader.entries()), reader.verify()) == (-1, [], [])
    assert not (tmp_path / "none").exists()


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    """A decision read from the archive has its payload, its marks and what was taken."""
    record = samples.decision_record()
    samples.archive(tmp_path, [row_of(record)])
    (found,) = ArchiveReader(tmp_path).entries()
    assert (found.kind, found.bucket, found.stream_id, found.at_ms) == (
        "decision",
        0xAD,
        record.stream_id,
        record.at_ms,
    )
    assert (found.taken, found.substituted, found.payload) == (record.taken, record.substituted, record.payload)
    assert found.entry.decision.customer_ref == samples.REF.ref


def test_stale_writer_fails_instead_of_writing_twice(tmp_path: Path) -> None:
    """Two writers that loaded the same state and read the same rows: one commits, the other is told."""
    rows = samples.purchases(10)
    first, zombie = (ArchiveTable.open(tmp_path, create=True) for _ in range(2))
    assert first is not None
    assert zombie is not None
    first.commit(first.write(rows), samples.last_ids(rows))
    with pytest.raises(ArchiveStale):
        zombie.commit(zombie.write(rows), samples.last_ids(rows))
    assert len(list(ArchiveReader(tmp_path).entries())) == 10
    zombie.refresh()
    assert zombie.last_ids(range(256)) == samples.last_ids(rows)


def test_last_ids_travel_with_the_rows(tmp_path: Path) -> None:
    """After a commit every bucket's last stream id is known, and buckets never archived are absent."""
    rows = samples.purchases(3)
    table = samples.archive(tmp_path, rows)
    assert table.last_ids(range(256)) == {row.bucket: row.stream_id for row in rows}


def test_batch_over_midnight_becomes_a_file_a_day_in_one_commit(tmp_path: Path) -> None:
    """Rows of two days are two files of one version."""
    table = samples.archive(tmp_path, samples.purchases(4, step_ms=8 * 3_600_000))
    assert table.version == 1
    assert [(file.day, file.rows) for file in table.data_files()] == [("2026-01-01", 2), ("2026-01-02", 2)]


def test_same_rows_written_again_are_the_same_file(tmp_path: Path) -> None:
    """A batch that was written before a crash and is written again leaves one file."""
    table = samples.archive(tmp_path)
    assert table.write(samples.purchases(5))[0].path == table.write(samples.purchases(5))[0].path
    assert len(list(Path(table_place(tmp_path)).rglob("*.parquet"))) == 1


def test_filters_by_kind_and_time(tmp_path: Path) -> None:
    """Kinds and a half-open time range select rows, over file borders."""
    other = row_of(samples.decision_record(samples.NOON_MS + 15_500))
    samples.archive(tmp_path, samples.purchases(10), [*samples.purchases(10, first=10), other])
    reader = ArchiveReader(tmp_path)
    since, until = samples.NOON_MS + 8_000, samples.NOON_MS + 16_000
    found = list(reader.entries(since_ms=since, until_ms=until))
    assert sorted(entry.at_ms - samples.NOON_MS for entry in found) == sorted([*range(8_000, 16_000, 1_000), 15_500])
    assert [entry.kind for entry in reader.entries(["decision"])] == ["decision"]
    assert list(reader.entries([])) == []


def test_older_version_reads_the_same_rows_again(tmp_path: Path) -> None:
    """A named version gives what it gave then, whatever was added since."""
    samples.archive(tmp_path, samples.purchases(10), samples.purchases(10, first=10))
    reader = ArchiveReader(tmp_path)
    assert reader.version == 2
    assert len(list(reader.entries(version=1))) == 10
    assert len(list(ArchiveReader(tmp_path, version=1).entries())) == 10
    assert len(list(reader.entries())) == 20


def test_entries_of_a_bucket_come_in_the_order_of_the_journal(tmp_path: Path) -> None:
    """Over files and days, the entries of one customer are read in the order in which they happened."""
    batches = [samples.purchases(40, first=40 * n, step_ms=3_600_000, buckets=4) for n in range(3)]
    samples.archive(tmp_path, *batches)
    for bucket in range(4):
        ids = [order_of(e.stream_id) for e in ArchiveReader(tmp_path).entries() if e.bucket == bucket]
        assert ids == sorted(ids)
        assert len(ids) == 30


def test_decision_is_found_by_its_id(tmp_path: Path) -> None:
    """A decision is found among others by the day in its id, also when it was committed behind midnight."""
    midnight = samples.NOON_MS + 12 * 3_600_000
    before, behind = samples.decision_record(), samples.decision_record(midnight + 5, midnight - 5)
    samples.archive(tmp_path, samples.purchases(10), [row_of(before)], [row_of(behind)])
    reader = ArchiveReader(tmp_path)
    for record, decided_ms in ((before, samples.NOON_MS), (behind, midnight - 5)):
        found = reader.find_decision(samples.decision_id(decided_ms))
        assert found is not None
        assert (found.payload, found.stream_id) == (record.payload, record.stream_id)
    assert reader.find_decision(samples.decision_id(midnight)) is None


@pytest.mark.parametrize("place", [0.1, 0.35, 0.5, 0.75, 0.97])
def test_flipped_bit_is_found_with_the_file_name(tmp_path: Path, place: float) -> None:
    """One changed bit anywhere in a file is reported by verify, by name."""
    samples.archive(tmp_path, samples.purchases(500, step_ms=10))
    file = _only_file(tmp_path)
    content = bytearray(file.read_bytes())
    content[int(len(content) * place)] ^= 1
    file.write_bytes(content)
    (fault,) = ArchiveReader(tmp_path).verify()
    assert file.name in fault.file
    assert fault.rows == 500


def test_flipped_bit_in_a_page_stops_every_reader(tmp_path: Path) -> None:
    """A reader never hands out a changed value: the page's checksum is checked on every read."""
    samples.archive(tmp_path, samples.purchases(500, step_ms=10))
    file = _only_file(tmp_path)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(ArchiveDamaged, match=file.name):
        list(ArchiveReader(tmp_path).entries())


@pytest.mark.parametrize("left", [0.0, 0.5, 0.99])
def test_torn_and_missing_files_are_found(tmp_path: Path, left: float) -> None:
    """A file that lost its end, or all of it, is reported by name, by readers and by verify."""
    samples.archive(tmp_path, samples.purchases(500, step_ms=10))
    file = _only_file(tmp_path)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * left)])
    with pytest.raises(ArchiveDamaged, match=file.name):
        list(ArchiveReader(tmp_path).entries())
    file.unlink()
    (fault,) = ArchiveReader(tmp_path).verify()
    assert file.name in fault.file


def test_reading_many_rows_needs_little_memory(tmp_path: Path) -> None:
    """200,000 rows are read in batches of at most 2,048, in much less memory than they fill."""
    table = samples.archive(tmp_path)
    payload = samples.purchases(1, pad=500)[0].payload
    for part in range(10):
        moments = range(samples.NOON_MS + 20_000 * part, samples.NOON_MS + 20_000 * (part + 1))
        rows = [ArchiveRow("purchase", 1, f"{at}-0", at, None, "ab", "", payload) for at in moments]
        table.commit(table.write(rows), samples.last_ids(rows))
    reader = ArchiveReader(tmp_path)
    before = pa.total_allocated_bytes()
    sizes, held = [], 0
    for batch in reader.batches():
        sizes.append(batch.num_rows)
        held = max(held, pa.total_allocated_bytes() - before)
    assert sum(sizes) == 200_000
    assert max(sizes) <= 2_048
    assert held < 10_000_000  # the rows fill more than 100 MB


def test_object_store_files_are_read_back_and_checked(tmp_path: Path) -> None:
    """Files that go through a pyarrow file system are written, read, checked and missed like local ones."""
    files = RemoteFiles(pafs.LocalFileSystem(), str(tmp_path))
    content = b"rows" * 1_000
    path = name_of("2026-01-01", 1, content)
    files.write(path, content)
    check_name(files, path)
    (tmp_path / path).write_bytes(content[:-1])
    with pytest.raises(ArchiveDamaged, match="not those that were written"):
        check_name(files, path)
    (tmp_path / path).unlink()
    with pytest.raises(ArchiveDamaged, match="cannot be opened"):
        check_name(files, path)


def test_place_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """A version that never was, and a folder that is a file, are errors with a sentence."""
    samples.archive(tmp_path, samples.purchases(1))
    with pytest.raises(ArchiveUnavailable):
        ArchiveReader(tmp_path, version=99)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ArchiveUnavailable):
        ArchiveTable.open(tmp_path / "file", create=True)


def test_stream_ids_and_picks_have_one_form() -> None:
    """Stream ids become numbers in their order and back; taken picks keep the mark of a substitution."""
    assert stream_id_of(order_of("1767268800000-17")) == "1767268800000-17"
    assert order_of("5-2") < order_of("5-10") < order_of("6-0")
    assert read_taken(write_taken((0, 3), (3,))) == ((0, 3), (3,))
    assert read_taken("") == ((), ())
