"""Decisions by the express lane in a real store: what is written is what the ordinary path writes, and it yields as that does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import pytest

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.express.desk import CompiledDesk
from nba_server.adapters.express.lane import CompiledLane
from nba_server.adapters.journal_codec import JournalCodec
from nba_server.adapters.redis.store import Store
from nba_server.application.decide import Decide, DecideCommand, DecideResult
from nba_server.application.express import ExpressUse
from nba_server.application.ports import (
    Attempt,
    CustomerRef,
    CustomerWrite,
    ExpressLane,
    PartialStored,
    ReleaseStatus,
    Stored,
)
from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import Consent, ConsentStatus
from nba_server.domain.contact import ContactLimit
from nba_server.domain.decision import DecisionRequest, PlacementRequest
from nba_server.domain.engagement import CustomerState
from nba_server.domain.profile import Profile
from nba_server.errors import Conflict, NbaError
from nba_server.transport.grpc.codec.answer import AnswerCodec
from tests.fakes import FakeCatalogs, FakeModels
from tests.plain_lane import PlainLane, PlainWatch
from tests.store.test_optimistic import everything, forget
from tests.unit.application.shop import DAILY, DAY_MS, shop

SIDE = (PlacementRequest("side"),)
HERO = (PlacementRequest("hero"),)


class Between:
    """The store's exchanges, with something between read and commit."""

    def __init__(self, store: Store, after_read: list[Callable[[], Any]]) -> None:
        assert store.express is not None
        self._express, self._after_read = store.express, after_read
        self.spec = self._express.spec
        self.commit = self._express.commit

    async def read(self, payload: bytes, customers: int) -> tuple[list[Any], int]:
        """As the store does, and what comes behind it."""
        read = await self._express.read(payload, customers)
        while self._after_read:
            await self._after_read.pop()()
        return read


class Server:
    """The use case over a store. `after_read` runs between read and commit: there somebody else may be faster.

    With `desk` batches that need not be shown stay in the compiled lane.
    """

    def __init__(
        self,
        store: Store,
        catalog: Catalog | None = None,
        models: FakeModels | None = None,
        *,
        express: bool = True,
        every: int = 1,
        lane: ExpressLane | None = None,
        desk: bool = False,
    ) -> None:
        self.store = store
        self.after_read: list[Callable[[], Any]] = []
        answers, journal, numbers = AnswerCodec(), JournalCodec("1"), count()
        self.watch = PlainWatch()
        self.lane = PlainLane(store.reader, store.decisions, answers, journal)
        self.unsettled: list[Attempt] = []
        use = ExpressUse(lane or self.lane, self.watch, every) if express else None
        if desk:
            assert isinstance(lane, CompiledLane)
            between = Between(store, self.after_read)
            compiled = CompiledDesk(lane, between, store.identity.compiled, "d.", DecideResult)
            use = ExpressUse(lane, self.watch, every, compiled)
        self.decide = Decide(
            identity=store.identity,
            reader=self,
            decisions=store.decisions,
            catalogs=FakeCatalogs(catalog or shop()),
            models=models or FakeModels(),
            answers=answers,
            journal=journal,
            new_request_id=lambda: f"r{next(numbers)}",
            unsettled=self.unsettled.append,
            express=use,
        )

    async def read(self, refs: Sequence[CustomerRef]) -> Any:
        """As the store does."""
        return await self.store.reader.read(refs)

    async def read_stored(self, refs: Sequence[CustomerRef]) -> PartialStored:
        """As the store does, and what comes behind it."""
        read = await self.store.reader.read_stored(refs)
        while self.after_read:
            await self.after_read.pop()()
        return read

    def decode(self, stored: Stored) -> CustomerState:
        """As the store does."""
        return self.store.reader.decode(stored)

    async def all(self, *names: str, request_id: str = "", **other: Any) -> list[DecideResult | NbaError]:
        """A decision for each customer, in one batch; a name that begins with `v:` is a visitor's, an empty one nobody's."""
        fields: dict[str, Any] = {"channel": "web", "placements": HERO} | other
        commands = [
            DecideCommand(
                DecisionRequest(
                    "" if name.startswith("v:") else name,
                    name[2:] if name.startswith("v:") else "",
                    request_id=request_id,
                    **fields,
                ),
                "tests",
            )
            for name in names
        ]
        return await self.decide(commands)

    async def one(self, name: str, request_id: str = "", **other: Any) -> DecideResult:
        """A decision that must succeed."""
        (result,) = await self.all(name, request_id=request_id, **other)
        assert isinstance(result, DecideResult), result
        return result

    async def actions(self, name: str) -> list[str]:
        """What the ledger says that was offered."""
        ref = self.store.identity.customer(name)
        return [contact.action for contact in (await self.store.reader.read([ref])).states[0].ledger]


@pytest.mark.parametrize("placements", [HERO, SIDE], ids=["one slot", "two slots"])
@pytest.mark.parametrize("name", ["ada", "v:ada", ""], ids=["customer", "visitor", "anonymous"])
async def test_the_store_holds_what_the_ordinary_path_leaves(
    replay_store: Store, engine: EmbeddedEngine, placements: tuple[PlacementRequest, ...], name: str
) -> None:
    """Ledger, timers, the request's record, journal entry and answer are the same to the letter, three times in a row."""
    left = []
    for express in (True, False):
        server = Server(replay_store, shop(limits=()), express=express)
        made = [await server.one(name, f"q{turn}", placements=placements) for turn in range(3)]
        assert [result.express is not None for result in made] == [express] * 3
        left.append(([result.answer for result in made], await everything(engine)))
        assert {differences for _, differences in server.watch.audits} <= {()}
        await forget(engine)
    assert left[0] == left[1]


async def test_a_customer_who_changed_gets_what_still_fits(store: Store) -> None:
    """Two requests of one customer in one batch: the second is decided again, and gets what the first one left."""
    once = ContactLimit("once", 1, DAY_MS, actions=frozenset({"loan"}))
    server = Server(store, shop(limits=(once,)))
    first, second = await server.all("ada", "ada")
    assert isinstance(first, DecideResult)
    assert isinstance(second, DecideResult)
    assert (first.taken, second.taken) == ((0,), (1,))
    assert await server.actions("ada") == ["loan", "card"]
    assert [record.substituted for record in await store.journal.read({}, 10)] == [(), (1,)]
    assert second.express is not None, "it is the same decision, with another pick taken"


async def test_who_lost_the_race_for_the_last_slot_is_decided_again(store: Store) -> None:
    """Where nothing is left of what the lane proposed the decision is stale, and the next one knows the ledger."""
    server = Server(store, shop(limits=(DAILY,)))
    results = await server.all("ada", "ada", placements=SIDE)
    assert [result.attempts for result in results if isinstance(result, DecideResult)] == [1, 2]
    assert await server.actions("ada") == ["loan", "card", "receipt"]


async def test_a_consent_that_is_taken_back_meanwhile_makes_it_stale(store: Store) -> None:
    """Nothing is committed on the older consent; the lane decides again on what holds now."""
    server = Server(store)
    ref = store.identity.customer("ada")
    revoked = (Consent("web", "advertising", ConsentStatus.REVOKED, 1),)
    server.after_read.append(lambda: store.customers.write([CustomerWrite(ref, 0, consents=revoked, bump_guard=True)]))
    result = await server.one("ada")
    assert (result.attempts, len(server.lane.batches)) == (2, 2)
    assert await server.actions("ada") == ["receipt"]


async def test_a_repeat_has_the_first_answer_and_another_request_is_refused(store: Store) -> None:
    """Whichever way the first one was made, and whichever way the second one is."""
    express, ordinary = Server(store), Server(store, express=False)
    for name, (first, then) in {"ada": (express, ordinary), "bob": (ordinary, express)}.items():
        made = await first.one(name, "r1")
        again = await then.one(name, "r1")
        assert (again.answer, again.repeated, again.express) == (made.answer, True, None)
        (other,) = await then.all(name, request_id="r1", placements=SIDE)
        assert isinstance(other, Conflict)
    assert await store.journal.length() == 2


async def test_sixteen_equal_calls_at_once_are_one_decision(store: Store) -> None:
    """One of them commits, all have its answer."""
    server = Server(store)
    results = await asyncio.gather(*(server.one("ada", "r1") for _ in range(16)))
    assert len({result.answer for result in results}) == 1
    assert [result.repeated for result in results].count(False) == 1
    assert len(await server.actions("ada")) == 1


async def test_what_it_reserved_can_be_given_back(store: Store) -> None:
    """The call that goes releases what the lane reserved for it."""
    server = Server(store)
    result = await server.one("ada")
    assert result.relies is not None
    wanted = await store.releases.release(result.relies, {})
    assert [held.action for held in wanted.held] == ["loan"]
    done = await store.releases.release(result.relies, {held.contact_id: b"gone" for held in wanted.held})
    assert done.status is ReleaseStatus.RELEASED


async def test_it_is_committed_where_the_customer_lives(store: Store) -> None:
    """A member of a household lives in its bucket: record, journal and decision id are there."""
    server = Server(store)
    ref = store.identity.customer("ada")
    await store.customers.write([CustomerWrite(ref, 0, profile=Profile(known=True))])
    await store.households.place(ref, store.identity.household("the smiths"))
    result = await server.one("ada")
    assert result.express is not None
    home = store.identity.household("the smiths").bucket
    assert store.identity.parse_decision_id(result.decision_id)[0] == home
    assert (await server.actions("ada")) == ["loan"]


async def test_a_check_that_fails_is_the_failure_of_one(store: Store) -> None:
    """When a changed customer cannot be decided again, the neighbours have their answers all the same."""
    server = Server(store, every=0)

    def damaged(stored: Stored) -> CustomerState:
        raise ValueError("secret")

    server.decode = damaged  # type: ignore[method-assign]
    results = await server.all("ada", "ada", "bob")
    assert [type(result) for result in results] == [DecideResult, NbaError, DecideResult]
    assert "secret" not in str(results[1])
