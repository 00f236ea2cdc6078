"""What callers in good order send on a connection, piece by piece: what damage begins with."""

from __future__ import annotations

from random import Random

from hpack import Encoder
from hyperframe.frame import (
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from tests.front.frames import Header, asking, data, headers, message
from tests.integration.kitchen import ECHO, PREFACE

SEVERAL = "/test.Service/Several"
"""A method whose messages come one by one."""
METADATA: tuple[Header, ...] = (
    ("trace-bin", "AP8B"),
    ("trace-bin", "AP8=,eA"),
    ("x-api-key", "k" * 40),
    ("user-agent", "sound/1.0"),
    ("grpc-timeout", "1n"),
    ("grpc-timeout", "10M"),
    ("grpc-encoding", "gzip"),
    ("long", "~" * 3_000),
    ("larger", "~" * 14_000),
    ("content-type", "application/json"),
    ("key-bin", "*"),
)
SETTINGS: tuple[dict[int, int], ...] = (
    {},
    {4: 0},
    {4: 20},
    {4: 1 << 20},
    {1: 0},
    {2: 1},
    {5: 40_000},
    {1: 100, 3: 0, 4: 70_000, 6: 9, 0x99: 1},
)
BETWEEN: tuple[Frame, ...] = (
    PingFrame(0, b"12345678"),
    PingFrame(0, b"l" * 8, flags=["ACK"]),
    SettingsFrame(0, flags=["ACK"]),
    WindowUpdateFrame(0, 1 << 20),
    WindowUpdateFrame(1, 1_000),
    WindowUpdateFrame(3, 1),
    RstStreamFrame(1, 8),
    RstStreamFrame(5, 8),
    PriorityFrame(7, depends_on=3),
    GoAwayFrame(0),
)


def connection(seed: int) -> list[bytes]:
    """The pieces of one."""
    dice, encoder = Random(seed), Encoder()
    pieces = [PREFACE, SettingsFrame(0, settings=dict(dice.choice(SETTINGS))).serialize()]
    for stream in range(1, 2 * dice.randint(1, 8), 2):
        if dice.random() < 0.1:
            encoder.header_table_size = dice.choice((0, 50, 200, 3_000))
        pieces += _call(dice, encoder, stream)
        if dice.random() < 0.5:
            pieces.append(dice.choice(BETWEEN).serialize())
    return pieces


def _call(dice: Random, encoder: Encoder, stream: int) -> list[bytes]:
    more = dice.sample(METADATA, dice.choice((0, 0, 1, 2, 4)))
    method = ECHO if dice.random() < 0.8 else SEVERAL
    block = bytes(encoder.encode(asking(method, *more), huffman=dice.random() < 0.5))
    if dice.random() < 0.1:
        flags = ["PADDED", "PRIORITY", "END_HEADERS"]
        head = HeadersFrame(
            stream, block, pad_length=dice.randrange(256), flags=flags, depends_on=stream + 2
        ).serialize()
    else:
        head = headers(stream, block, *sorted(dice.choices(range(len(block)), k=dice.choice((0, 0, 1, 3)))))
    contents = [
        bytes(dice.choices(range(256), k=dice.choice((0, 1, 30, 300, 300, 20_000))))
        for _ in range(dice.choice((1, 1, 1, 2)))
    ]
    body = b"".join(message(content, packed=dice.random() < 0.05) for content in contents)
    if dice.random() < 0.1:
        trailers = headers(stream, bytes(encoder.encode([("checksum", "7")])), end=True)
        return [head, *_pieces(dice, stream, body, end=False), trailers]
    return [head, *_pieces(dice, stream, body, end=dice.random() < 0.95)]


def _pieces(dice: Random, stream: int, body: bytes, *, end: bool) -> list[bytes]:
    found = []
    while body:
        size = min(len(body), 16_000, dice.choice((1, 5, 9, 1_000, 16_000)))
        content, body = body[:size], body[size:]
        if dice.random() < 0.1:
            flags = ["PADDED", "END_STREAM"] if end and not body else ["PADDED"]
            found.append(DataFrame(stream, content, pad_length=dice.randrange(256), flags=flags).serialize())
        else:
            found.append(data(stream, content, end=end and not body))
    return found
