"""What an agent has recorded and the server has not confirmed: kept in a file, sent in order, once.

Every entry has an id that the server knows it by, so that a repeat changes nothing.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nba_client import Client

Entry = dict[str, Any]
"""`kind` (outcome, score, complaint or close), `id`, `label` for people, and the fields of the kind."""


class Outbox:
    """The entries of one file, which other runs may have left there."""

    def __init__(self, path: Path) -> None:
        """`path` is made with its folder when there is something to keep; nobody else may read it."""
        self._path = path
        self.waiting: list[Entry] = _read(path)

    def add(self, kind: str, label: str, **fields: Any) -> Entry:
        """Keeps an entry; it is in the file when this returns."""
        entry = {"kind": kind, "id": uuid.uuid4().hex, "label": label, **fields}
        self.waiting.append(entry)
        self._write()
        return entry

    def flush(self, client: Client, told: Callable[[str], None]) -> bool:
        """Sends what waits; False when the server is away, and the rest waits on. `told` hears effects and refusals."""
        from nba_client.errors import DeadlineExceeded, NbaClientError, Overloaded, Unavailable

        while self.waiting:
            entry = self.waiting[0]
            try:
                for effect in _send(client, entry):
                    told(effect)
            except (Unavailable, Overloaded, DeadlineExceeded):
                return False
            except NbaClientError as error:
                told(f"not taken: {entry['label']}: {error.message}")
            self.waiting.pop(0)
            self._write()
        return True

    def _write(self) -> None:
        if not self.waiting:
            self._path.unlink(missing_ok=True)
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text("".join(json.dumps(entry) + "\n" for entry in self.waiting), encoding="utf-8")
        fresh.replace(self._path)


def default_path(address: str) -> Path:
    """One file a server, where the system keeps the state of programs."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    name = "".join(letter if letter.isalnum() else "-" for letter in address)
    return Path(base) / "nba" / f"agent-{name}.jsonl"


def _read(path: Path) -> list[Entry]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def _send(client: Client, entry: Entry) -> tuple[str, ...]:
    """The effects in words. Raises the client's errors."""
    from nba_client import Complaint, Event, Score
    from nba_client.errors import from_item

    if entry["kind"] == "outcome":
        result = client.outcome(
            entry["decision"],
            entry["action"],
            entry["type"],
            event_id=entry["id"],
            reason=entry.get("reason", ""),
            withdraws=entry.get("withdraws", ""),
        )
        return result.effects
    if entry["kind"] == "close":
        client.matters.close(entry["customer"], entry["matter"], entry["note"], agent=entry["agent"])
        return ()
    what = Score(entry["value"], "nps") if entry["kind"] == "score" else Complaint()
    event = Event(entry["customer"], entry["id"], what, text=entry.get("text", ""), agent=entry["agent"])
    (recorded,) = client.events([event])
    if recorded.error:
        raise from_item(recorded.error)
    return recorded.effects
