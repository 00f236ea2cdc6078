"""What is compiled at installation, where it could be: whether it is there, and if not, why."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path


def absence(module: str, form: int) -> str:
    """Empty where the extension module of that `FORM` is there, else why it is not, as its build noted beside it.

    `form` is what Python knows of it, so that an old binary is not taken for a new one.
    """
    try:
        found = import_module(module).FORM
    except ModuleNotFoundError:
        package = find_spec(module.rpartition(".")[0])
        note = Path(package.origin).with_name("_absent.txt") if package is not None and package.origin else None
        told = note.read_text(encoding="utf-8").strip() if note is not None and note.is_file() else ""
        return told or "its sources were not there when this was installed"
    except (ImportError, AttributeError) as fault:
        return str(fault)
    return "" if found == form else "the binary is of another version; make setup compiles it anew"
