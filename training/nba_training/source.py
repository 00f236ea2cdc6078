"""What the steps need of archive and store, as protocols and small records.

The archive's `ArchiveReader` is an `EntrySource`; tests give lists of entries.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol

from nba_models.features import FeatureLayout
from nba_server.domain.catalog import Catalog
from nba_server.pb import journal_pb2


class Entry(Protocol):
    """One archived journal entry."""

    @property
    def kind(self) -> str:
        """decision, outcome, contact, customer or purchase."""

    @property
    def at_ms(self) -> int:
        """The store's time of the entry."""

    @property
    def taken(self) -> tuple[int, ...]:
        """For decisions: the picks that the store took."""

    @property
    def entry(self) -> journal_pb2.JournalEntry:
        """The message."""


class EntrySource(Protocol):
    """One version of the archive. The entries of one customer come in the order in which they happened."""

    @property
    def version(self) -> int:
        """The table version that is read; -1 for an archive without a table."""

    def entries(
        self, kinds: Collection[str] | None = None, since_ms: int | None = None, until_ms: int | None = None
    ) -> Iterator[Entry]:
        """Entries with `since_ms` <= at_ms < `until_ms`, in bounded memory."""


class References(Protocol):
    """What entries name by hash."""

    def catalog(self, hash_: str) -> Catalog | None:
        """A catalogue snapshot (empty: the live one), or None when it is not known."""

    def layout(self, hash_: str) -> FeatureLayout | None:
        """The layout of the features that were logged by a model definition, or None."""


class Watch(Protocol):
    """Is told how far a step is, for a progress bar."""

    def step(self, name: str) -> None:
        """A new step begins."""

    def advance(self, done: int, text: str = "") -> None:
        """`done` items of the step are through."""


class Silent:
    """A watch that shows nothing."""

    def step(self, name: str) -> None:
        """Nothing."""

    def advance(self, done: int, text: str = "") -> None:
        """Nothing."""
