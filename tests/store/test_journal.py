"""The journal's streams: read in order by prefix, trimmed when archived, dead letters set aside."""

from __future__ import annotations

from nba_server.adapters.redis.journal import StreamRecord, stream_order
from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CustomerWrite
from tests.store.builders import commit


async def fill(store: Store, customers: int, each: int) -> None:
    """Writes `each` entries for each of the customers, whose names tell their order."""
    for number in range(each):
        writes = [
            CustomerWrite(store.identity.customer(f"c{i}"), number, entries=(("customer", f"{i}/{number}".encode()),))
            for i in range(customers)
        ]
        assert all(await store.customers.write(writes))


async def test_reading_on_from_what_was_read_passes_every_entry_once(store: Store) -> None:
    """In steps of seven, over many buckets, every entry comes once and each bucket's in its order."""
    await fill(store, customers=30, each=4)
    after: dict[int, str] = {}
    seen: list[StreamRecord] = []
    while batch := await store.journal.read(after, 7):
        assert len(batch) <= 7
        seen += batch
        for record in batch:
            assert stream_order(record.stream_id) > stream_order(after.get(record.bucket, "0-0"))
            after[record.bucket] = record.stream_id
    assert len({record.payload for record in seen}) == len(seen) == 120
    assert after == await store.journal.tails()


async def test_one_full_bucket_is_read_in_few_steps(store: Store) -> None:
    """A limit is used up by the buckets that hold something, however many are empty."""
    await fill(store, customers=1, each=40)
    assert len(await store.journal.read({}, 1000)) == 40
    assert [record.payload for record in await store.journal.read({}, 3)] == [b"0/0", b"0/1", b"0/2"]


async def test_trimming_drops_up_to_and_including_the_id(store: Store) -> None:
    """What was archived goes, what came later stays, and an empty journal has no tails."""
    await fill(store, customers=1, each=3)
    first, second, third = await store.journal.read({}, 10)
    await store.journal.trim(second.bucket, second.stream_id)
    assert await store.journal.read({}, 10) == [third]
    assert await store.journal.length() == 1
    assert await store.journal.get(first.bucket, first.stream_id) is None
    assert await store.journal.get(third.bucket, third.stream_id) == third
    await store.journal.trim(third.bucket, third.stream_id)
    assert await store.journal.tails() == {}


async def test_a_decision_is_found_by_its_request_with_its_answer(store: Store) -> None:
    """The idempotency record leads to the entry; an unknown request leads nowhere."""
    ref = store.identity.customer("c1")
    made = commit(store, ref, "r1")
    await store.decisions.commit([made])
    record = await store.journal.find(made.request_key, ref.bucket)
    assert record is not None
    assert (record.payload, record.answer, record.taken) == (b"entry r1", b"head<a1>", (0,))
    assert await store.journal.find("0" * 42, ref.bucket) is None
    await store.journal.trim(record.bucket, record.stream_id)
    assert await store.journal.find(made.request_key, ref.bucket) is None


async def test_dead_letters_keep_the_entry_and_the_reason(store: Store) -> None:
    """An entry put aside twice is there once, as it was, binary payload included."""
    record = StreamRecord(5, "1700000000000-3", 1_700_000_000_000, "decision", b"\xff\x00", (0, 3), (3,))
    await store.journal.dead_letter(record, "cannot be decoded")
    await store.journal.dead_letter(record, "again")
    (letter,) = await store.journal.dead_letters(10)
    assert (letter.record, letter.reason) == (record, "cannot be decoded")
