"""The express lane: the common decision in one compiled pass over the stored records. Optional; the Python path is the reference.

`source/` is the compiled part, tables.py what it is given of a catalogue and a model, lane.py the port.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

_ABSENT = Path(__file__).with_name("_absent.txt")


def compiled() -> str:
    """Empty where the compiled part is there, else why it is not."""
    try:
        import_module(f"{__name__}._lane")
    except ModuleNotFoundError:
        told = _ABSENT.read_text(encoding="utf-8").strip() if _ABSENT.is_file() else ""
        return told or "its sources were not there when this was installed"
    except ImportError as fault:
        return str(fault)
    return ""
