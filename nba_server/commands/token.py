"""`nba token`: signs a subject token, as a site's own server does; for development and tests."""

from __future__ import annotations

import time
from pathlib import Path

import click

from nba_server.commands.failure import CommandFailed
from nba_server.commands.output import emit, output_options
from nba_server.transport.api_keys import ApiKeys
from nba_server.transport.grpc.scopes import ALL_SCOPES
from nba_server.transport.subject_tokens import LONGEST_S, Subject, mint


@click.command()
@click.option("--api-keys", "path", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=True)
@click.option("--key", "name", required=True, help="Name of the site key in the file; its entry has a token_secret.")
@click.option("--customer", default="", help="Customer id that the token is for.")
@click.option("--visitor", default="", help="Visitor id that the token is for.")
@click.option("--seconds", type=click.IntRange(1, LONGEST_S), default=LONGEST_S, show_default=True, help="How long.")
@output_options
def token(path: Path, name: str, customer: str, visitor: str, seconds: int, as_json: bool, out: Path | None) -> None:
    """Sign a token with which a browser decides and reports for one customer or visitor, and nobody else.

    A site's own server signs tokens itself: any JSON Web Token library does it, see docs/http.md.
    """
    if bool(customer) == bool(visitor):
        raise click.UsageError("give --customer or --visitor, one of them")
    secret = ApiKeys.load(path, ALL_SCOPES).token_secret(name)
    if not secret:
        raise CommandFailed(f"{path} has no key {name!r} with a token_secret; nba keys new --tokens makes one")
    subject = Subject(customer_id=customer, visitor_id=visitor)
    signed = mint(name, secret, subject, time.time(), seconds)
    emit({"token": signed, "subject": subject.claim, "key": name}, human=signed, as_json=as_json, out=out)
