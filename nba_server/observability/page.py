"""The page `/metrics`: adds up what all processes of the server counted, the dead ones included."""

from __future__ import annotations

import os
from pathlib import Path

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from nba_server.errors import FailedPrecondition
from nba_server.settings_values import join_address, split_address

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Variable that makes the counters of a process live in files of this folder; set before the process starts."""


class MetricsPage:
    """Serves the page in a thread of this process. `folder` is where the processes keep their counters."""

    def __init__(self, address: str, folder: Path) -> None:
        """Raises `FailedPrecondition` when the address is taken."""
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
        host, port = split_address(address)
        try:
            self._server, self._thread = start_http_server(port, host, registry)
        except OSError as fault:
            raise FailedPrecondition(
                f"cannot serve metrics on {address}: {fault.strerror}; choose another --metrics, or off",
                reason="ADDRESS_IN_USE",
            ) from fault
        self._folder = folder
        self.url = f"http://{join_address(host, self._server.server_port)}/metrics"

    def forget(self, pid: int) -> None:
        """Drops the gauges of a process that ended; what it counted stays."""
        mark_process_dead(pid, path=str(self._folder))  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Ends the thread."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def child_environment(folder: Path) -> dict[str, str]:
    """The environment of a process whose counters are to be on the page."""
    return {**os.environ, FOLDER: str(folder)}
