"""Header blocks as hpack writes them: the handler has the metadata that was sent, whatever the table has learnt and forgotten."""

from __future__ import annotations

import string
from random import Random

import pytest
from hpack import Encoder
from hpack.hpack import INDEX_INCREMENTAL, INDEX_NEVER, INDEX_NONE, encode_integer
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hyperframe.frame import GoAwayFrame, HeadersFrame

from tests.front.bare import OPENED, Bare
from tests.front.frames import asking, data, greeting, headers, message
from tests.integration.kitchen import ECHO

CALLS = 400
NAMES = [*(f"key-{number}" for number in range(12)), "accept", "user-agent", "cookie", "x", "trace", "a" * 300]
LETTERS = string.ascii_letters + string.digits + string.punctuation + " "
REPEATED = 0.6
"""How often a pair comes again that was there before: the table is for those."""


def _pairs(dice: Random, known: list[tuple[str, str]]) -> list[tuple[str, str]]:
    pairs = []
    for name in dice.sample(NAMES, dice.randint(0, 8)):
        again = [pair for pair in known if pair[0] == name]
        if again and dice.random() < REPEATED:
            pairs.append(dice.choice(again))
            continue
        size = dice.choice((0, 1, 5, 20, 20, 20, 126, 127, 128, 700, 1_500))
        pairs.append((name, "".join(dice.choices(LETTERS if dice.random() < 0.7 else "aeiost012", k=size))))
    known += pairs
    return pairs


@pytest.mark.parametrize("seed", range(4))
def test_metadata_arrives_as_it_was_sent(seed: int) -> None:
    """Hundreds of calls on a connection: Huffman's code and plain, pairs again and new ones, tables of other sizes meanwhile."""
    dice, known, encoder, bare = Random(seed), list[tuple[str, str]](), Encoder(), Bare()
    with bare.caller(greeting()) as link:
        for number in range(CALLS):
            if dice.random() < 0.05:
                encoder.header_table_size = dice.choice((0, 32, 100, 1_000, 4_095, 4_096))
                if dice.random() < 0.3:
                    encoder.header_table_size = dice.choice((50, 2_000))  # hpack forgets one that is set twice
            pairs, stream = _pairs(dice, known), 2 * number + 1
            block = encoder.encode(asking(ECHO, *pairs), huffman=dice.random() < 0.5)
            pieces = [dice.randrange(len(block))] if dice.random() < 0.2 else []
            link.sendall(headers(stream, block, *pieces) + data(stream, message(b"%d" % number), end=True))
            ((call, kind, request, metadata, _, _),) = bare.look()
            assert (kind, request, metadata) == (0, b"%d" % number, dict(pairs))
            bare.answer(call, b"")
            bare.read(link, 1)


def test_all_letters_in_all_ways() -> None:
    """Each octet that a name or a value may have, plain and in Huffman's code, and with all that may lie about it."""
    bare, code = Bare(), HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)
    usual = Encoder().encode(asking(ECHO))

    def text(content: bytes, packed: bool) -> bytes:
        held = code.encode(content) if packed else content
        size = encode_integer(len(held), 7)
        size[0] |= 0x80 * packed
        return bytes(size) + held

    ways = [(mark, packed) for mark in (INDEX_NONE, INDEX_NEVER, INDEX_INCREMENTAL) for packed in (False, True)]
    values = [bytes([one]) * times for one in range(0x20, 0x7F) for times in (1, 2, 3, 7)]
    names = [bytes([one]) * 5 for one in b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"]
    with bare.caller(greeting()) as link:
        stream = 1
        for mark, packed in ways:
            pairs = [(b"v%d" % number, value) for number, value in enumerate(values)] + [(name, b"x") for name in names]
            for begin in range(0, len(pairs), 100):
                some = pairs[begin : begin + 100]
                block = usual + b"".join(mark + text(name, packed) + text(value, packed) for name, value in some)
                link.sendall(headers(stream, block) + data(stream, message(b""), end=True))
                ((_, _, _, metadata, _, _),) = bare.look()
                assert metadata == {name.decode(): value.decode() for name, value in some}
                stream += 2


def test_octets_that_are_no_letters_are_told_apart_too() -> None:
    """All of them are in Huffman's code: paths are taken as they come."""
    bare, code = Bare(), HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)
    with bare.caller(greeting()) as link:
        for number in range(1, 256):
            if number in b"\r\n":
                continue
            path = b"/" + bytes([number]) * 9
            held = code.encode(path)
            block = Encoder().encode([pair for pair in asking(ECHO) if pair[0] != ":path"][:3])
            block += (
                b"\x04" + bytes([0x80 | len(held)]) + held + Encoder().encode([("content-type", "application/grpc")])
            )
            link.sendall(headers(2 * number + 1, block, end=True))
            opened = bare.look()[0]
            assert (opened[1], opened[2]) == (OPENED, path)
            bare.front.finish(opened[0], 12, "", [])
            bare.front.flush()


BROKEN = {
    "padding of zeros": b"\x81\x18",
    "padding of an octet": b"\x83\x1c\x64\xff",
    "the code of the end": b"\x84\xff\xff\xff\xff",
    "cut off": b"\x05abc",
    "a size that never ends": b"\x7f\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_codes_end_the_connection(what: str) -> None:
    """The table may no longer be what the caller takes it for."""
    bare = Bare()
    with bare.caller(greeting()) as link:
        link.sendall(headers(1, Encoder().encode(asking(ECHO)) + b"\x00\x01k" + BROKEN[what], end=True))
        bare.look()
        goes = [one for one in bare.frames(link) if isinstance(one, GoAwayFrame)]
        assert [one.error_code for one in goes] == [9]
    assert not bare.looked


def test_what_a_table_has_no_room_for_is_forgotten() -> None:
    """Who names it in spite of that has lost count, and the connection ends."""
    bare, usual = Bare(), Encoder().encode(asking(ECHO))
    with bare.caller(greeting()) as link:
        link.sendall(headers(1, usual, end=True) + headers(3, b"\x20\xbe", end=True))
        assert [one.error_code for one in bare.frames(link) if isinstance(one, GoAwayFrame)] == [9]


def test_headers_that_unfold_are_refused_before_they_are_large() -> None:
    """A block of 60 kB of which each byte names a pair of 4 kB: nobody hears of it, and the connection goes on."""
    bare, encoder = Bare(), Encoder()
    with bare.caller(greeting()) as link:
        usual = encoder.encode(asking(ECHO, ("large", "x" * 3_900)))
        link.sendall(headers(1, usual + b"\xbe" * 60_000, 16_000, 32_000, 48_000, end=True))
        bare.look()
        (answer,) = [one for one in bare.frames(link) if isinstance(one, HeadersFrame)]
        assert b"the metadata is too large" in answer.data
        assert not bare.looked
        link.sendall(headers(3, encoder.encode(asking(ECHO))) + data(3, message(b"x"), end=True))
        assert [one[2] for one in bare.look()] == [b"x"]
