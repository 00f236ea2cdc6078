"""`nba keys new --tokens`, `nba token` and the refusals of `nba gateway`, without a server."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from nba_server.commands.gateway import gateway
from nba_server.commands.keys import keys
from nba_server.commands.token import token
from nba_server.transport.api_keys import ApiKeys
from nba_server.transport.grpc.scopes import ALL_SCOPES
from nba_server.transport.subject_tokens import Subject, verify


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A key file as the commands print it: a site that signs tokens, and an agent."""
    path = tmp_path / "keys.yaml"
    runner, entries = CliRunner(), []
    for arguments in (["shop", "--scope", "site", "--tokens"], ["desk", "--scope", "agent"]):
        printed = runner.invoke(keys, ["new", *arguments])
        assert printed.exit_code == 0, printed.output
        lines = printed.output.splitlines()
        first = next(number for number, line in enumerate(lines) if line.startswith("  - name:"))
        entries += lines[first:]
    path.write_text("\n".join(["keys:", *entries]) + "\n")
    return path


def test_a_token_of_the_command_is_one_that_the_server_takes(file: Path) -> None:
    """For a customer or a visitor, signed with the secret that the entry of the key has."""
    secrets = ApiKeys.load(file, ALL_SCOPES).token_secret
    for option, subject in (("--customer", Subject(customer_id="4711")), ("--visitor", Subject(visitor_id="4711"))):
        arguments = ["--api-keys", str(file), "--key", "shop", option, "4711", "--seconds", "60"]
        printed = CliRunner().invoke(token, arguments)
        assert verify(printed.output.strip(), secrets, time.time()) == ("shop", subject)
        as_json = CliRunner().invoke(token, [*arguments, "--json"])
        assert json.loads(as_json.output)["subject"] == subject.claim


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--key", "desk", "--customer", "1"], "no key 'desk' with a token_secret"),
        (["--key", "shop"], "--customer or --visitor"),
        (["--key", "shop", "--customer", "1", "--visitor", "1"], "--customer or --visitor"),
        (["--key", "shop", "--customer", "1", "--seconds", "7200"], "3600"),
    ],
)
def test_a_wrong_use_says_what_is_right(file: Path, arguments: list[str], words: str) -> None:
    """A key that signs nothing, no subject, two, and a token that would be good for too long."""
    printed = CliRunner().invoke(token, ["--api-keys", str(file), *arguments])
    assert printed.exit_code != 0
    assert words in printed.output


def test_only_site_keys_sign(tmp_path: Path) -> None:
    """The command refuses, and so does the file's reader."""
    printed = CliRunner().invoke(keys, ["new", "desk", "--scope", "agent", "--tokens"])
    assert (printed.exit_code, "--scope site" in printed.output) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--http", "0.0.0.0:8080"], "needs --tls-cert and --tls-key"),
        (["--http", "8080"], "is no address"),
        (["--http-origins", "shop"], "is no origin"),
    ],
)
def test_a_gateway_that_would_be_open_by_mistake_does_not_start(arguments: list[str], words: str) -> None:
    """Keys and tokens would pass in the clear; nothing has been listened on."""
    printed = CliRunner().invoke(gateway, arguments)
    assert (printed.exit_code, words in printed.output) == (2, True), printed.output
