"""The log's two forms."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from nba_server.observability import logs


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Leaves logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    for name in logs.OURS:
        logging.getLogger(name).setLevel(logging.NOTSET)


def test_json_lines_carry_the_extra_fields() -> None:
    """One JSON object a line, with the fields that the caller added."""
    stream = io.StringIO()
    assert not logs.start("info", "json", stream)
    logging.getLogger("nba.access").info("call", extra={"decision_id": "0ad-1", "ms": 1.5})
    entry = json.loads(stream.getvalue())
    assert (entry["message"], entry["level"], entry["decision_id"], entry["ms"]) == ("call", "info", "0ad-1", 1.5)


def test_exceptions_stay_on_one_line() -> None:
    """A traceback is a field, so that a line stays a line."""
    stream = io.StringIO()
    logs.start("info", "auto", stream)
    try:
        raise ValueError("why")
    except ValueError:
        logging.getLogger("nba.errors").exception("call failed")
    lines = stream.getvalue().splitlines()
    assert len(lines) == 1
    assert "ValueError: why" in json.loads(lines[0])["exception"]


def test_text_is_for_people() -> None:
    """In text form the fields follow the message, and messages below the level are dropped."""
    stream = io.StringIO()
    assert logs.start("warning", "text", stream)
    logging.getLogger("nba.x").info("quiet")
    logging.getLogger("nba_server.adapters.x").warning("health changed", extra={"store": False})
    assert stream.getvalue().endswith("warning health changed store=False\n")
    assert "quiet" not in stream.getvalue()
