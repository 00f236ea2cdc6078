"""`nba agent`: the agent screen at the terminal, line by line."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import click

from nba_server.commands.connection import Server, connection_options


@click.command()
@click.argument("customer", required=False)
@click.option("--channel", default="call", show_default=True, help="Channel of the catalogue that agents serve.")
@click.option("--placement", default="", help="Placement to fill. None: all of the channel.")
@click.option("--agent", default="", help="Your name in notes and events. None: the name of the key.")
@click.option("--outbox", type=click.Path(dir_okay=False, path_type=Path), help="Where unsent entries are kept.")
@connection_options
def agent(customer: str | None, channel: str, placement: str, agent: str, outbox: Path | None, server: Server) -> None:
    """Serve callers at the terminal: their file, what to propose and why, and what became of it.

    CUSTOMER is on the line already. Commands are read line by line, from a person or a pipe; `help` lists them. What is
    recorded while the server is away is kept and sent once.
    """
    from nba_server.commands.agent_lines import AgentDesk
    from nba_server.commands.agent_outbox import Outbox, default_path
    from nba_server.commands.output import terminal

    console = terminal()
    with server.client() as client:
        kept = Outbox(outbox or default_path(server.address))
        desk = AgentDesk(client, kept, console, channel=channel, placement=placement, agent=agent)
        if customer:
            _try(desk, f"call {customer}")
        else:
            console.print("`call CUSTOMER` takes a call, `help` lists the rest", markup=False)
        while (line := _line(desk.prompt)) is not None and line.strip() not in ("quit", "exit"):
            if line.strip():
                _try(desk, line)
        desk.leave()


def _line(prompt: str) -> str | None:
    """The next line; None at the end. A person gets a prompt and can edit and recall lines."""
    if sys.stdin.isatty():
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401  # input() uses it
    try:
        return input(prompt if sys.stdin.isatty() else "")
    except (EOFError, KeyboardInterrupt):
        return None


def _try(desk: object, line: str) -> None:
    """Does a line; what goes wrong is a sentence, and the call goes on."""
    from nba_client.errors import NbaClientError
    from nba_server.commands.agent_lines import AgentDesk, WrongLine
    from nba_server.commands.failure import sentence

    assert isinstance(desk, AgentDesk)
    try:
        desk.do(line)
    except WrongLine as wrong:
        click.echo(f"nba: {wrong}", err=True)
    except NbaClientError as error:
        click.echo(f"nba: {sentence(error)}", err=True)
