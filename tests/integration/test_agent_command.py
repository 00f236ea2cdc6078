"""`nba agent` on a real server: as a pipe of lines, and as a person at a terminal."""

from __future__ import annotations

import os
import pty
import select
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nba_client import Client, Consent, ConsentStatus
from tests.integration.cli_server import NBA, QUIET, CliServer, serving

ADULT = {"age": 41, "country": "DE", "data_used": 0.95, "dunning": False}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CliServer]:
    """One server for the module."""
    with serving(tmp_path_factory.mktemp("agent") / "data") as running:
        yield running


def known(server: CliServer, customer: str) -> str:
    """A customer who may be offered everything."""
    with Client(server.address) as client:
        consents = [Consent("*", purpose, ConsentStatus.GRANTED) for purpose in ("advertising", "profiling")]
        client.customers.upsert(customer, ADULT, consents=consents)
    return customer


def test_a_call_as_a_pipe_of_lines(server: CliServer, tmp_path: Path) -> None:
    """Rank, speak, change the context, refuse, let go; the ledger says the same, and wrong lines change nothing."""
    anna = known(server, "anna")
    lines = "\n".join(["1 p", "set reason=move", "1 r no_need", "nonsense", "9 a", "1 l tomorrow", "facts", "end"])
    result = server.run("agent", anna, "--outbox", str(tmp_path / "outbox.jsonl"), text=lines)
    assert result.exit_code == 0, result.output
    assert "presented" in result.stdout
    assert "reason (string)" in result.stdout
    for wrong in ("there is no 'nonsense'", "there is no proposal 9", "it has its answer"):
        assert wrong in result.stderr
    contacts = server.json("contacts", anna)["contacts"]  # type: ignore[index]  # the document of the command
    heard = {contact["action"]: [outcome["type"] for outcome in contact["outcomes"]] for contact in reversed(contacts)}
    states = [contact["state"] for contact in contacts]
    assert ["impression", "rejected"] in heard.values()
    assert states.count("confirmed") == 1
    assert "reserved" not in states


def test_a_person_at_a_terminal(server: CliServer, tmp_path: Path) -> None:
    """The prompt names the caller; Ctrl-D lets go what the call holds and ends in order."""
    bert = known(server, "bert")
    command = [str(NBA), "agent", "--address", server.address, "--outbox", str(tmp_path / "outbox.jsonl")]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(command[0], command, {**QUIET, "TERM": "dumb"})
    try:
        said = _until(terminal, "nba agent> ")
        assert "takes a call" in said
        os.write(terminal, f"call {bert}\n".encode())
        _until(terminal, f"\r\n{bert}> ")
        os.write(terminal, b"1 n\n")
        assert "not mentioned" in _until(terminal, f"\r\n{bert}> ")
        os.write(terminal, b"\x04")
        _until(terminal, "call ended")
        _, status = os.waitpid(pid, 0)
    finally:
        os.close(terminal)
    contacts = server.json("contacts", bert)["contacts"]  # type: ignore[index]  # the document of the command
    assert {contact["state"] for contact in contacts} == {"released"}
    assert os.waitstatus_to_exitcode(status) == 0


def _until(terminal: int, wanted: str) -> str:
    """What the terminal shows up to `wanted`."""
    said, deadline = "", time.monotonic() + 30
    while wanted not in said:
        assert time.monotonic() < deadline, said
        if select.select([terminal], [], [], 0.2)[0]:
            said += os.read(terminal, 4096).decode()
    return said
