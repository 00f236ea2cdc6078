"""A journal with known entries, written by the store itself, and what the archive then holds of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from nba_server.adapters.archive.reader import ArchiveReader
from nba_server.adapters.journal_codec import JournalCodec
from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CustomerWrite, PurchaseRecord

CODEC = JournalCodec("1")


async def buy(store: Store, count: int, *, first: int = 0, a_customer: int = 5) -> None:
    """Journals `count` purchases with ids from `first` on, `a_customer` of them by one customer."""
    writes = []
    for start in range(first, first + count, a_customer):
        ref = store.identity.customer(f"customer-{start}")
        numbers = range(start, min(start + a_customer, first + count))
        entries = tuple(("purchase", CODEC.purchase(PurchaseRecord(ref, str(n), n, 1.0))) for n in numbers)
        writes.append(CustomerWrite(ref, 0, entries=entries))
    assert all(await store.customers.write(writes))


async def poison(store: Store, payload: bytes = b"\xff\xff", kind: str = "purchase") -> None:
    """Journals an entry that nobody can read."""
    ref = store.identity.customer(f"poison-{kind}-{payload.hex()}")
    assert all(await store.customers.write([CustomerWrite(ref, 0, entries=((kind, payload),))]))


def bought(folder: Path) -> Counter[str]:
    """How often the archive has each purchase."""
    return Counter(archived.entry.purchase.purchase_id for archived in ArchiveReader(folder).entries(["purchase"]))


def once_each(count: int) -> Counter[str]:
    """Each of `count` purchases once."""
    return Counter(str(n) for n in range(count))
