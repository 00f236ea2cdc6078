"""The one port of all workers: found free, kept for the supervisor's life, shared by SO_REUSEPORT."""

from __future__ import annotations

import socket

from nba_server.errors import FailedPrecondition
from nba_server.settings_values import join_address, split_address


class SharedPort:
    """Holds the port without listening, so that workers may come and go and nobody else takes it meanwhile."""

    def __init__(self, address: str, setting: str = "--listen") -> None:
        """Raises `FailedPrecondition` when somebody listens there already, another server of ours included."""
        host, port = split_address(address)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
                bound = int(probe.getsockname()[1])
            self._socket = socket.socket(family)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            self._socket.bind((host, bound))
        except OSError as fault:
            raise FailedPrecondition(
                f"cannot listen on {address}: {fault.strerror}; another server may run there, choose another {setting}",
                reason="ADDRESS_IN_USE",
            ) from fault
        self.address = join_address(host, bound)

    def close(self) -> None:
        """Gives the port back."""
        self._socket.close()
