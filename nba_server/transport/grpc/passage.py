"""What a call passes on its way to its handler and back: the same steps whether somebody awaits its end or is told of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from nba_server.transport.grpc.call import Call, Handler

Refused = list[tuple[Call, BaseException]]


class Step:
    """One step of the stack, for one method. What does not concern it stays as it is here."""

    def enter(self, call: Call) -> None:
        """On the way in. Raises to refuse the call: the steps further out see it leave, this one does not."""

    def leave(self, call: Call, fault: BaseException | None) -> BaseException | None:
        """On the way out, however it ended. Gives the fault, or what it is called further out."""
        return fault

    def enter_all(self, calls: Sequence[Call]) -> Refused:
        """As `enter`, of several at once. Those that are refused, and why."""
        refused: Refused = []
        for call in calls:
            try:
                self.enter(call)
            except Exception as fault:
                refused.append((call, fault))
        return refused

    def leave_all(self, calls: Sequence[Call]) -> None:
        """As `leave`, of several that ended well."""
        for call in calls:
            self.leave(call, None)

    sees_all = True
    """Whether every call must enter it. Else `away` is enough of one that a step further in turns away."""

    def away(self, fault: Exception, began: float) -> Exception:
        """A call was turned away further in before it entered anything. Gives what the fault is called further out."""
        return fault

    def turns_away(self, seconds_left: float | None, began: float) -> Exception | None:
        """Why a call, of which no more is known, will not be let in; None: `enter` says. For steps that can tell so early."""
        return None


Interceptor = Callable[[str], Step]
"""Makes the step of a method, by its full name."""


class Passage:
    """The steps of one method; the first interceptor of the stack is the outermost."""

    def __init__(self, method: str, stack: Sequence[Interceptor]) -> None:
        self._steps = [interceptor(method) for interceptor in stack]
        self._enter = [(n, step.enter) for n, step in enumerate(self._steps) if type(step).enter is not Step.enter]
        self._together = [(n, self._steps[n]) for n, _ in self._enter]
        self._back = [step for step in reversed(self._steps) if type(step).leave is not Step.leave]
        self._leave = [step.leave for step in reversed(self._steps) if type(step).leave is not Step.leave]
        doors = [n for n, step in enumerate(self._steps) if type(step).turns_away is not Step.turns_away]
        outside = self._steps[: doors[0]][::-1] if doors else []
        self._door = self._steps[doors[0]] if doors and not any(step.sees_all for step in outside) else None
        self._outside = [step.away for step in outside]

    def turned_away(self, seconds_left: float | None) -> Exception | None:
        """What a call ends with that will not be let in, before anything is made of it; None: it may `enter`.

        In a flood most calls end here, and each of them costs what is left for those that are served.
        """
        if self._door is None:
            return None
        began = time.perf_counter()
        fault = self._door.turns_away(seconds_left, began)
        if fault is not None:
            for away in self._outside:
                fault = away(fault, began)
        return fault

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

    def enter_all(self, calls: Sequence[Call]) -> Refused:
        """As `enter`, of several that came together: a step is taken by all of them before the next one. Those that are refused,
        and what each of them ends with."""
        began, refused = time.perf_counter(), list[tuple[Call, BaseException]]()
        for call in calls:
            call.began = began
        for place, step in self._together:
            for call, fault in step.enter_all(calls):
                ended = fault
                for outside in reversed(self._steps[:place]):
                    ended = outside.leave(call, ended) or ended
                refused.append((call, ended))
            if refused:
                out = {id(call) for call, _ in refused}
                calls = [call for call in calls if id(call) not in out]
        return refused

    def leave_all(self, calls: Sequence[Call]) -> None:
        """As `leave`, of several that ended well."""
        for step in self._back:
            step.leave_all(calls)

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
