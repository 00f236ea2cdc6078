"""Arithmetic of the contact ledger: order, retention, and whether one more contact fits every window.

The store's script repeats `admits` inside its atomic call; both must say the same.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence

from nba_server.domain.contact import ContactLimit
from nba_server.domain.engagement import Contact


def trimmed(ledger: Sequence[Contact], retention_ms: int, now_ms: int) -> tuple[Contact, ...]:
    """Without the entries that are older than the retention; planned ones stay."""
    return tuple(contact for contact in ledger if contact.at_ms > now_ms - retention_ms)


def inserted(ledger: Sequence[Contact], contact: Contact) -> tuple[Contact, ...]:
    """With the contact in its place by time, behind those of the same time."""
    entries = list(ledger)
    insort(entries, contact, key=lambda entry: entry.at_ms)
    return tuple(entries)


def replaced(ledger: Sequence[Contact], contact: Contact) -> tuple[Contact, ...]:
    """With the entry of the same id replaced."""
    return tuple(contact if entry.id == contact.id else entry for entry in ledger)


def counted_times(ledger: Sequence[Contact], limit: ContactLimit, at_ms: int, now_ms: int) -> list[int]:
    """Sorted times of the contacts that share a window with `at_ms`, each decision once."""
    first: dict[str, int] = {}
    for contact in ledger:
        if abs(contact.at_ms - at_ms) < limit.window_ms and contact.counts_at(now_ms) and limit.covers_contact(contact):
            first.setdefault(contact.decision_id or contact.id, contact.at_ms)
    return sorted(first.values())


def used(ledger: Sequence[Contact], limit: ContactLimit, at_ms: int, now_ms: int) -> int:
    """The most contacts, without a new one, in any window of the limit's length that holds `at_ms`.

    A window is (end - length, end]. It is enough to look at those that end at `at_ms` or at a later contact.
    """
    times = counted_times(ledger, limit, at_ms, now_ms)
    ends = [at_ms, *(time for time in times if time > at_ms)]
    return max(sum(1 for time in times if end - limit.window_ms < time <= end) for end in ends)


def admits(ledger: Sequence[Contact], limit: ContactLimit, at_ms: int, now_ms: int) -> bool:
    """Whether a contact at `at_ms` keeps every window that holds it within the cap."""
    if limit.cap > len(ledger):
        return True
    return used(ledger, limit, at_ms, now_ms) < limit.cap
