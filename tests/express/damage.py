"""A program: damage.py FOLDER FILE CASES. Hands damaged records to the binary in FOLDER, which must take them or leave them.

FILE has pickled worlds (see recording.py). It imports no more of the server than they bring along, so that it starts fast under
sanitizers, and prints how many cases were taken, left and damaged, and how many decisions came from sheets.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import msgpack

RECORDS = 5
"""Profile, consents, ledger, suppressions and activity come first among the fields."""
HEADS = bytes.fromhex("80 8f 90 9f a0 bf c0 c1 c2 c3 c4 c6 ca cb cc cd ce cf d0 d3 d9 da db dc dd de df e0 ff")
LENGTHS = (
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\x80\0\0\0\0\0\0\0",
    b"\xff" * 8,
    b"\0\0",
    b"\x7f\xf0\0\0\0\0\0\0",
)
ODD: tuple[Any, ...] = (
    *(None, True, "", "x" * 40, "*", "granted", "rejected", b"raw", [], {}, [[]], [["a", "b"]], {"a": 1}),
    *(0, -1, 1, 1 << 31, (1 << 63) - 1, -(1 << 63), (1 << 64) - 1, 1_768_478_400_000),
    *(0.5, -0.0, 1e300, -1e300, float("inf"), float("nan")),
)


def cut(dice: Random, record: bytes) -> bytes:
    """Ends somewhere."""
    return record[: dice.randrange(len(record))]


def flipped(dice: Random, record: bytes) -> bytes:
    """A few bits differ."""
    changed = bytearray(record)
    for _ in range(dice.randint(1, 4)):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def headed(dice: Random, record: bytes) -> bytes:
    """Somewhere another type or another length begins."""
    place = dice.randrange(len(record))
    put = bytes([dice.choice(HEADS)]) + (dice.choice(LENGTHS) if dice.random() < 0.7 else b"")
    behind = place + (len(put) if dice.random() < 0.5 else 1)
    return record[:place] + put + record[behind:]


def spliced(dice: Random, record: bytes) -> bytes:
    """A piece is gone, or there twice."""
    first, second = sorted(dice.randrange(len(record) + 1) for _ in range(2))
    return record[:first] + record[second:] if dice.random() < 0.5 else record[:second] + record[first:]


def odd(dice: Random, record: bytes) -> bytes:
    """Well formed, with a value of another kind or size somewhere."""
    try:
        tree = msgpack.unpackb(record, strict_map_key=False)
    except (ValueError, TypeError):  # it was damaged before
        return record
    for _ in range(dice.randint(1, 2)):
        tree = _changed(dice, tree)
    return bytes(msgpack.packb(tree))


def _changed(dice: Random, tree: Any) -> Any:
    if dice.random() < 0.1 or not isinstance(tree, list | dict) or not tree:
        return dice.choice(ODD)
    if isinstance(tree, dict):
        key = dice.choice(list(tree))
        return tree | {key: _changed(dice, tree[key])}
    place = dice.randrange(len(tree))
    how = dice.random()
    if how < 0.1:
        return [*tree[:place], *tree[place + 1 :]]
    if how < 0.2:
        return [*tree, *[tree[place]] * dice.choice((1, 2, 40))]
    return [*tree[:place], _changed(dice, tree[place]), *tree[place + 1 :]]


DAMAGES: tuple[Callable[[Random, bytes], bytes], ...] = (cut, flipped, headed, spliced, odd, odd, odd)


def damaged(dice: Random, values: list[bytes | None]) -> list[bytes | None]:
    """The fields of a record with one or two of the first ones damaged, or another's in its place."""
    changed = list(values)
    for _ in range(dice.randint(1, 2)):
        place = dice.randrange(RECORDS)
        record = changed[place]
        if dice.random() < 0.02:
            changed[place] = values[dice.randrange(RECORDS)]
        elif record:
            changed[place] = dice.choice(DAMAGES)(dice, record)
    return changed


def odd_item(dice: Random, item: tuple[Any, ...]) -> tuple[Any, ...]:
    """An item of which one part is not what it should be: the lane's own faults must not crash it either."""
    place = dice.randrange(len(item))
    return (*item[:place], dice.choice((*ODD, "\ud800", 10**30, (), (1, 2, 3), object())), *item[place + 1 :])


def harmed(dice: Random, part: Any) -> Any:
    """An item with the record in it damaged."""
    if isinstance(part, list):
        return damaged(dice, part)
    if not isinstance(part, tuple):
        return part
    changed = [harmed(dice, one) for one in part]
    return tuple.__new__(type(part), changed)


class Told(tuple[Any, ...]):
    """Stands for the records that sheets make."""


def desk_of(lane: Any) -> Any:
    """What sheets have in common."""
    texts = dict.fromkeys(("read_head", "read_tail", "clock", "script", "prefix"), b"*1\r\n")
    types = dict.fromkeys(("result", "attempt", "reference"), Told)
    keys = [[b"customer", b"journal", b"request", b"due", b"clock"] for _ in range(256)]
    sizes = {"together": 8, "longest_id": 256, "longest_request_id": 128}
    return lane.Desk({**texts, **types, **sizes, "keys": keys, "names": lane.Names(b"k" * 32, b"s" * 8)})


def in_sheets(dice: Random, lane: Any, desk: Any, items: list[tuple[Any, ...]]) -> int:
    """Hands the damaged records of some requests over in a batch; how many were decided. Replies are odd now and then."""
    known = {(one[1].request.channel, one[1].request.placements): (one[0], "f" * 32) for one in items}
    commands = [
        (one[1].request._replace(customer_id=f"c{n}", visitor_id=""), "caller", "") for n, one in enumerate(items)
    ]
    if dice.random() < 0.1:
        commands[0] = dice.choice((*ODD, (), commands[0][:1], (commands[0][0][:5], "caller", "")))
    sheet = lane.sheet(desk, commands, known)
    if sheet is None:
        return 0
    found = [dice.choice(ODD) if dice.random() < 0.05 else list(one[1].stored.values) for one in items]
    sheet.reads()
    made = sheet.decide(found[: len(sheet.places())], items[0][1].now_ms, items[0][1].latest_ms, items[0][3], ())
    if made is None:
        return 0
    replies = [[dice.choice(([b"reserved"], [b"stale", b"", b""], None, 7))] * 8 for _ in range(made[1])]
    told = sheet.settle([dice.choice((reply, reply, reply[:1], None)) for reply in replies])
    sheet.relies(len(told) - 1)
    sheet.told()
    return sum(one is not None for one in told)


def main(folder: str, file: str, cases: int) -> None:
    """Tries so many cases on each world, the same ones on each run."""
    sys.path.insert(0, folder)
    import _lane

    taken = left = differs = decided = 0
    for seed, (tables, shapes, items) in enumerate(pickle.loads(Path(file).read_bytes())):
        dice, lane = Random(seed), _lane.Lane(tables)
        for shape in shapes:
            lane.shape(shape)
        assert any(lane.decide(items)), "sound records are taken"
        for number in range(cases):
            _lane.wide(number % 2 == 0)  # sanitizers do not see what is gathered eight at once
            item = dice.choice(items)
            if dice.random() < 0.1:
                item = odd_item(dice, item)
            else:
                sound, item = item, harmed(dice, item)
                differs += item != sound
            (made,) = lane.decide([item])
            taken += made is not None
            left += made is None
        desk = desk_of(_lane)
        for _ in range(cases // 20):
            batch = [dice.choice(items) for _ in range(dice.randint(1, 20))]
            decided += in_sheets(dice, lane, desk, [harmed(dice, one) if dice.random() < 0.5 else one for one in batch])
    assert differs, "records are damaged"
    assert decided, "sheets decide"
    print(taken, left, differs, decided)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
