"""Damages a model's files in ways that files are damaged: flipped bits, cut ends, lost and doubled pieces, wrong numbers."""

from __future__ import annotations

import numpy as np

from nba_models import artifact
from nba_models.artifact import Manifest


def mutated(files: dict[str, bytes], seed: int) -> dict[str, bytes]:
    """The files with one of them damaged."""
    rng = np.random.default_rng(seed)
    names = sorted(files)
    name = artifact.MODEL if rng.random() < 0.7 and artifact.MODEL in files else names[int(rng.integers(len(names)))]
    payload = bytearray(files[name])
    at = int(rng.integers(max(1, len(payload))))
    length = int(rng.integers(1, 200))
    match int(rng.integers(6)):
        case 0:
            payload[at] ^= 1 << int(rng.integers(8))
        case 1:
            del payload[at:]
        case 2:
            del payload[at : at + length]
        case 3:
            payload[at:at] = payload[at : at + length] + b"-"
        case 4:
            payload[at : at + length] = rng.integers(0, 256, length, dtype=np.uint8).tobytes()
        case _:
            digits = [place for place, byte in enumerate(payload) if 48 <= byte <= 57]
            payload[digits[int(rng.integers(len(digits)))] if digits else at] = ord("9")
    return {**files, name: bytes(payload)}


def resealed(manifest: Manifest, files: dict[str, bytes], seed: int) -> tuple[str, dict[str, bytes]]:
    """A damaged artifact whose checksums are right, as from a trainer that wrote nonsense."""
    inner = {name: payload for name, payload in files.items() if name != artifact.MANIFEST}
    return artifact.seal(manifest, mutated(inner, seed))
