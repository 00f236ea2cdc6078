"""What can go wrong with the archive, as errors that name the file.

Knows nothing of how files are read.
"""

from __future__ import annotations

from nba_server.errors import NbaError


class ArchiveDamaged(NbaError):
    """A file of the archive is missing, torn or changed. `file` is its path inside the table."""

    reason = "ARCHIVE_DAMAGED"

    def __init__(self, file: str, what: str) -> None:
        super().__init__(f"archive file {file}: {what}", metadata={"file": file})
        self.file = file
        self.what = what


class ArchiveStale(NbaError):
    """Another archiver committed the same buckets first: nothing was written; look again and read on from there."""

    reason = "ARCHIVE_STALE"


class ArchiveUnavailable(NbaError):
    """The archive's folder or object store does not answer."""

    reason = "ARCHIVE_UNAVAILABLE"
