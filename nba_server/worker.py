"""`python -m nba_server.worker`: one process that answers calls, on a port that it shares with its siblings.

Settings come from the environment; `NBA_STORE` must name a store. `nba serve` starts it, a container may too.
"""

from __future__ import annotations

import sys

from prometheus_client import CollectorRegistry

from nba_server.bootstrap import serving
from nba_server.processes.garbage import collected_beside
from nba_server.processes.leave import Leave
from nba_server.processes.running import run, say_ready
from nba_server.settings import Settings


async def work(settings: Settings, leave: Leave) -> None:
    """Serves until it is asked to leave, then drains."""
    async with serving(settings, CollectorRegistry(), leave.hurry) as server, collected_beside():
        catalog, info = server.catalogs.live, server.store.info
        say_ready(
            {
                "port": server.port,
                "http_port": server.http_port,
                "catalog": {"name": catalog.name, "hash": catalog.hash, "actions": len(catalog.actions)},
                "refused": server.catalogs.refused,
                "model": server.models.live.version,
                "store": {"kind": info.kind, "engine": info.engine, "version": info.version},
            }
        )
        await leave.asked.wait()


if __name__ == "__main__":
    sys.exit(run(work))
