"""The common decisions of a batch, all in a few steps: read, decided, committed and answered by the compiled part.

What it leaves, and whatever somebody must look at, takes the way of `Decide`, where each decision is an object.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nba_server.application.admission import Case, DecideCommand
from nba_server.application.batching import Wanted
from nba_server.application.express import Express, ExpressWatch
from nba_server.application.ports import Attempt, CommitResult, ExpressDesk, Sheet
from nba_server.application.results import Answers, DecideResult, settled
from nba_server.application.shapes import is_plain
from nba_server.domain.catalog import Catalog
from nba_server.domain.rollout import Assignment
from nba_server.errors import NbaError


class ExpressBatch:
    """`unsettled` is told the calls whose commit was not answered. `valid_ms`: how long after its read a decision may be
    committed."""

    def __init__(
        self,
        desk: ExpressDesk,
        express: Express,
        watch: ExpressWatch,
        unsettled: Callable[[Attempt], None],
        valid_ms: int,
    ) -> None:
        self._desk = desk
        self._express = express
        self._watch = watch
        self._unsettled = unsettled
        self._valid_ms = valid_ms

    async def decide(
        self,
        commands: Sequence[DecideCommand],
        catalog: Catalog,
        models: Assignment,
        wanted: Wanted,
        answers: Answers,
    ) -> Sequence[int]:
        """Answers what it can; the places of the rest. A failing command never fails its neighbours."""
        whole = range(len(commands))
        if models.split is not None or not self._express.lets_through(catalog, models.champion, len(commands)):
            return whole
        try:
            sheet = self._desk.open(commands, catalog, models.champion)
            if sheet is None:
                return whole
            await self._propose(sheet, wanted, answers)
        except Exception as fault:  # nothing was committed
            self._watch.failed(fault)
        else:
            await self._commit(sheet, answers)
        return [place for place in whole if place not in answers]

    def learn(self, command: DecideCommand, case: Case, catalog: Catalog, models: Assignment) -> None:
        """A request was found right: those that are like it are common from now on."""
        if is_plain(command.request):
            self._desk.learn(command.request, case.request, case.claim.fingerprint, catalog, models.champion)

    async def _propose(self, sheet: Sheet, wanted: Wanted, answers: Answers) -> None:
        """Reads and decides; where the customers cannot be read all are told so. Raises whatever is wrong with the lane."""
        try:
            await sheet.read()
        except NbaError as error:
            answers.update(dict.fromkeys(sheet.places, error))
            return
        gone = [place for place in sheet.places if not wanted(place)]
        sheet.decide(self._valid_ms, gone)
        answers.update((place, NbaError("the caller has gone", reason="CANCELLED")) for place in gone)

    async def _commit(self, sheet: Sheet, answers: Answers) -> None:
        for n, (place, told) in enumerate(zip(sheet.places, await sheet.commit(), strict=True)):
            if type(told) is DecideResult:
                answers[place] = told
            elif isinstance(told, NbaError):
                answers[place] = told
                self._unsettled(sheet.relies(n))
            elif isinstance(told, CommitResult):
                answers[place] = settled(told, None, "", 1, sheet.relies(n))
        self._watch.decided(sheet.told())
