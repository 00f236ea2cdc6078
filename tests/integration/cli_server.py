"""A real `nba serve` process with the catalogue of examples/minimal, for tests that come in by the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result

from nba_server.cli import nba

ROOT = Path(__file__).resolve().parents[2]
NBA = Path(sys.executable).with_name("nba")
QUIET = {name: text for name, text in os.environ.items() if not name.startswith("NBA_")}


@dataclass(frozen=True, slots=True)
class CliServer:
    """Where it is; `run` calls a command on it in this process."""

    address: str
    data: Path
    pid: int

    def run(self, *arguments: str, text: str | None = None) -> Result:
        """The command with this server's address; `text` is its standard input."""
        return run(*arguments, "--address", self.address, text=text)

    def json(self, *arguments: str) -> object:
        """The command's JSON document; it must succeed."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


def run(*arguments: str, text: str | None = None) -> Result:
    """A command in this process; a bug in it is raised here."""
    cleared = {name: None for name in os.environ if name.startswith("NBA_")}
    return CliRunner(env=cleared).invoke(nba, list(arguments), input=text, catch_exceptions=False)


@contextmanager
def serving(data: Path) -> Iterator[CliServer]:
    """Starts the server, waits until it says that it is ready, and ends it in order."""
    log = data.parent / "serve.log"
    command = [NBA, "serve", "--data", data, "--catalog", ROOT / "examples/minimal"]
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [*map(str, command), "--listen", "127.0.0.1:0", "--metrics", "off"],
            stdout=sink,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=QUIET,
        )
    try:
        ready = _ready(data / "server.json", process, log)
        yield CliServer(ready["address"], data, ready["pid"])
    finally:
        process.terminate()
        code = process.wait(30)
    assert code == 0, log.read_text()


def _ready(note: Path, process: subprocess.Popen[bytes], log: Path) -> dict[str, object]:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            if note.exists():
                return json.loads(note.read_text())
        else:
            break
    raise AssertionError(f"the server did not start:\n{log.read_text()}")
