"""An older version of the table, read from the newest: files are merged and rebuilt, but rows stay, and each is dated by its id.

So a version that was named once (by a training run) gives the same rows for as long as the retention keeps its days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from nba_server.adapters.archive.data_file import DataFile
from nba_server.adapters.archive.faults import ArchiveUnavailable
from nba_server.adapters.archive.schema import order_of
from nba_server.adapters.archive.table import ArchiveTable
from nba_server.adapters.redis.settings import BUCKETS


@dataclass(frozen=True, slots=True)
class Past:
    """The newest files that hold an older version's rows. `whole` names those that hold nothing else."""

    files: Sequence[DataFile]
    whole: frozenset[str]
    last: Mapping[int, int]

    @classmethod
    def of(cls, then: ArchiveTable, now: ArchiveTable | None) -> Past | None:
        """None when the version's own files are all part of the newest, so that they can be read as they are.

        Raises `ArchiveUnavailable` when the retention has removed some of its days.
        """
        if now is None or then.version == now.version:
            return None
        old, new = then.data_files(), now.data_files()
        current = {file.path for file in new}
        if all(file.path in current for file in old):
            return None
        gone = sorted({file.day for file in old} - {file.day for file in new})
        if gone:
            days = gone[0] if len(gone) == 1 else f"{gone[0]} to {gone[-1]}"
            raise ArchiveUnavailable(f"version {then.version} cannot be read: the retention has removed {days}")
        horizon = max(file.last_ms for file in old)
        own = {file.path for file in old}
        files = [file for file in new if file.commit <= then.version or file.first_ms <= horizon]
        last = {bucket: order_of(stream_id) for bucket, stream_id in then.last_ids(range(BUCKETS)).items()}
        return cls(files, frozenset(file.path for file in files if file.path in own), last)

    def of_version(self, file: DataFile, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The rows of a batch that the older version has."""
        if file.path in self.whole:
            return batch
        places = zip(batch["bucket"].to_pylist(), batch["stream_id"].to_pylist(), strict=True)
        return batch.filter(
            pa.array([order_of(id_) <= self.last.get(bucket, -1) for bucket, id_ in places], pa.bool_())
        )
