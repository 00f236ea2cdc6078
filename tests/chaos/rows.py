"""Reads what the recount needs of an archive: the table from Delta's log, entries from protobuf's wire format.

Part of the recount, so it shares no code with the server: the standard library and pyarrow only. Fields are known by their
numbers in proto/nba/v1/journal.proto.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow.parquet as pq

EMPTY = b""

Order = tuple[int, int]
"""Stream id: the order in which the store wrote."""


@dataclass(slots=True)
class Decided:
    """A decision: what a row says, or what a client was told."""

    order: Order
    at_ms: int
    customer: str
    decision_id: str
    request_id: str
    channel: str
    actions: list[str]


@dataclass(slots=True)
class Happened:
    """An outcome or a contact made elsewhere."""

    order: Order
    at_ms: int
    customer: str
    contact_id: str
    decision_id: str
    action: str
    channel: str
    type: int
    event_id: str
    occurred_ms: int
    withdraws: str
    caller: str
    class_: str = ""
    external: bool = False


def wire(data: bytes) -> Iterator[tuple[int, Any]]:
    """(field number, value) of a protobuf message: numbers for varints and fixed64, bytes for the rest."""
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
        elif kind == 2:
            size, at = _varint(data, at)
            yield key >> 3, data[at : at + size]
            at += size
        else:
            size = 8 if kind == 1 else 4
            yield key >> 3, int.from_bytes(data[at : at + size], "little")
            at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    if data[at] < 0x80:
        return data[at], at + 1
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def archive_files(archive: Path) -> list[Path]:
    """The data files of the newest version of the table, by its log."""
    table = archive / "journal"
    live: dict[str, None] = {}
    for commit in sorted((table / "_delta_log").glob("*.json")):
        for line in commit.read_text().splitlines():
            action = json.loads(line)
            if "add" in action:
                live[unquote(action["add"]["path"])] = None
            elif "remove" in action:
                live.pop(unquote(action["remove"]["path"]), None)
    return [table / path for path in live]


def archive_rows(archive: Path) -> Iterator[tuple[int, Order, str, int, str, bytes]]:
    """(bucket, stream id, kind, store's time, taken picks, payload); page checksums are verified."""
    columns = ["bucket", "stream_id", "kind", "at_ms", "taken", "payload"]
    for path in archive_files(archive):
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            for batch in file.iter_batches(2_000, columns=columns):
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    bucket, stream_id, kind, at_ms, taken, payload = row
                    milliseconds, _, number = stream_id.partition("-")
                    yield bucket, (int(milliseconds), int(number)), kind, at_ms, taken, payload


def decided(order: Order, at_ms: int, taken: str, body: bytes) -> Decided:
    """A decision's row."""
    decision_id = customer = channel = request_id = ""
    candidates: list[str] = []
    picks: list[int] = []
    for number, value in wire(body):
        if number == 1:
            decision_id = value.decode()
        elif number == 2:
            customer = value.decode()
        elif number == 5:
            asked = dict(wire(value))
            channel, request_id = asked[3].decode(), asked.get(6, EMPTY).decode()
        elif number == 17:
            candidates = _actions(value)
        elif number == 11:
            picks.append(dict(wire(value)).get(1, 0))
    actions = [candidates[picks[int(pick.lstrip("s"))]] for pick in taken.split(",") if pick]
    return Decided(order, at_ms, customer, decision_id, request_id, channel, actions)


def _actions(columns: bytes) -> list[str]:
    """The action of each candidate: one for all, one each, or by a byte each."""
    found = dict(wire(columns))
    texts = [value.decode() for number, value in wire(found[3]) if number == 1]
    places = dict(wire(found[3])).get(2, EMPTY)
    return [texts[place] for place in places] or (texts * found[1] if len(texts) == 1 else texts)


def happened(order: Order, at_ms: int, body: bytes) -> Happened:
    """An outcome's row."""
    got = dict(wire(body))

    def text(number: int) -> str:
        value: bytes = got.get(number, EMPTY)
        return value.decode()

    return Happened(
        *(order, at_ms, text(1), text(3), text(2), text(4), text(5)),
        *(got.get(6, 0), text(7), got.get(8, 0), text(12), text(14)),
    )


def made_elsewhere(order: Order, at_ms: int, body: bytes) -> Happened:
    """An external contact's row."""
    got = dict(wire(body))
    texts = {number: got.get(number, EMPTY).decode() for number in (1, 2, 3, 4, 7)}
    name = f"x:{texts[2]}"
    return Happened(
        *(order, at_ms, texts[1], name, "", texts[4], texts[3], 0, texts[2], got.get(5, at_ms), "", "", texts[7], True)
    )
