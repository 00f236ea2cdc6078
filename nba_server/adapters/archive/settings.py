"""How the archiver works: its pace, how long things are kept, when small files become large ones."""

from __future__ import annotations

from dataclasses import dataclass

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class UpkeepSettings:
    """Every `interval_ms` files that are over are looked after.

    At least `merge_files` neighbours of one day become one, of at most `merge_bytes` and `merge_rows`. Files that no longer
    belong to the table are deleted after `sweep_hours`: readers of an older version may still be at work. `scrub_bytes` are
    read again each time, to find damage before somebody needs the file.
    """

    interval_ms: int = HOUR_MS
    merge_files: int = 8
    merge_bytes: int = 8 << 20
    merge_rows: int = 100_000
    sweep_hours: int = 7 * 24
    scrub_bytes: int = 256 << 20


@dataclass(frozen=True, slots=True)
class ArchiverSettings:
    """A batch is committed when it has `batch_rows` entries or `batch_bytes` of payload, and at the latest `interval_ms`
    after its first entry; each commit is a file a day, and readers pay for many small ones.

    Archived entries stay in the journal for `keep_ms` of the store's clock, unless the journal has more than
    `keep_entries` or takes more than `keep_bytes` of the store's memory. `lease_ms` is how long a dead archiver holds up
    the next. `retention_days` is how many whole days the archive keeps (0: for ever).
    """

    batch_rows: int = 10_000
    batch_bytes: int = 64 << 20
    interval_ms: int = 30_000
    keep_ms: int = DAY_MS
    keep_entries: int = 1_000_000
    keep_bytes: int = 1 << 30
    lease_ms: int = 15_000
    retention_days: int = 0
    upkeep: UpkeepSettings = UpkeepSettings()
