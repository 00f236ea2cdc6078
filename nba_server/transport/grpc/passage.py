"""What a call passes on its way to its handler and back: the same steps whether somebody awaits its end or is told of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from nba_server.transport.grpc.call import Call, Handler


class Step:
    """One step of the stack, for one method. What does not concern it stays as it is here."""

    def enter(self, call: Call) -> None:
        """On the way in. Raises to refuse the call: the steps further out see it leave, this one does not."""

    def leave(self, call: Call, fault: BaseException | None) -> BaseException | None:
        """On the way out, however it ended. Gives the fault, or what it is called further out."""
        return fault


Interceptor = Callable[[str], Step]
"""Makes the step of a method, by its full name."""


class Passage:
    """The steps of one method; the first interceptor of the stack is the outermost."""

    def __init__(self, method: str, stack: Sequence[Interceptor]) -> None:
        self._steps = [interceptor(method) for interceptor in stack]
        self._enter = [(n, step.enter) for n, step in enumerate(self._steps) if type(step).enter is not Step.enter]
        self._leave = [step.leave for step in reversed(self._steps) if type(step).leave is not Step.leave]

    def enter(self, call: Call) -> None:
        """Raises what the call ends with when a step refuses it; then it has left already."""
        call.began = time.perf_counter()
        place = 0
        try:
            for place, enter in self._enter:  # noqa: B007  the place is where it was refused
                enter(call)
        except BaseException as fault:
            ended: BaseException = fault
            for step in reversed(self._steps[:place]):
                ended = step.leave(call, ended) or ended
            if ended is fault:
                raise
            raise ended from fault

    def leave(self, call: Call, fault: BaseException | None = None) -> BaseException | None:
        """Every call that entered leaves once. What it ends with, if there is a fault."""
        for leave in self._leave:
            fault = leave(call, fault)
        return fault

    def around(self, handler: Handler) -> Handler:
        """The handler behind the steps."""

        async def passed(request: bytes, call: Call) -> bytes:
            self.enter(call)
            try:
                answer = await handler(request, call)
            except BaseException as fault:
                ended = self.leave(call, fault) or fault
                if ended is fault:
                    raise
                raise ended from fault
            self.leave(call)
            return answer

        return passed
