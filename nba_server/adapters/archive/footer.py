"""A Parquet file's footer: found, hashed, and a single changed bit in it put right.

The pages have checksums, the footer has none, and a reader that trusts a damaged one may end the whole process. So the footer's
hash is in the file's name, and it is compared before a reader sees the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

TAIL = 8
"""Bytes behind the footer: its length and the format's mark."""
_DIGEST = 8


def footer_start(tail: bytes, size: int) -> int:
    """Where the footer begins in a file of `size` bytes whose last eight are `tail`; -1 when that cannot be."""
    start = size - TAIL - int.from_bytes(tail[:4], "little")
    return start if len(tail) == TAIL and tail[4:] == b"PAR1" and start > 0 else -1


def footer_digest(footer: bytes) -> str:
    """The hash of a footer with its tail."""
    return hashlib.blake2b(footer, digest_size=_DIGEST).hexdigest()


def digest_in(content: bytes) -> str:
    """The hash of a whole file's footer; empty when it has none."""
    start = footer_start(content[-TAIL:], len(content))
    return footer_digest(content[start:]) if start > 0 else ""


def mend(content: bytes, wanted: str) -> bytes | None:
    """The file with the one bit of its footer turned back that makes the footer's hash the wanted one; None without such."""
    if digest_in(content) == wanted:
        return content
    tail = content[-TAIL:]
    for turned in _turned(tail):
        start = footer_start(turned, len(content))
        if start > 0 and footer_digest(content[start:-TAIL] + turned) == wanted:
            return content[:-TAIL] + turned
    start = footer_start(tail, len(content))
    if start > 0:
        for turned in _turned(content[start:-TAIL]):
            if footer_digest(turned + tail) == wanted:
                return content[:start] + turned + tail
    return None


def _turned(part: bytes) -> Iterator[bytes]:
    """The bytes with each one of their bits turned."""
    turned = bytearray(part)
    for place in range(len(turned)):
        for bit in range(8):
            turned[place] ^= 1 << bit
            yield bytes(turned)
            turned[place] ^= 1 << bit
