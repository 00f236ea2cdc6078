"""The command `nba` itself: light, helpful, and lazy."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest

from nba_server.cli import GROUP, summary
from tests.integration.cli_server import NBA, QUIET, run

HEAVY = ("numpy", "grpc", "pyarrow", "lightgbm", "redis", "google.protobuf", "deltalake", "rich", "asyncio")
COMMANDS = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)


@pytest.mark.parametrize("arguments", [["--help"], ["version"], ["version", "--json"]])
def test_help_and_version_import_nothing_heavy(arguments: list[str]) -> None:
    """They answer at once however heavy the other commands are."""
    code = (
        "import sys\nfrom nba_server.cli import nba\n"
        f"nba({arguments!r}, standalone_mode=False)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=QUIET, check=True)
    assert done.stdout
    assert done.stderr.strip() == "[]"


def test_the_list_of_commands_is_complete() -> None:
    """What people look for first."""
    names = {entry.name for entry in COMMANDS}
    assert names >= {
        "archive",
        "catalog",
        "check",
        "customers",
        "decide",
        "demo",
        "explain",
        "keys",
        "models",
        "outcome",
    }
    assert names >= {"replay", "serve", "status", "train", "version"}
    listed = run("--help").stdout
    for name in names:
        assert f"\n  {name} " in listed


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_every_command_loads_and_its_line_in_the_list_is_its_own_first_sentence(entry) -> None:  # type: ignore[no-untyped-def]
    """The list is read from the source without importing it, and must say the same."""
    command = entry.load()
    assert isinstance(command, click.Command)
    assert command.name == entry.name
    text = summary(entry)
    assert text.endswith(".")
    assert " ".join((command.help or "").split()).startswith(text[:-1])
    assert run(entry.name, "--help").exit_code == 0


def test_a_mistyped_command_gets_a_suggestion() -> None:
    """Wrong usage is exit code 2."""
    result = run("decid")
    assert result.exit_code == 2
    assert "Did you mean 'decide'" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["decide"], "--channel"),
        (["decide", "--channel", "web", "--placement", "hero:many"], "NAME:SLOTS"),
        (["decide", "--channel", "web", "--context", "mood"], "KEY=VALUE"),
        (["outcome", "d", "acepted"], "accepted"),
        (["outcome", "d", "accepted", "--at", "yesterday"], "ISO 8601"),
        (["customers", "import", "no-such-file.jsonl"], "no-such-file.jsonl"),
        (["customers", "import", "-", "--batch", "0"], "--batch"),
    ],
)
def test_wrong_usage_names_the_option_and_the_mend(arguments: list[str], hint: str) -> None:
    """Exit code 2, before any server is asked."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert hint in result.stderr


def test_out_writes_the_json_document_and_the_screen_stays_for_people(tmp_path: Path) -> None:
    """Both, or JSON in both places with `--json`."""
    file = tmp_path / "version.json"
    done = subprocess.run([NBA, "version", "--out", file], capture_output=True, text=True, env=QUIET, check=True)
    assert done.stdout.startswith("nba ")
    document = json.loads(file.read_text())
    assert document["protocol"] == "nba.v1"
    assert document["express_lane"]["compiled"] is not bool(document["express_lane"]["reason"])
    both = run("version", "--json", "--out", str(file))
    assert json.loads(both.stdout) == json.loads(file.read_text()) == document


def test_a_reader_that_goes_away_is_no_error() -> None:
    """`nba ... | head` ends quietly."""
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; '{NBA}' --help | true; exit ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        env=QUIET,
        check=False,
    )
    assert "Traceback" not in done.stderr


def test_a_dry_run_reads_the_file_and_needs_no_server(tmp_path: Path) -> None:
    """Bad lines are listed with their numbers."""
    file = tmp_path / "customers.jsonl"
    file.write_text('{"customer_id": "a"}\n{"attributes": {}}\n')
    result = run("customers", "import", str(file), "--dry-run")
    assert result.exit_code == 1
    assert "1 lines are well formed" in result.stdout
    assert "line 2: customer_id" in result.stdout
