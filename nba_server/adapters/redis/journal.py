"""The journal: one stream a bucket, read in order, trimmed when archived, with a place for dead letters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgpack

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.blob import script_blob
from nba_server.adapters.redis.client import Command, StoreClient
from nba_server.adapters.redis.decision_writer import taken_picks
from nba_server.adapters.redis.each import each
from nba_server.adapters.redis.scripts import MEMORY, REVIVE

BEGIN = "0-0"
SAMPLES = 5
"""Parts of a stream that are measured to tell its size."""
MOST = 64
"""Entries that one command reads: decisions wait as long as the store gathers them, ten microseconds for each."""


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """An entry of the journal. `at_ms` is the store's time of the commit.

    For decisions `taken` are the indices of the picks that the store took and `substituted` those of them that
    filled a lost place. `answer` is set by `find` only.
    """

    bucket: int
    stream_id: str
    at_ms: int
    kind: str
    payload: bytes
    taken: tuple[int, ...] = ()
    substituted: tuple[int, ...] = ()
    answer: bytes = b""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An entry that could not be archived, and why."""

    record: StreamRecord
    reason: str


class JournalStream:
    """Reads and trims the streams of all buckets."""

    def __init__(self, client: StoreClient, buckets: int) -> None:
        self._client = client
        self._buckets = buckets

    async def read(self, after: Mapping[int, str], limit: int) -> list[StreamRecord]:
        """At most `limit` entries behind the ids of `after` (a bucket that is not in it from its begin), oldest first.

        What is returned of a bucket is always a prefix of what it holds behind the given id.
        """
        places = {bucket: after.get(bucket, BEGIN) for bucket in range(self._buckets)}
        found: list[StreamRecord] = []
        open_buckets = list(places)
        while open_buckets and len(found) < limit:
            share = min(MOST, max(1, (limit - len(found)) // len(open_buckets)))
            batch = await self._read(places, open_buckets, share)
            open_buckets = [bucket for bucket, records in batch.items() if len(records) == share]
            for bucket, records in batch.items():
                found += records
                places[bucket] = records[-1].stream_id
        found.sort(key=lambda record: stream_order(record.stream_id))
        return found[:limit]

    async def tails(self) -> dict[int, str]:
        """The id of the last entry of each bucket that has any."""
        replies = await each(self._client, keys.journal, self._buckets, "XREVRANGE", "+", "-", "COUNT", 1)
        return {bucket: reply[0][0].decode() for bucket, reply in enumerate(replies) if reply}

    async def get(self, bucket: int, stream_id: str) -> StreamRecord | None:
        """One entry; None when it is unknown or trimmed."""
        records = _records(bucket, await self._client.one(("XRANGE", keys.journal(bucket), stream_id, stream_id)))
        return records[0] if records else None

    async def find(self, request_key: str, bucket: int) -> StreamRecord | None:
        """The decision of a request with its answer, as long as the store remembers both."""
        blob = await self._client.one(("GET", keys.request(bucket, request_key)))
        if blob is None:
            return None
        _, _, stream_id, _, answer, *_ = msgpack.unpackb(blob, raw=True)
        record = await self.get(bucket, stream_id.decode())
        if record is None:
            return None
        return StreamRecord(
            record.bucket,
            record.stream_id,
            record.at_ms,
            record.kind,
            record.payload,
            record.taken,
            record.substituted,
            answer,
        )

    async def trim(self, bucket: int, stream_id: str) -> None:
        """Drops the entries up to and including `stream_id`; archived entries only."""
        ms, sequence = stream_order(stream_id)
        await self._client.one(("XTRIM", keys.journal(bucket), "MINID", f"{ms}-{sequence + 1}"))

    async def dead_letter(self, record: StreamRecord, reason: str) -> None:
        """Puts an entry aside with the reason; a second time changes nothing."""
        row = (record.at_ms, record.kind, record.payload, _picks(record), reason)
        await self._client.one(("HSETNX", keys.dead(record.bucket), record.stream_id, script_blob(row)))

    async def dead_letters(self, limit: int) -> list[DeadLetter]:
        """Entries put aside, oldest first, at most `limit`."""
        replies = await each(self._client, keys.dead, self._buckets, "HGETALL")
        found: list[DeadLetter] = []
        for bucket, reply in enumerate(replies):
            for stream_id, row in zip(reply[::2], reply[1::2], strict=True):
                at_ms, kind, payload, picks, reason = msgpack.unpackb(row, raw=True)
                taken, substituted = taken_picks(picks)
                record = StreamRecord(bucket, stream_id.decode(), at_ms, kind.decode(), payload, taken, substituted)
                found.append(DeadLetter(record, reason.decode()))
        found.sort(key=lambda letter: stream_order(letter.record.stream_id))
        return found[:limit]

    async def length(self) -> int:
        """Entries in all streams."""
        return sum(await each(self._client, keys.journal, self._buckets, "XLEN"))

    async def size(self) -> int:
        """Bytes of memory that all streams take, roughly: a few parts of each are measured."""
        groups = self._client.groups(self._buckets)
        replies = await self._client.run([MEMORY.call([keys.journal(b) for b in group], SAMPLES) for group in groups])
        return sum(size for reply in replies for size in reply)

    async def revive(self, letter: DeadLetter) -> str:
        """Puts a dead letter back at the journal's end, with the time it had; its new stream id, or empty when it is gone."""
        record = letter.record
        fields = ("e", record.payload, "t", record.at_ms, "k", record.kind)
        picks = ("p", _picks(record)) if record.kind == "decision" else ()
        places = [keys.journal(record.bucket), keys.dead(record.bucket)]
        new = await self._client.one(REVIVE.call(places, record.stream_id, *fields, *picks))
        return new.decode() if new else ""

    async def _read(
        self, places: Mapping[int, str], buckets: Sequence[int], share: int
    ) -> dict[int, list[StreamRecord]]:
        """At most `share` entries of each bucket behind its place; buckets without any are not in the result.

        Without a script, in which each entry would become a text of Lua first: that is half of what reading costs the store.
        """
        found: dict[int, list[StreamRecord]] = {}
        step = MOST // share
        for start in range(0, len(buckets), step):
            asked = set(buckets[start : start + step])
            named = {keys.journal(bucket): bucket for bucket in asked}
            groups = [asked.intersection(group) for group in self._client.groups(self._buckets)]
            commands: list[Command] = [
                ("XREAD", "COUNT", share, "STREAMS", *map(keys.journal, group), *(places[bucket] for bucket in group))
                for group in groups
                if group
            ]
            for reply in await self._client.run(commands):
                found |= {(bucket := named[name.decode()]): _records(bucket, rows) for name, rows in reply}
        return found


def stream_order(stream_id: str) -> tuple[int, int]:
    """Milliseconds and sequence number of a stream id, which order entries."""
    ms, _, sequence = stream_id.partition("-")
    return int(ms), int(sequence)


def _picks(record: StreamRecord) -> str:
    return ",".join(f"s{pick}" if pick in record.substituted else str(pick) for pick in record.taken)


def _records(bucket: int, reply: Iterable[tuple[bytes, Mapping[bytes, bytes]]]) -> list[StreamRecord]:
    return [_record(bucket, stream_id.decode(), fields) for stream_id, fields in reply]


def _record(bucket: int, stream_id: str, fields: Mapping[bytes, Any]) -> StreamRecord:
    taken, substituted = taken_picks(fields.get(b"p", b""))
    return StreamRecord(
        bucket=bucket,
        stream_id=stream_id,
        at_ms=int(fields[b"t"]),
        kind=fields[b"k"].decode(),
        payload=fields[b"e"],
        taken=taken,
        substituted=substituted,
    )
