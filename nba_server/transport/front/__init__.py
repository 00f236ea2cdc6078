"""HTTP/2 for gRPC on the event loop itself, compiled: what `--transport native` stands on where it could be compiled (ADR 37).

`source/` is the compiled part. It knows sockets and bytes, and nothing of what is asked.
"""

from __future__ import annotations

from nba_server.compiled_part import absence

FORM = 1
"""What the compiled part is asked and tells; raised on both sides together, so that an old binary is not taken for a new one."""


def compiled() -> str:
    """Empty where the compiled part is there, else why it is not."""
    return absence(f"{__name__}._front", FORM)
