"""A program: damage.py FOLDER FILE CONNECTIONS. Sends damaged bytes to the front in FOLDER, and beside them sound calls.

FILE has pickled pieces of sound connections (see sound.py), and the greeting and the headers of a sound call. It imports nothing
but Python's own, so that it starts fast under sanitizers. It prints how many calls were taken and opened, how many messages came
of the latter, how many calls were let go, how many connections the front has ended, and how many sound calls were answered.
"""

from __future__ import annotations

import pickle
import socket
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

Pieces = list[bytes]
ROUND, BATCH = 1_000, 40
"""Connections of one front, and those beside which one sound caller stays."""
AT_ONCE = 6
GONE, OPENED = -1, -2
KINDS = {GONE: "gone", OPENED: "opened"}
SIZES = (1, 10, 100, 1 << 16, 1 << 20, 1 << 20)
"""Bytes that are sent in one go."""
WAITING = 8
"""So many calls at most wait for their answers."""
KNOWN = b"\0\0\x08\6\1\0\0\0\0llllllll"
"""The answer to the ping behind a GOAWAY."""
ENDS = b"\x07\0\0\0\0\0"
"""What a GOAWAY has behind its length."""
LENGTHS = (b"\0\0\0", b"\0\0\1", b"\0\x40\0", b"\0\x40\1", b"\xff\xff\xff", b"\0\0\4", b"\0\0\5", b"\0\0\x08")
NUMBERS = (b"\0\0\0\0", b"\0\0\0\1", b"\0\0\0\3", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\2")
LONG = 60_000
TIMES = (
    (0, LONG, LONG, LONG),
    (1, LONG, LONG, LONG),
    (1, 0, LONG, LONG),
    (0, LONG, 0, LONG),
    (0, LONG, 0, 0),
    (0, LONG, LONG, 0),
)
"""Milliseconds: the age of connections, and what goes behind it."""
FIELDS = (
    *(b"\x83", b"\x86", b"\xbe", b"\xc0", b"\x3f\xe1\x1f", b"\x20"),
    *(b"\x40\x03abc\x82\x1c\x64", b"\x04\x05/a/bc", b"\0\1k\x7f\x81\x7c" + b"~" * 16_000),
)
WORDS = ("", "fine", "100 % ünfit\n", "x" * 20_000)
TRAILERS: tuple[list[tuple[str, str | bytes]], ...] = ([], [("retry", "50")], [("status-bin", bytes(range(256)))])


def cut(dice: Random, pieces: Pieces) -> Pieces:
    """Ends somewhere."""
    place = dice.randrange(len(pieces))
    return [*pieces[:place], pieces[place][: dice.randrange(len(pieces[place]) + 1)]]


def flipped(dice: Random, pieces: Pieces) -> Pieces:
    """A few bits differ, mostly behind the greeting."""
    changed = [bytearray(piece) for piece in pieces]
    for _ in range(dice.randint(1, 6)):
        piece = changed[dice.randrange(len(changed)) if dice.random() < 0.1 else dice.randrange(1, len(changed))]
        if piece:
            place = dice.randrange(min(len(piece), dice.choice((9, 40, 1 << 20))))
            piece[place] ^= 1 << dice.randrange(8)
    return [bytes(piece) for piece in changed]


def headed(dice: Random, pieces: Pieces) -> Pieces:
    """A frame has another length, kind, flags or stream."""
    place = dice.randrange(1, len(pieces))
    piece = pieces[place]
    what = dice.randrange(4)
    if what == 0:
        piece = dice.choice(LENGTHS) + piece[3:]
    elif what == 1:
        piece = piece[:3] + bytes([dice.randrange(12)]) + piece[4:]
    elif what == 2:
        piece = piece[:4] + bytes([dice.randrange(256)]) + piece[5:]
    else:
        piece = piece[:5] + dice.choice(NUMBERS) + piece[9:]
    return [*pieces[:place], piece, *pieces[place + 1 :]]


def spliced(dice: Random, pieces: Pieces) -> Pieces:
    """Frames are gone, or there twice, or in another order."""
    first, second = sorted(dice.randrange(1, len(pieces) + 1) for _ in range(2))
    how = dice.random()
    if how < 0.4:
        return [*pieces[:first], *pieces[second:]]
    if how < 0.8:
        return [*pieces[:second], *pieces[first:]]
    return [pieces[0], *dice.sample(pieces[1:], len(pieces) - 1)]


def framed(dice: Random, pieces: Pieces) -> Pieces:
    """A frame of any kind with anything in it comes between."""
    place = dice.randrange(1, len(pieces) + 1)
    content = dice.randbytes(dice.choice((0, 1, 3, 4, 5, 6, 8, 12, 40)))
    if dice.random() < 0.3:
        content = dice.choice(NUMBERS)
    kind, flags = dice.randrange(11), dice.choice((0, 1, 4, 5, 8, 0x20, 0x2D, dice.randrange(256)))
    head = len(content).to_bytes(3, "big") + bytes([kind, flags]) + dice.choice(NUMBERS)
    return [*pieces[:place], head + content, *pieces[place:]]


def unfolded(dice: Random, pieces: Pieces) -> Pieces:
    """A call's headers are anything that may begin as headers do."""
    place = dice.randrange(1, len(pieces) + 1)
    block = bytearray()
    for _ in range(dice.randint(1, 30)):
        block += dice.choice(FIELDS)
        if dice.random() < 0.3:
            block += dice.randbytes(dice.randint(1, 6))
    stream = dice.choice((1, 3, 5, 7, 21, 31)).to_bytes(4, "big")
    return [
        *pieces[:place],
        len(block).to_bytes(3, "big") + b"\1" + bytes([dice.choice((4, 5))]) + stream + bytes(block),
        *pieces[place:],
    ]


def sound(dice: Random, pieces: Pieces) -> Pieces:
    """As it was."""
    return pieces


DAMAGES: tuple[Callable[[Random, Pieces], Pieces], ...] = (
    cut,
    flipped,
    flipped,
    headed,
    headed,
    spliced,
    framed,
    unfolded,
    sound,
)


class Round:
    """One front, and those who call it."""

    def __init__(
        self, library: Any, dice: Random, known: Sequence[Pieces], call: tuple[bytes, bytes], counts: Counter[str]
    ) -> None:
        self._dice, self._known, self._counts = dice, known, counts
        self._greeting, self._block = call
        self._front = library.Front(
            ["/test.Service/Echo"], dice.choice((1, 3, 100)), dice.choice((100, 1 << 20)), 16_384, *dice.choice(TIMES)
        )
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("")
            listening.listen(100)
            listening.setblocking(False)
            self._front.listen(listening)
            self._address = listening.getsockname()
        self._callers: list[tuple[socket.socket, bytes]] = []
        self._calls: list[int] = []

    def run(self) -> None:
        """All connections, and the end of the server in the midst of some."""
        for _ in range(ROUND // BATCH):
            with self._connected() as beside:
                beside.sendall(self._greeting)
                for number in range(BATCH):
                    self._connection()
                    if number % 8 == 0:
                        self._served(beside, number // 4 + 1)
            self._front.tick()
        self._leave()
        assert not self._front.connections()
        for link, _ in self._callers:
            link.close()

    def _leave(self) -> None:
        """While some go on, who know of it or not."""
        self._front.leave()
        for _ in range(3 * len(self._callers)):
            link, left = self._callers.pop(0)
            self._go_on((link, KNOWN + left if self._dice.random() < 0.5 else left))
        self._front.tick()
        self._front.close()
        self._look()

    def _connected(self) -> socket.socket:
        link = socket.socket(socket.AF_UNIX)
        link.connect(self._address)
        link.setblocking(False)
        return link

    def _connection(self) -> None:
        """One more begins; those that are there go on, or go."""
        dice = self._dice
        pieces = dice.choice(self._known)
        for _ in range(dice.randint(1, 3)):
            pieces = dice.choice(DAMAGES)(dice, pieces)
            if len(pieces) < 2:
                break
        self._callers.append((self._connected(), b"".join(pieces)))
        for _ in range(dice.randint(1, 3)):
            if self._callers:
                self._go_on(self._callers.pop(dice.randrange(len(self._callers))))
        while len(self._callers) > AT_ONCE:
            self._callers.pop(0)[0].close()
            self._look()

    def _go_on(self, caller: tuple[socket.socket, bytes]) -> None:
        link, left = caller
        try:
            size = link.send(left[: self._dice.choice(SIZES)]) if left else 0
            self._look()
            read = _read(link) if self._dice.random() < 0.7 else b""
        except BlockingIOError:
            size, read = 0, b""
        except ConnectionError:
            link.close()
            return
        self._counts["ended"] += ENDS in read
        self._callers.append((link, left[size:]))

    def _served(self, link: socket.socket, stream: int) -> None:
        """Of a sound caller beside them."""
        number = stream.to_bytes(4, "big")
        head = len(self._block).to_bytes(3, "big") + b"\1\4" + number + self._block
        link.sendall(head + b"\0\0\x0c\0\1" + number + b"\0\0\0\0\7beside!")
        read = b""
        for _ in range(1_000):
            self._look()
            read += _read(link)
            if b"\0\0\0\0\7answer!" in read:
                self._counts["beside"] += 1
                return
        raise AssertionError("a sound call was not answered")

    def _look(self) -> None:
        for number, kind, content, metadata, seconds_left, encoding in self._front.take_in() or ():
            self._counts[KINDS.get(kind, "calls" if kind >= 0 else "messages")] += 1
            for name, value in (metadata or {}).items():
                assert isinstance(value, bytes) == name.endswith("-bin")
            assert seconds_left is None or seconds_left >= 0
            assert isinstance(encoding, str)
            if content == b"beside!":
                self._front.respond(number, b"answer!")
            elif kind != GONE:
                self._calls.append(number)
        while len(self._calls) > WAITING or (self._calls and self._dice.random() < 0.5):
            self._answer(self._calls.pop(self._dice.randrange(len(self._calls))))
        self._front.flush()

    def _answer(self, number: int) -> None:
        """Or not: whoever asks may go before."""
        dice, front = self._dice, self._front
        how = dice.random()
        if how < 0.5:
            front.respond(number, bytes(dice.choice((0, 5, 100, 70_000, 300_000))))
        elif how < 0.7:
            front.finish(number, dice.randrange(17), dice.choice(WORDS), dice.choice(TRAILERS))
        elif how < 0.9:
            front.send(number, bytes(dice.choice((0, 5, 70_000))))
            self._calls += [number] * dice.randrange(2)
        elif how < 0.95:
            front.cut(number)


def _read(link: socket.socket) -> bytes:
    try:
        return link.recv(1 << 18)
    except BlockingIOError:
        return b""


def main(folder: str, file: str, connections: int) -> None:
    """The same ones on each run."""
    sys.path.insert(0, folder)
    library: Any = import_module("_front")
    known, call = pickle.loads(Path(file).read_bytes())
    counts: Counter[str] = Counter()
    for number in range(connections // ROUND):
        Round(library, Random(number), known, call, counts).run()
    print(*(counts[name] for name in ("calls", "opened", "messages", "gone", "ended", "beside")))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
