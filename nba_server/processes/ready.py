"""What a running server says of itself: to people at the start, to programs in a file of the data folder."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nba_server.settings import Settings

FILE = "server.json"


@dataclass(frozen=True, slots=True)
class Urls:
    """Where the server speaks HTTP: the door, and the metrics page. Empty where there is none."""

    http: str
    metrics: str


@dataclass(frozen=True, slots=True)
class Ready:
    """A server that answers. `http` is the door's address and `metrics` the page's, or empty."""

    data: str
    pid: int
    address: str
    http: str
    metrics: str
    tls: bool
    workers: int
    store: str
    store_kind: str
    engine: str
    catalog: str
    catalog_hash: str
    actions: int
    catalog_folder: str
    refused: str
    model: str

    @classmethod
    def of(cls, settings: Settings, store: str, address: str, urls: Urls, facts: Mapping[str, Any]) -> Ready:
        """From the settings and what the first worker said."""
        catalog, info = facts["catalog"], facts["store"]
        return cls(
            data=str(settings.data),
            pid=os.getpid(),
            address=address,
            http=urls.http,
            metrics=urls.metrics,
            tls=settings.tls_cert is not None,
            workers=settings.workers,
            store=store,
            store_kind=info["kind"],
            engine=f"{info['engine']} {info['version']}",
            catalog=catalog["name"],
            catalog_hash=catalog["hash"],
            actions=catalog["actions"],
            catalog_folder=str(settings.catalog or ""),
            refused=facts["refused"],
            model=facts["model"],
        )

    def note(self) -> None:
        """Writes the file that names the running server; a password in the store's address is left out."""
        facts = dataclasses.asdict(self) | {"store": without_password(self.store)}
        path = Path(self.data) / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        part.replace(path)

    def forget(self) -> None:
        """Removes the file."""
        (Path(self.data) / FILE).unlink(missing_ok=True)

    def banner(self, version: str) -> str:
        """A few lines for people."""
        safety = "TLS" if self.tls else "plaintext, loopback only"
        embedded = self.store.startswith("unix://") and self.data in self.store
        store = f"embedded in {self.data}" if embedded else without_password(self.store)
        workers = "1 worker" if self.workers == 1 else f"{self.workers} workers"
        lines = [
            f"nba-server {version} is ready",
            f"  gRPC       {self.address}  ({workers}, {safety})",
            f"  HTTP       {self.http or 'off'}",
            f"  metrics    {self.metrics or 'off'}",
            f"  store      {store}  ({self.engine}, {self.store_kind})",
            f"  catalogue  {self.catalog}, {self.actions} actions, {self.catalog_hash[:12]}"
            + (f"  (watching {self.catalog_folder})" if self.catalog_folder else ""),
            f"  model      {self.model}",
        ]
        if self.refused:
            lines.append(f"  ! the newest change of the catalogue is refused: {self.refused}")
        return "\n".join([*lines, "Ctrl-C stops."])


def without_password(url: str) -> str:
    """A store's address as it may be shown."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}" if separator else url
