"""`nba keys`: makes API keys. Nothing is kept: the key is shown once, its hash goes into the key file."""

from __future__ import annotations

from pathlib import Path

import click

from nba_server.commands.output import emit, output_options
from nba_server.transport.api_keys import new_key
from nba_server.transport.grpc.scopes import Scope


@click.group()
def keys() -> None:
    """Make API keys for callers of the server."""


@keys.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What the key is for; may be given several times.",
)
@click.option("--tokens", is_flag=True, help="Add a secret with which the site's server signs tokens for its visitors.")
@output_options
def new(name: str, scopes: tuple[str, ...], tokens: bool, as_json: bool, out: Path | None) -> None:
    """Make a key for the caller NAME and print it once, with the entry for the file of `nba serve --api-keys`."""
    if tokens and Scope.SITE not in scopes:
        raise click.UsageError("--tokens is for keys with --scope site")
    key, entry = new_key(name, scopes, tokens=tokens)
    allowed = sorted(entry.scopes)
    text = (
        f"The key, shown only now:\n\n  {key}\n\n"
        f"Add this under `keys:` in the file that `nba serve --api-keys` reads, then restart the server:\n\n"
        f"  - name: {entry.name}\n    sha256: {entry.sha256}\n    scopes: [{', '.join(allowed)}]"
        + (f"\n    token_secret: {entry.token_secret}" if tokens else "")
    )
    data = {"name": entry.name, "key": key, "sha256": entry.sha256, "scopes": allowed}
    if tokens:
        data["token_secret"] = entry.token_secret
    emit(data, human=text, as_json=as_json, out=out)
