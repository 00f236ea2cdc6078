"""The log: one JSON object a line, or one line of text, on standard error.

Messages carry decision ids and names of keys; never customer ids, attributes or contents.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Any, TextIO

OURS = ("nba", "nba_server", "nba_models")
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Time, level, logger, process, message, and the fields given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        entry: dict[str, Any] = {
            "time": _moment(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "pid": record.process,
            "message": record.getMessage(),
            **extras(record),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """The same for people."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback below it."""
        fields = "".join(f" {name}={value}" for name, value in extras(record).items())
        line = f"{_moment(record.created)[11:23]} {record.levelname.lower():7} {record.getMessage()}{fields}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def extras(record: logging.LogRecord) -> dict[str, Any]:
    """The fields that the caller added."""
    return {name: value for name, value in record.__dict__.items() if name not in _STANDARD}


def start(level: str, form: str, stream: TextIO | None = None) -> bool:
    """Sends what our own loggers say from `level` on, and warnings of libraries, to `stream` (standard error).

    `form` is text, json, or auto: text on a terminal. Returns whether it is text.
    """
    stream = stream or sys.stderr
    as_text = form == "text" or (form == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextFormatter() if as_text else JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())
    logging.captureWarnings(True)
    return as_text


def _moment(seconds: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1000):03d}Z"
