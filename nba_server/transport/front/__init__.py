"""HTTP/2 for gRPC on the event loop itself, compiled: what `--transport native` stands on where it could be compiled (ADR 37).

`source/` is the compiled part. It knows sockets and bytes, and nothing of what is asked.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

FORM = 1
"""What the compiled part is asked and tells; raised on both sides together, so that an old binary is not taken for a new one."""
_ABSENT = Path(__file__).with_name("_absent.txt")


def compiled() -> str:
    """Empty where the compiled part is there, else why it is not."""
    try:
        form = import_module(f"{__name__}._front").FORM
    except ModuleNotFoundError:
        told = _ABSENT.read_text(encoding="utf-8").strip() if _ABSENT.is_file() else ""
        return told or "its sources were not there when this was installed"
    except (ImportError, AttributeError) as fault:
        return str(fault)
    return "" if form == FORM else "the binary is of another version; make setup compiles it anew"
