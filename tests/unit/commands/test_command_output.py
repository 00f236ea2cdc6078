"""Output for people and programs, values from the command line, and failures as sentences."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

from nba_client import errors as client_errors
from nba_client.pb import reason_pb2
from nba_server.commands.failure import sentence
from nba_server.commands.output import emit, output_options, plain
from nba_server.commands.words import number, pairs, value
from nba_server.errors import CatalogInvalid, InvalidArgument, NotFound, Violation


class Colour(StrEnum):
    """An enum."""

    RED = "red"


@dataclass(frozen=True, slots=True)
class Point:
    """A record."""

    x: float
    tags: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (Point(1.5, ("a",)), {"x": 1.5, "tags": ["a"]}),
        ({"at": datetime(2026, 1, 1, tzinfo=UTC), 3: Colour.RED}, {"at": "2026-01-01T00:00:00+00:00", "3": "red"}),
        ([float("nan"), float("inf"), True, None], [None, None, True, None]),
        ({"b", "a"}, ["a", "b"]),
        (Path("a/b"), "a/b"),
        (b"\x01\xff", "01ff"),
        (np.float64(2.5), 2.5),
        (np.arange(3), [0, 1, 2]),
        (reason_pb2.Reason(code="c"), {"code": "c", "stage": "STAGE_UNSPECIFIED", "text": "", "subject": ""}),
    ],
)
def test_anything_that_commands_hand_over_becomes_json(data: object, wanted: object) -> None:
    """Records, enums, moments, arrays and messages; NaN is null, since JSON has none."""
    assert plain(data) == wanted
    json.dumps(plain(data), allow_nan=False)


@click.command()
@output_options
def drawn(as_json: bool, out: Path | None) -> None:
    """Draw."""

    def human(console: Console) -> None:
        console.print("for people")

    emit({"value": 1}, human=human, as_json=as_json, out=out)


@pytest.mark.parametrize(
    ("arguments", "screen", "file"),
    [
        ([], "for people\n", None),
        (["--json"], '{\n  "value": 1\n}\n', None),
        (["--out", "x.json"], "for people\n", {"value": 1}),
        (["--json", "--out", "x.json"], '{\n  "value": 1\n}\n', {"value": 1}),
    ],
)
def test_json_goes_to_the_screen_or_to_a_file_or_to_both(
    arguments: list[str], screen: str, file: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same two options on every command."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(drawn, arguments, catch_exceptions=False)
    assert result.stdout == screen
    written = tmp_path / "x.json"
    assert (json.loads(written.read_text()) if written.exists() else None) == file


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("billing", "billing"),
        ("", ""),
        ("42", 42),
        ("4.5", 4.5),
        ('"42"', "42"),
        ("true", True),
        ("null", None),
        ('["a", "b"]', ["a", "b"]),
        ("01234", "01234"),
        ("a=b", "a=b"),
        ('{"a": 1}', '{"a": 1}'),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T12:30:00Z", datetime(2026, 3, 1, 12, 30, tzinfo=UTC)),
    ],
)
def test_a_value_on_the_command_line_is_what_it_looks_like(text: str, wanted: Any) -> None:
    """JSON, a moment, or the text itself; quotes make a text of a number."""
    found = value(text)
    assert found == wanted
    assert type(found) is type(wanted)
    assert pairs([f"key={text}"], "--context") == {"key": wanted}


def test_numbers_for_people_are_short() -> None:
    """Four digits, and nothing for what was not computed."""
    assert [number(None), number(0.123456), number(120.0), number(0.975)] == ["", "0.1235", "120", "0.975"]


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (NotFound("there is no such decision"), "there is no such decision"),
        (InvalidArgument([Violation("channel", "is required")]), "channel: is required"),
        (
            InvalidArgument([Violation("a", "is wrong"), Violation("b", "is missing")]),
            "the request has faults:\n  a: is wrong\n  b: is missing",
        ),
        (CatalogInvalid(["x.yaml:1:2: wrong"]), "1 fault(s) in the catalogue:\n  x.yaml:1:2: wrong"),
        (
            client_errors.Overloaded("too many calls", client_errors.Details(retry_after=1.5)),
            "too many calls (try again in 1.5 s)",
        ),
        (FileNotFoundError(2, "No such file or directory", "x.jsonl"), "No such file or directory: x.jsonl"),
        (BrokenPipeError(32, "Broken pipe"), None),
        (ZeroDivisionError("a bug"), None),
    ],
)
def test_known_failures_are_a_sentence_and_bugs_keep_their_traceback(error: Exception, wanted: str | None) -> None:
    """The field and the mend, never a stack."""
    assert sentence(error) == wanted
