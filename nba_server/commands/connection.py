"""Commands that talk to a server: `--address`, `--api-key`, `--ca`, `--timeout`, and the client behind them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from nba_client import AsyncClient, Client

_Command = TypeVar("_Command", bound=Callable[..., Any])

ADDRESS = "127.0.0.1:50051"


@dataclass(frozen=True, slots=True)
class Server:
    """Where the server is and how to speak to it. Everything but loopback and unix sockets is encrypted."""

    address: str = ADDRESS
    api_key: str = ""
    ca: Path | None = None
    timeout: float = 5.0

    def client(self) -> Client:
        """A client; people wait a little longer for a decision than a page may."""
        from nba_client import Client, Deadlines, Tls

        tls = Tls(root_certificates=self.ca.read_bytes()) if self.ca is not None else None
        deadlines = Deadlines(decide=self.timeout, write=self.timeout, read=self.timeout, batch=max(30.0, self.timeout))
        return Client(self.address, api_key=self.api_key, tls=tls, deadlines=deadlines)

    def async_client(self) -> AsyncClient:
        """A client of the running event loop, for many calls at once; nobody waits for a single one of them."""
        from nba_client import AsyncClient, Deadlines, Tls

        tls = Tls(root_certificates=self.ca.read_bytes()) if self.ca is not None else None
        patience = max(30.0, self.timeout)
        deadlines = Deadlines(decide=patience, write=patience, read=patience, batch=patience)
        return AsyncClient(self.address, api_key=self.api_key, tls=tls, deadlines=deadlines)


def connection_options(command: _Command) -> _Command:
    """Adds the options; the command gets one parameter `server: Server`."""

    @functools.wraps(command)
    def connected(*args: Any, address: str, api_key: str, ca: Path | None, timeout: float, **kwargs: Any) -> Any:
        return command(*args, server=Server(address, api_key, ca, timeout), **kwargs)

    wrapped: Any = connected
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[no-any-return]  # click adds its parameters to the function it gets


_OPTIONS = (
    click.option("--address", envvar="NBA_ADDRESS", default=ADDRESS, show_default=True, help="Server (NBA_ADDRESS)."),
    click.option(
        "--api-key", envvar="NBA_API_KEY", default="", help="API key; better in NBA_API_KEY, unseen by others."
    ),
    click.option(
        "--ca",
        envvar="NBA_CA",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="PEM file with the authority that signs the server's certificate (NBA_CA).",
    ),
    click.option("--timeout", type=click.FloatRange(0.01), default=5.0, show_default=True, help="Seconds to wait."),
)
