"""`nba gateway`: the HTTP door as a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from nba_server import settings_values as values

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _parsed(kind: values.Kind) -> Callable[[click.Context, click.Parameter, str], Any]:
    """A callback that reads a value as the settings of `nba serve` do."""

    def parse(context: click.Context, parameter: click.Parameter, text: str) -> Any:
        try:
            return kind.parse(text)
        except ValueError as fault:
            raise click.BadParameter(f"{text!r} {fault}") from fault

    return parse


@click.command()
@click.option(
    "--to",
    "upstream",
    envvar="NBA_ADDRESS",
    default="127.0.0.1:50051",
    show_default=True,
    help="The server's gRPC address (NBA_ADDRESS).",
)
@click.option(
    "--to-ca",
    "authority",
    envvar="NBA_CA",
    type=FILE,
    help="PEM file with the authority that signs the server's certificate (NBA_CA).",
)
@click.option(
    "--http",
    default="127.0.0.1:8080",
    show_default=True,
    callback=_parsed(values.ADDRESS),
    envvar="NBA_HTTP",
    help="Where to listen (NBA_HTTP).",
)
@click.option(
    "--http-origins",
    "origins",
    default="",
    callback=_parsed(values.ORIGINS),
    envvar="NBA_HTTP_ORIGINS",
    help="Origins whose pages may call, separated by commas (NBA_HTTP_ORIGINS).",
)
@click.option(
    "--tls-cert", type=FILE, envvar="NBA_TLS_CERT", help="PEM file with the gateway's certificate chain (NBA_TLS_CERT)."
)
@click.option("--tls-key", type=FILE, envvar="NBA_TLS_KEY", help="PEM file with its private key (NBA_TLS_KEY).")
@click.option(
    "--connections", type=click.IntRange(1, 256), default=4, show_default=True, help="Connections to the server."
)
@click.option(
    "--max-message",
    type=click.IntRange(1024, 1 << 30),
    default=4_194_304,
    show_default=True,
    help="Largest request in bytes.",
)
@click.option(
    "--drain",
    default="25s",
    show_default=True,
    callback=_parsed(values.duration(0, 3_600_000)),
    help="Longest time to answer what is in flight after SIGTERM.",
)
@click.option(
    "--metrics",
    default="off",
    show_default=True,
    callback=_parsed(values.ADDRESS_OR_OFF),
    help="Address of the Prometheus page.",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="The least important messages to log.",
)
@click.option(
    "--log-format",
    type=click.Choice(["auto", "text", "json"]),
    default="auto",
    show_default=True,
    help="Form of the log.",
)
@click.option("--access-log", is_flag=True, help="Log every call, not only failed ones.")
@click.option(
    "--otel-endpoint", default="", envvar="NBA_OTEL_ENDPOINT", help="OTLP address for traces (NBA_OTEL_ENDPOINT)."
)
def gateway(
    tls_cert: Path | None, tls_key: Path | None, log_level: str, log_format: str, drain: int, **given: Any
) -> None:
    """Serve browsers and curl over HTTP before a server that is reached over gRPC, until Ctrl-C or SIGTERM.

    It speaks what `nba serve --http` speaks and keeps nothing: killed, it loses nothing that was acknowledged. Callers'
    keys and tokens are passed on; the server judges them.
    """
    from nba_server.gateway import GatewaySettings, run_gateway
    from nba_server.observability import logs

    _refuse_open(given["http"], tls_cert, tls_key)
    logs.start(log_level, log_format)
    host = given["upstream"].rpartition(":")[0].strip("[]")
    encrypted = given["authority"] is not None or not (host in LOOPBACK or given["upstream"].startswith("unix:"))
    tls = (tls_cert, tls_key, None) if tls_cert and tls_key else None
    settings = GatewaySettings(**given, drain=drain / 1000, encrypted=encrypted, tls=tls)
    asyncio.run(run_gateway(settings, lambda url: click.echo(f"nba gateway is ready: {url} -> {settings.upstream}")))


def _refuse_open(http: str, tls_cert: Path | None, tls_key: Path | None) -> None:
    """Raises `UsageError` for a port that strangers reach without encryption: keys and tokens pass here."""
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together; give both or none")
    if tls_cert is None and values.split_address(http)[0] not in LOOPBACK:
        raise click.UsageError(f"--http {http} is not loopback, so it needs --tls-cert and --tls-key")
