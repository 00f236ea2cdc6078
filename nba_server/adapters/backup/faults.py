"""What can go wrong with a backup."""

from __future__ import annotations

from nba_server.errors import NbaError


class BackupDamaged(NbaError):
    """The backup is not what was written: it is not restored."""

    reason = "BACKUP_DAMAGED"


class BackupFailed(NbaError):
    """The backup could not be made; nothing is left of it."""

    reason = "BACKUP_FAILED"
