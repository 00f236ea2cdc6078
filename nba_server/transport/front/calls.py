"""A call whose messages come one by one, as `streams.Stream` drives it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from nba_server.transport.grpc.streams import Metadata

MOST_WAITING = 64
"""So many messages may wait for their handler,"""
MOST_UNREAD = 1 << 20
"""and so many bytes for the caller: whoever sends or reads otherwise is cut off."""


class OpenCall:
    """Used on the event loop only; what is sent when nobody is there any more is lost."""

    def __init__(self, front: Any, number: int, method: bytes) -> None:
        self._front = front
        self._number = number
        self.method = method
        self.gone: Callable[[], object] | None = None
        self.left = False
        """Its caller has gone."""
        self.ended = False
        self._messages: deque[bytes | None] = deque()
        self._then: Callable[[bytes | None], None] | None = None

    def receive(self, then: Callable[[bytes | None], None]) -> None:
        """Gives the next message; None when there is none any more."""
        if self.left:
            then(None)
        elif self._messages:
            then(self._messages.popleft())
        else:
            self._then = then

    def arrived(self, message: bytes | None) -> bool:
        """The next message, or None behind the last one. False: there are too many."""
        then, self._then = self._then, None
        if then is not None:
            then(message)
        else:
            self._messages.append(message)
        return len(self._messages) <= MOST_WAITING

    def send(self, message: bytes, then: Callable[[bool], None], *, first: bool) -> None:
        """A message that is not the last; `then` is told whether it has been taken."""
        unread = -1 if self.left or self.ended else int(self._front.send(self._number, message))
        if unread > MOST_UNREAD:
            self.ended = True
            self._front.cut(self._number)
            self._front.flush()
        then(0 <= unread <= MOST_UNREAD)

    def answer(self, message: bytes) -> None:
        """The only message, and the end."""
        if not self.left and not self.ended:
            self._front.respond(self._number, message)
            self._front.flush()
        self.ended = True

    def finish(self, code: int, text: str = "", trailers: Metadata = (), *, first: bool = True) -> None:
        """The end without a message."""
        if not self.left and not self.ended:
            self._front.finish(self._number, code, text, trailers)
            self._front.flush()
        self.ended = True

    def lost(self) -> None:
        """Its caller has gone."""
        self.left = True
        if self._then is not None:
            self.arrived(None)
        if self.gone is not None and not self.ended:
            self.gone()
