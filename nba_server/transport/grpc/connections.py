"""The sockets of one port in this process, so that a server can leave without failing a call.

gRPC cancels calls that arrive while it shuts down, and callers cannot know whether they were served. So a leaving server
first stops listening (new connections go to its siblings), then waits until its connections have reached their maximum
age, which ends them in order, and shuts down when nobody is there any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

_POLL_S = 0.05
_FOLDERS = (Path("/proc/self/fd"), Path("/dev/fd"))


def stop_listening(port: int) -> None:
    """Takes no new connections on the port in this process; other processes on the port are not touched."""
    for _, found in _sockets(port):
        if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            with contextlib.suppress(OSError):
                found.shutdown(socket.SHUT_RD)


def leave_port(port: int) -> None:
    """As `stop_listening`, for a server that would complain: its socket is exchanged for one on which nothing ever happens.

    The kernel ends the old one, as nobody holds it any more.
    """
    listening = [n for n, found in _sockets(port) if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)]
    for number in listening:
        with socket.socket() as idle:
            os.dup2(idle.fileno(), number)


def connections(port: int) -> int:
    """How many connections this process has on the port."""
    return sum(1 for _, found in _sockets(port) if _connected(found))


async def all_left(port: int, seconds: float, hurry: asyncio.Event) -> bool:
    """Waits until no connection is left, at most `seconds`, or until `hurry`. Whether all have left."""
    deadline = asyncio.get_running_loop().time() + seconds
    while connections(port):
        if hurry.is_set() or asyncio.get_running_loop().time() > deadline:
            return False
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(hurry.wait(), _POLL_S)
    return True


def _sockets(port: int) -> Iterator[tuple[int, socket.socket]]:
    """The TCP sockets bound to the port: their numbers, and copies that are closed after their turn."""
    folder = next((place for place in _FOLDERS if place.is_dir()), None)
    for number in [int(entry.name) for entry in folder.iterdir()] if folder else ():
        try:
            if not stat.S_ISSOCK(os.fstat(number).st_mode):
                continue
            copy = socket.socket(fileno=os.dup(number))
        except OSError:
            continue
        with copy:
            if copy.family in (socket.AF_INET, socket.AF_INET6) and _port(copy) == port:
                yield number, copy


def _port(found: socket.socket) -> int:
    try:
        return int(found.getsockname()[1])
    except OSError:
        return 0


def _connected(found: socket.socket) -> bool:
    try:
        found.getpeername()
    except OSError:
        return False
    return True
