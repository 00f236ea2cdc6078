"""The port `ExpressDesk`: a batch of common decisions stays in the compiled part from the commands to the answers.

Python is there once a batch: to send what the compiled part has packed, and for whatever is unusual.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from nba_server.adapters.express.lane import MOST_SHAPES, CompiledLane, Core
from nba_server.adapters.redis.express import outcome_of
from nba_server.application.faults import MAX_ID
from nba_server.application.ports import Attempt, CommitResult, CustomerRef, ExpressCounts
from nba_server.application.validation import MAX_REQUEST_ID
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import DecisionRequest
from nba_server.domain.propensity import Scorer
from nba_server.errors import NbaError, StoreUnavailable


class ExpressStore(Protocol):
    """What is exchanged with the store; see adapters/redis/express.py."""

    @property
    def spec(self) -> Mapping[str, Any]:
        """What commands are made of."""

    async def read(self, payload: bytes, customers: int) -> tuple[list[Any], int]:
        """The records, and the store's time. Raises `StoreUnavailable`."""

    def commit(self, payload: bytes, calls: int) -> Awaitable[list[Any]]:
        """What each call replied. Raises `StoreUnavailable`."""


class CompiledDesk:
    """One a process. `names` are those of the store's identity; `prefix` begins the names of this process's tries.

    `result` is the type of finished results: a tuple of (answer, decision id, False, None, picks, 1, what relies on it, None).
    """

    def __init__(self, lane: CompiledLane, store: ExpressStore, names: Any, prefix: str, result: type[Any]) -> None:
        self._lane = lane
        self._store = store
        self._result = result
        spec = {**store.spec, "names": names, "prefix": prefix.encode()}
        types = {"result": result, "attempt": Attempt, "reference": CustomerRef}
        limits = {"longest_id": MAX_ID, "longest_request_id": MAX_REQUEST_ID}
        self._desk: Any = lane.library.Desk({**spec, **types, **limits})

    def open(self, commands: Sequence[Any], catalog: Catalog, scorer: Scorer) -> CompiledSheet | None:
        """What is common among them, by what was learned of this catalogue and model."""
        core = self._lane.core(catalog, scorer)
        if core is None or core.lane is None or not core.known:
            return None
        sheet = core.lane.sheet(self._desk, list(commands), core.known)
        return CompiledSheet(sheet, core, self._store, self._result) if sheet is not None else None

    def learn(
        self, asked: DecisionRequest, checked: DecisionRequest, fingerprint: str, catalog: Catalog, scorer: Scorer
    ) -> None:
        """Remembers which shape it has; nothing as long as there are no tables."""
        key = (asked.channel, asked.placements)
        core = self._lane.core(catalog, scorer)
        if core is None or core.lane is None or key in core.known or len(core.known) >= MOST_SHAPES:
            return
        shape = self._lane.shape(core, checked)
        core.known[key] = None if shape is None else (shape, fingerprint)


class CompiledSheet:
    """The common decisions of one batch."""

    __slots__ = ("_calls", "_core", "_found", "_now_ms", "_payload", "_result", "_sheet", "_store", "places")

    def __init__(self, sheet: Any, core: Core, store: ExpressStore, result: type[Any]) -> None:
        self._sheet = sheet
        self._core = core
        self._store = store
        self._result = result
        self._payload = b""
        self._calls = 0
        self.places: Sequence[int] = sheet.places()

    async def read(self) -> None:
        """As the port says."""
        self._found, self._now_ms = await self._store.read(self._sheet.reads(), len(self.places))

    def decide(self, valid_ms: int, gone: Sequence[int]) -> None:
        """As the port says."""
        now_ms = self._now_ms
        moment = datetime.fromtimestamp(now_ms / 1000, self._core.catalog.plan.zone)
        local = (moment.hour, moment.isoweekday(), moment.month)
        made = self._sheet.decide(self._found, now_ms, now_ms + valid_ms, local, tuple(gone))
        if made is not None:
            self._payload, self._calls = made

    async def commit(self) -> Sequence[Any | CommitResult | NbaError | None]:
        """As the port says."""
        replies: list[Any] = []
        if self._calls:
            try:
                replies = await self._store.commit(self._payload, self._calls)
            except StoreUnavailable as error:
                replies = [error] * self._calls
        finished = self._result
        return [one if one is None or type(one) is finished else outcome_of(one) for one in self._sheet.settle(replies)]

    def relies(self, n: int) -> Attempt:
        """As the port says."""
        relies: Attempt = self._sheet.relies(n)
        return relies

    def told(self) -> ExpressCounts:
        """As the port says."""
        return ExpressCounts(self._core.named, *self._sheet.told())
