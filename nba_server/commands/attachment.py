"""Commands that work on a store: `--data` and `--store`, and the store behind them.

Without `--store` the engine of a running server is used; no command starts one.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nba_server.errors import FailedPrecondition
from nba_server.settings import Settings

if TYPE_CHECKING:
    from nba_server.adapters.redis.store import Store

_Command = TypeVar("_Command", bound=Callable[..., Any])


def store_options(command: _Command) -> _Command:
    """Adds `--data`, `--store` and `--archive` (parameters of the same names; None when not given)."""
    data = click.option("--data", metavar="DIR", help="Data folder of the server (NBA_DATA, else nba-data).")
    store = click.option("--store", metavar="URL", help="Store, when it is not the one in the data folder (NBA_STORE).")
    archive = click.option("--archive", metavar="PLACE", help="Folder or URI of the archive (NBA_ARCHIVE).")
    return data(store(archive(command)))


def chosen(data: str | None, store: str | None, archive: str | None) -> Settings:
    """The settings by flags over the environment over defaults. Raises `InvalidArgument`."""
    return Settings.load({"data": data, "store": store, "archive": archive}, os.environ)


def store_url(settings: Settings) -> str | None:
    """Where the store is; None when it is the embedded one and no server runs on the data folder."""
    from nba_server.adapters.embedded import attach_url

    return settings.store or attach_url(settings.data)


async def open_store(settings: Settings) -> Store:
    """The existing store, live or replay. Raises `FailedPrecondition` when no server runs, `StoreUnavailable`."""
    from nba_server.adapters.redis.store import Store

    url = store_url(settings)
    if url is None:
        raise FailedPrecondition(
            f"no server runs on the data folder {settings.data}; start `nba serve`, or name the folder (--data) or the store "
            "(--store)",
            reason="NO_SERVER",
        )
    return await Store.open(url, kind="any", allow=frozenset(settings.store_allow))
