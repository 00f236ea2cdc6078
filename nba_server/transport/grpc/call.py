"""One call on its way through the stack, independent of the server under it.

A handler takes the request's bytes and the call and gives the answer's bytes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from google.rpc.status_pb2 import Status

from nba_server.transport.grpc.reading import Read, read_binary
from nba_server.transport.subject_tokens import Subject


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the name of the API key (or `local`) and its scopes.

    With a subject token, `subject` is whom it is for, and there are no scopes: see `SUBJECTS` in scopes.py.
    """

    name: str
    scopes: frozenset[str]
    subject: Subject | None = None


PUSHBACK = "grpc-retry-pushback-ms"

NOBODY = Caller("", frozenset())


@dataclass(slots=True)
class Call:
    """A call. `method` is `/package.Service/Method`; the stack fills in who calls and, for the log, which decision it was.

    `seconds_left` is the caller's deadline, None without one; `read` parses the request's bytes, which are not protobuf's
    binary form on every transport. `peer` is the address that called, where the transport tells it.

    What steps of the stack note for their own way out: `began` (seconds, of no known origin), `crowd`, `span`. `number` is the
    transport's own.
    """

    method: str
    metadata: Mapping[str, str | bytes]
    seconds_left: float | None = None
    caller: Caller = NOBODY
    decision_id: str = ""
    read: Read = read_binary
    peer: str = ""
    began: float = 0.0
    crowd: int = 0
    span: Any = None
    number: int = 0


Handler = Callable[[bytes, Call], Awaitable[bytes]]


class Aborted(Exception):
    """Ends a call with a status; the server under the stack sends it. `retry_ms`: when the caller may come back."""

    def __init__(self, status: Status, retry_ms: int | None = None) -> None:
        super().__init__(status.message)
        self.status = status
        self.retry_ms = retry_ms

    @property
    def details(self) -> tuple[str, bytes]:
        """The trailer with the whole status."""
        return "grpc-status-details-bin", self.status.SerializeToString()

    @property
    def trailers(self) -> list[tuple[str, str | bytes]]:
        """What goes with it: its details, and the push-back that gRPC's own retries obey."""
        return [self.details] if self.retry_ms is None else [self.details, (PUSHBACK, str(self.retry_ms))]
