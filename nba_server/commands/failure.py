"""Failures as one clear sentence for the terminal: what is wrong, where, and the mend.

It imports neither grpc nor the client: it knows their errors only if the failing command has loaded them.
"""

from __future__ import annotations

import sys
from typing import IO, Any

import click

from nba_server.errors import CatalogInvalid, InvalidArgument, NbaError


class CommandFailed(click.ClickException):
    """The command could not do its work. Exit code 1; the text goes to standard error."""

    exit_code = 1

    def show(self, file: IO[Any] | None = None) -> None:
        """Prints the sentence, marked so that it is found in a log."""
        click.echo(click.style("nba: ", fg="red", bold=True) + self.format_message(), file=file, err=True)


def sentence(error: BaseException) -> str | None:
    """The sentence for a known kind of failure, or None for a bug (whose traceback is the better message)."""
    if isinstance(error, CatalogInvalid):
        return f"{len(error.faults)} fault(s) in the catalogue:\n  " + "\n  ".join(error.faults)
    if isinstance(error, InvalidArgument):
        return _violations([(v.field, v.message) for v in error.violations])
    if isinstance(error, NbaError):
        return error.message
    errors = sys.modules.get("nba_client.errors")
    if errors is not None and isinstance(error, errors.NbaClientError):
        return _client_sentence(error)
    grpc = sys.modules.get("grpc")
    if grpc is not None and isinstance(error, grpc.RpcError):
        return _rpc_sentence(error)
    if isinstance(error, BrokenPipeError):
        return None  # The reader of our output has seen enough, as in `nba ... | head`; click ends quietly then.
    if isinstance(
        error, ConnectionError | PermissionError | FileNotFoundError | IsADirectoryError | NotADirectoryError
    ):
        return f"{error.strerror or error}: {error.filename}" if error.filename else str(error)
    return None


def _violations(pairs: list[tuple[str, str]]) -> str:
    lines = [f"{field}: {message}" if field else message for field, message in pairs]
    return lines[0] if len(lines) == 1 else "the request has faults:\n  " + "\n  ".join(lines)


def _client_sentence(error: Any) -> str:
    violations = [(v.field, v.message) for v in getattr(error, "violations", ())]
    text = _violations(violations) if violations else str(error.message)
    retry_after = getattr(error, "retry_after", None)
    return f"{text} (try again in {retry_after:.1f} s)" if retry_after else text


def _rpc_sentence(error: Any) -> str:
    code = error.code() if callable(getattr(error, "code", None)) else None
    details = error.details() if callable(getattr(error, "details", None)) else ""
    return f"the server answered {code.name if code is not None else 'nothing'}: {details or error}"
