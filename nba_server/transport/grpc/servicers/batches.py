"""Items of a batch: each has a result of its own, also those that the codec cannot map."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from nba_server.errors import InvalidArgument, NbaError

M = TypeVar("M")
C = TypeVar("C")
R = TypeVar("R")


async def each(
    messages: Iterable[M],
    decode: Callable[[M], C],
    serve: Callable[[Sequence[C]], Awaitable[Sequence[R]]],
    refuse: Callable[[NbaError], R],
) -> list[R]:
    """Results in the order of the messages; what `decode` refuses never reaches `serve`."""
    commands: list[C] = []
    refused: dict[int, R] = {}
    for place, message in enumerate(messages):
        try:
            commands.append(decode(message))
        except NbaError as fault:
            refused[place] = refuse(fault)
    served = iter(await serve(commands) if commands else ())
    return [refused[place] if place in refused else next(served) for place in range(len(commands) + len(refused))]


def under(field: str, error: NbaError) -> NbaError:
    """The error of a batch of one, with the fields named from the request on."""
    if isinstance(error, InvalidArgument):
        return InvalidArgument([type(v)(f"{field}.{v.field}", v.message) for v in error.violations])
    return error
