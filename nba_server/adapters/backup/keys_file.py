"""The keys of an engine that is not ours, in one file: written while it serves, put back into an empty one.

No snapshot of one moment can be had over the wire, so the order of the walk keeps the promise: what was acknowledged before the
walk is in the file, and no effect is known to the journal that the customer's records do not have. Remembered requests go
first, then the journal, then (see `between`) the archive is looked at, then the customers, whose records may be ahead: contacts
made meanwhile count against the limits after a restore, they are never forgotten. A customer's timer is that of the very moment
of the record, so that none is later than what the record waits for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO

import msgpack

from nba_server.adapters.backup.faults import BackupDamaged
from nba_server.adapters.backup.keyspace import CUSTOMERS, EVERYTHING, REQUESTS, DumpedKey, KeySpace
from nba_server.adapters.backup.manifest import Counts
from nba_server.adapters.redis import keys

_BATCH = 500
_KEY, _SCORES = 0, 1


async def write_keys(space: KeySpace, path: Path, buckets: int, between: Callable[[], Awaitable[None]]) -> Counts:
    """Writes all keys of the store but its leases; what the file then holds. Raises `StoreUnavailable`."""
    with path.open("wb") as file:
        requests = await _write_all(space, REQUESTS, file)
        due = {bucket: await _of_contacts(space, bucket) for bucket in range(buckets)}
        journal = await _write_journal(space, file, buckets)
        dead = await _write_dead(space, file, buckets)
        await between()
        customers = await _write_customers(space, file, due)
        for bucket, scores in due.items():  # timers that ended meanwhile belong to records as they were before
            scores |= await _of_contacts(space, bucket)
            if scores:
                file.write(msgpack.packb([_SCORES, keys.due(bucket).encode(), scores]))
        await _write_all(space, EVERYTHING, file, skip=_known)
        await _write(space, [keys.META.encode()], file)
    return Counts(customers, requests, journal, dead, sum(len(scores) for scores in due.values()))


async def read_keys(space: KeySpace, path: Path) -> None:
    """Puts all keys of a file back. The store's marks come last: before them no server takes it for a store."""
    batch: list[DumpedKey] = []
    with path.open("rb") as file:
        for record in msgpack.Unpacker(file, strict_map_key=False, max_buffer_size=1 << 31):
            match record:
                case [0, bytes(name), int(expires), bytes(value)]:
                    batch.append(DumpedKey(name, expires, value))
                case [1, bytes(name), dict(scores)]:
                    await space.add_scores(name, scores.items())
                case _:
                    raise BackupDamaged("the backup's keys cannot be read")
            if len(batch) == _BATCH:
                await space.restore(batch)
                batch = []
    await space.restore(batch)


async def copy_keys(source: KeySpace, target: KeySpace) -> None:
    """Puts all keys of an engine that serves nobody into another, empty one."""
    async for names in source.names(EVERYTHING):
        await target.restore(await source.dump([name for name in names if name != keys.META.encode()]))
    await target.restore(await source.dump([keys.META.encode()]))


async def _write_all(
    space: KeySpace, pattern: str, file: IO[bytes], *, skip: Callable[[bytes], bool] = lambda name: False
) -> int:
    written = 0
    async for names in space.names(pattern):
        written += await _write(space, [name for name in names if not skip(name)], file)
    return written


async def _write(space: KeySpace, names: list[bytes], file: IO[bytes]) -> int:
    dumped = await space.dump(names) if names else []
    for key in dumped:
        file.write(msgpack.packb([_KEY, key.name, key.expires_ms, key.value]))
    return len(dumped)


async def _write_customers(space: KeySpace, file: IO[bytes], due: dict[int, dict[bytes, float]]) -> int:
    """Writes the records, and notes their timers."""
    written = 0
    async for names in space.names(CUSTOMERS):
        refs = {name: keys.customer_of(name) for name in names}
        timed = [(name, keys.due(ref.bucket), ref.ref) for name, ref in refs.items()]
        for key, timer in await space.dump_timed(timed):
            file.write(msgpack.packb([_KEY, key.name, key.expires_ms, key.value]))
            if timer is not None:
                due[refs[key.name].bucket][refs[key.name].ref.encode()] = timer
            written += 1
    return written


async def _of_contacts(space: KeySpace, bucket: int) -> dict[bytes, float]:
    """The timers of earlier versions, which had one a contact."""
    scores = await space.scores(keys.due(bucket))
    return {member: due for member, due in scores.items() if b"|" in member}


async def _write_journal(space: KeySpace, file: IO[bytes], buckets: int) -> int:
    entries = 0
    for bucket in range(buckets):
        stream, length = await space.dump_stream(keys.journal(bucket))
        if stream is not None:
            file.write(msgpack.packb([_KEY, stream.name, 0, stream.value]))
            entries += length
    return entries


async def _write_dead(space: KeySpace, file: IO[bytes], buckets: int) -> int:
    letters = 0
    for bucket in range(buckets):
        dead, length = await space.dump_hash(keys.dead(bucket))
        if dead is not None:
            file.write(msgpack.packb([_KEY, dead.name, 0, dead.value]))
            letters += length
    return letters


def _known(name: bytes) -> bool:
    """Keys that are written by name, and leases: who works on the restored store asks for its own."""
    part = name.decode().partition("}:")[2]
    lease = ":lease:" in name.decode() and not name.endswith(b":fence")
    return name == keys.META.encode() or lease or part in ("j", "dead", "due") or part[:2] in ("c:", "r:")
