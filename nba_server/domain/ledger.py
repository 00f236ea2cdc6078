"""Arithmetic of the contact ledger: order, retention, and whether one more contact fits every window.

The store's script repeats `admits` inside its atomic call; both must say the same.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence

from nba_server.domain.contact import ContactLimit
from nba_server.domain.engagement import Contact


def trimmed(ledger: Sequence[Contact], retention_ms: int, now_ms: int) -> tuple[Contact, ...]:
    """Without the entries that are older than the retention and wait for no response; planned ones stay."""
    since = now_ms - retention_ms
    return tuple(contact for contact in ledger if contact.at_ms > since or contact.respond_until_ms > now_ms)


def inserted(ledger: Sequence[Contact], contact: Contact) -> tuple[Contact, ...]:
    """With the contact in its place by time, behind those of the same time."""
    entries = list(ledger)
    insort(entries, contact, key=lambda entry: entry.at_ms)
    return tuple(entries)


def replaced(ledger: Sequence[Contact], contact: Contact) -> tuple[Contact, ...]:
    """With the entry of the same id replaced."""
    return tuple(contact if entry.id == contact.id else entry for entry in ledger)


def used(ledger: Sequence[Contact], limit: ContactLimit, at_ms: int, now_ms: int) -> int:
    """The most contacts, without a new one, in any window of the limit's length that holds `at_ms`.

    A window is (end - length, end]; a decision counts once in it. It is enough to look at the windows that end at `at_ms` or at
    a later contact.
    """
    near = [
        (contact.at_ms, contact.decision_id or contact.id)
        for contact in ledger
        if abs(contact.at_ms - at_ms) < limit.window_ms and contact.counts_at(now_ms) and limit.covers_contact(contact)
    ]
    ends = {at_ms, *(time for time, _ in near if time > at_ms)}
    return max(len({name for time, name in near if end - limit.window_ms < time <= end}) for end in ends)


def admits(ledger: Sequence[Contact], limit: ContactLimit, at_ms: int, now_ms: int) -> bool:
    """Whether a contact at `at_ms` keeps every window that holds it within the cap."""
    return limit.cap > len(ledger) or used(ledger, limit, at_ms, now_ms) < limit.cap


def releases(ledger: Sequence[Contact], now_ms: int) -> set[int]:
    """When contacts that count now will cease to, because their reservation runs out."""
    live = (contact for contact in ledger if contact.expires_ms > now_ms and contact.counts_at(now_ms))
    return {contact.expires_ms for contact in live if not contact.counts_at(contact.expires_ms)}


def admits_from(ledger: Sequence[Contact], limit: ContactLimit, now_ms: int) -> int:
    """The first moment from now on at which the limit admits a contact, as things stand; 0: never."""
    if limit.cap == 0:
        return 0
    ends = {contact.at_ms + limit.window_ms for contact in ledger if limit.covers_contact(contact)}
    moments = sorted(time for time in ends | releases(ledger, now_ms) if time > now_ms)
    return next((time for time in (now_ms, *moments) if admits(ledger, limit, time, time)), 0)
