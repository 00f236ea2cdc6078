"""Frames of calls as bytes, and what comes back: what all callers of these tests have in common."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hyperframe.frame import ContinuationFrame, DataFrame, Frame, HeadersFrame, SettingsFrame

from tests.integration.kitchen import PREFACE

Header = tuple[str, str]
Headers = Sequence[Header]


def message(content: bytes, packed: int = 0) -> bytes:
    """As gRPC frames it; `packed` says that it is compressed."""
    return struct.pack(">BI", packed, len(content)) + content


def asking(method: str, *more: Header) -> list[Header]:
    """The headers of a call; `more` replaces those of the same name."""
    usual = {":method": "POST", ":scheme": "http", ":path": method, ":authority": "localhost"}
    usual |= {"content-type": "application/grpc", "te": "trailers"}
    kept = [(name, value) for name, value in usual.items() if name not in dict(more)]
    return sorted([*kept, *more], key=lambda header: not header[0].startswith(":"))


@dataclass
class Answer:
    """What came on a stream; `reset` is the code that ended it, if one did."""

    headers: dict[str, str] = field(default_factory=dict)
    trailers: dict[str, str] = field(default_factory=dict)
    data: bytes = b""
    ended: bool = False
    reset: int | None = None

    @property
    def over(self) -> bool:
        """Nothing more will come."""
        return self.ended or self.reset is not None

    @property
    def status(self) -> int:
        """gRPC's; -1: none was told."""
        return int((self.headers | self.trailers).get("grpc-status", -1))

    @property
    def words(self) -> str:
        """What the status is explained with."""
        return (self.headers | self.trailers).get("grpc-message", "")

    @property
    def messages(self) -> list[bytes]:
        """Those that have come as a whole, and behind them what is none yet."""
        found, left = list[bytes](), self.data
        while len(left) >= 5 and len(left) >= (end := 5 + int.from_bytes(left[1:5], "big")):
            found, left = [*found, left[5:end]], left[end:]
        return [*found, left] if left else found


def parsed(taken: bytes) -> tuple[list[Frame], bytes]:
    """The frames that are there as a whole, and what is none yet."""
    found, place = list[Frame](), 0
    while len(taken) >= place + 9:
        one, size = Frame.parse_frame_header(memoryview(taken)[place : place + 9])
        if len(taken) < place + 9 + size:
            break
        one.parse_body(memoryview(taken)[place + 9 : place + 9 + size])
        found.append(one)
        place += 9 + size
    return found, taken[place:]


def text(found: Iterable[tuple[str | bytes, str | bytes]]) -> list[Header]:
    """Headers as text."""
    return [(_words(name), _words(value)) for name, value in found]


def _words(part: str | bytes) -> str:
    return part.decode() if isinstance(part, bytes) else part


def headers(stream: int, block: bytes, *pieces: int, end: bool = False) -> bytes:
    """HEADERS, and CONTINUATION for what is behind so many bytes of the block each."""
    flags = ["END_STREAM"] if end else []
    frames: list[Frame] = [HeadersFrame(stream, block[: pieces[0]] if pieces else block, flags=flags)]
    for number, place in enumerate(pieces):
        behind = pieces[number + 1] if number + 1 < len(pieces) else len(block)
        frames.append(ContinuationFrame(stream, block[place:behind]))
    frames[-1].flags.add("END_HEADERS")
    return b"".join(one.serialize() for one in frames)


def data(stream: int, content: bytes, *, end: bool = False) -> bytes:
    """A frame of DATA."""
    return DataFrame(stream, content, flags=["END_STREAM"] if end else []).serialize()


def greeting(settings: Mapping[int, int] | None = None) -> bytes:
    """What a connection begins with."""
    return PREFACE + SettingsFrame(0, settings=dict(settings or {})).serialize()
