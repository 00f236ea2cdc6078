"""One call as a value: what is sent where, and how the answer is read. The sync, async and fake clients all run these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

T = TypeVar("T")

Kind = Literal["decide", "write", "read", "batch", "admin"]


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A call of `<package>.<service>/<method>`; `kind` names its deadline in `Deadlines`.

    `undo` is sent when the caller had no answer, so that nothing is held for nobody.
    """

    service: str
    method: str
    request: Any
    answer: type[Any]
    read: Callable[[Any], T]
    kind: Kind
    package: str = "nba.v1"
    undo: Call[Any] | None = None

    @property
    def path(self) -> str:
        """The HTTP/2 path."""
        return f"/{self.package}.{self.service}/{self.method}"


def word(enum_name: str, prefix: str) -> str:
    """`OUTCOME_TYPE_CLICKED` -> `clicked`."""
    return enum_name.removeprefix(prefix).lower()
