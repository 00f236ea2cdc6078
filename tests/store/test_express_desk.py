"""Batches that stay in the compiled part: whoever is faster, whatever the store refuses and whoever has gone, nothing is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from nba_models import definition_file
from nba_models.scorer import PriorScorer
from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.engine.liveness import ask
from nba_server.adapters.express import compiled
from nba_server.adapters.express.lane import CompiledLane
from nba_server.adapters.model_scorer import DomainScorer
from nba_server.adapters.redis import keys
from nba_server.adapters.redis.settings import StoreSettings
from nba_server.adapters.redis.store import Store
from nba_server.application.admission import DecideCommand
from nba_server.application.decide import DecideResult
from nba_server.application.express import Made
from nba_server.application.ports import CustomerWrite
from nba_server.domain.consent import Consent, ConsentStatus
from nba_server.domain.decision import DecisionRequest, PlacementRequest
from nba_server.errors import Conflict, NbaError, StoreUnavailable
from nba_server.observability.decisions import ObservedDecide
from nba_server.observability.express import ExpressWatching
from nba_server.observability.metrics import Metrics
from nba_server.transport.grpc.codec.answer import AnswerCodec
from tests.fakes import FakeModels
from tests.store.test_express import HERO, SIDE, Server
from tests.unit.application.shop import shop

pytestmark = pytest.mark.skipif(bool(compiled()), reason=f"no express lane: {compiled()}")
DEFINITION = Path(__file__).resolve().parents[2] / "models/definitions/affinity.yaml"
REMEMBER_MS = StoreSettings().remember_requests_ms


class Shop:
    """A shop whose requests are known to the lane."""

    def __init__(self, store: Store, *, every: int = 0) -> None:
        catalog = shop()
        models = FakeModels(DomainScorer(PriorScorer(definition_file.parse(DEFINITION.read_text(encoding="utf-8")))))
        lane = CompiledLane(AnswerCodec(), remember_ms=REMEMBER_MS, server_version="1")
        lane.ready(catalog, models.live)
        self.store = store
        self.server = Server(store, catalog, models, every=every, lane=lane, desk=True)

    async def ask(
        self,
        *names: str,
        request_id: str = "r",
        placements: tuple[PlacementRequest, ...] = HERO,
        wanted: Callable[[int], bool] = lambda place: True,
    ) -> list[DecideResult | NbaError]:
        """A decision for each customer, in one batch."""
        requests = [DecisionRequest(name, "", "web", placements, request_id=request_id) for name in names]
        return await self.server.decide([DecideCommand(one, "tests") for one in requests], wanted, shown=False)

    async def ledger(self, name: str) -> list[str]:
        """The actions that the customer's ledger has."""
        return await self.server.actions(name)

    @property
    def together(self) -> int:
        """How many offers were reserved without a step of Python for each."""
        return sum(sum(one.offered.values()) for one in self.server.watch.counts)


@pytest.fixture
async def opened(engine: EmbeddedEngine) -> AsyncIterator[Shop]:
    """A shop that has seen both of its kinds of requests."""
    ask(engine.socket, "FLUSHALL", timeout_s=10.0)
    store = await Store.open(engine.url)
    given = Shop(store)
    for placements in (HERO, SIDE):
        await given.ask("warm", request_id=f"warm-{placements[0].placement}", placements=placements)
    assert given.together == 0
    yield given
    await store.close()


async def test_a_batch_is_answered_whole(opened: Shop) -> None:
    """Each with an offer, an id of its own and what relies on it; the ledger has the offers."""
    results = await opened.ask("ada", "bob", "eve")
    assert opened.together == 3
    assert len({result.decision_id for result in results if isinstance(result, DecideResult)}) == 3
    for name, result in zip(("ada", "bob", "eve"), results, strict=True):
        assert isinstance(result, DecideResult)
        assert result.answer
        assert (result.repeated, result.taken, result.attempts) == (False, (0,), 1)
        assert result.relies is not None
        assert result.relies.customer == opened.store.identity.customer(name)
        assert opened.store.identity.customer_of(result.decision_id) == result.relies.customer
        assert len(await opened.ledger(name)) == 1


async def test_they_are_counted_like_others(opened: Shop) -> None:
    """How they were made, how they ended, and what each stage removed: as where each is an object."""
    told = []
    for shown in (False, True):
        registry = CollectorRegistry()
        metrics = Metrics(registry)
        watching = ExpressWatching(metrics)
        opened.server.watch.counts.clear()
        observed = ObservedDecide(opened.server.decide, metrics, (_Looks(shown),))
        requests = [DecisionRequest(f"{shown}-{number}", "", "web", SIDE, request_id="r") for number in range(9)]
        await observed([DecideCommand(one, "tests") for one in requests], lambda place: True)
        for counts in opened.server.watch.counts:
            watching.decided(counts)
        assert (opened.together == 0) is shown
        told.append(
            {
                (sample.name, *sample.labels.values()): sample.value
                for family in registry.collect()
                for sample in family.samples
                if sample.name.startswith(("nba_decisions", "nba_stage"))
                and sample.name.endswith("_total")
                and sample.value
            }
        )
    assert told[0] == told[1]
    assert told[0]["nba_decisions_by_path_total", "express"] == 9.0


@dataclass(frozen=True, slots=True)
class _Looks:
    """Looks at everything, or at nothing."""

    shown: bool

    def __call__(self, made: Made) -> None:
        assert self.shown

    def due(self, decisions: int) -> bool:
        return self.shown

    def passed(self, decisions: int) -> None:
        assert not self.shown


async def test_more_than_one_call_of_the_script(opened: Shop) -> None:
    """Batches of any size, as the script takes eight decisions a call."""
    names = [f"n{number}" for number in range(21)]
    results = await opened.ask(*names)
    assert opened.together == 21
    assert [len(await opened.ledger(name)) for name in names] == [1] * 21
    assert all(isinstance(result, DecideResult) and result.taken == (0,) for result in results)


async def test_a_repeat_gets_the_same_answer_and_another_request_a_conflict(opened: Shop) -> None:
    """The key decides, as ever."""
    (first,) = await opened.ask("ada")
    (again,) = await opened.ask("ada")
    (other,) = await opened.ask("ada", placements=SIDE)
    assert isinstance(first, DecideResult)
    assert isinstance(again, DecideResult)
    assert (again.answer, again.repeated) == (first.answer, True)
    assert again.relies is not None
    assert first.relies is not None
    assert again.relies[:2] == first.relies[:2]
    assert again.relies.name != first.relies.name
    assert isinstance(other, Conflict)
    assert len(await opened.ledger("ada")) == 1


async def test_the_same_customer_twice_at_once_gets_no_more_than_the_limit_allows(opened: Shop) -> None:
    """The second is decided again on what the first has left."""
    requests = [DecisionRequest("ada", "", "web", HERO, request_id=f"r{number}") for number in range(6)]
    results = await opened.server.decide([DecideCommand(one, "tests") for one in requests], shown=False)
    taken = [result.taken for result in results if isinstance(result, DecideResult)]
    assert len(taken) == 6
    offered = await opened.ledger("ada")
    assert len(offered) == sum(map(len, taken))
    one_by_one = Shop(opened.store)
    for number in range(6):
        await one_by_one.server.one("bob", request_id=f"r{number}")
    assert len(offered) == len(await one_by_one.ledger("bob"))


async def test_a_consent_taken_back_meanwhile_holds(opened: Shop) -> None:
    """Between read and commit: what needs it is not offered, and the neighbour is not touched."""
    ref = opened.store.identity.customer("ada")

    async def refuse() -> None:
        refusal = (Consent("web", "advertising", ConsentStatus.REVOKED, 1),)
        await opened.store.customers.write([CustomerWrite(ref, 0, consents=refusal, bump_guard=True)])

    opened.server.after_read.append(refuse)
    ada, bob = await opened.ask("ada", "bob")
    assert isinstance(ada, DecideResult)
    assert isinstance(bob, DecideResult)
    (offered,) = await opened.ledger("bob")
    assert offered != "receipt"
    assert await opened.ledger("ada") == ["receipt"]


async def test_who_has_gone_is_not_committed(opened: Shop) -> None:
    """The neighbours are."""
    ada, bob = await opened.ask("ada", "bob", wanted=lambda place: place != 0)
    assert isinstance(ada, NbaError)
    assert ada.reason == "CANCELLED"
    assert isinstance(bob, DecideResult)
    assert (await opened.ledger("ada"), len(await opened.ledger("bob"))) == ([], 1)


async def test_scripts_that_the_engine_has_lost_are_sent_again(opened: Shop, engine: EmbeddedEngine) -> None:
    """Nobody notices."""
    ask(engine.socket, "SCRIPT FLUSH", timeout_s=10.0)
    results = await opened.ask("ada", "bob")
    assert all(isinstance(result, DecideResult) and result.taken == (0,) for result in results)
    assert [len(await opened.ledger(name)) for name in ("ada", "bob")] == [1, 1]


async def test_a_broken_record_is_its_own_customers_trouble(opened: Shop) -> None:
    """The others are answered."""
    await opened.store._client.one(("SET", keys.customer(opened.store.identity.customer("ada")), "no hash"))
    ada, bob = await opened.ask("ada", "bob")
    assert isinstance(ada, StoreUnavailable)
    assert isinstance(bob, DecideResult)
    assert bob.taken == (0,)


async def test_a_store_that_takes_no_writes_is_said_to_each(opened: Shop, engine: EmbeddedEngine) -> None:
    """What was not answered may have reserved something: it is noted, to be released."""
    ask(engine.socket, "CONFIG SET min-replicas-to-write 1", timeout_s=10.0)
    try:
        results = await opened.ask("ada", "bob")
    finally:
        ask(engine.socket, "CONFIG SET min-replicas-to-write 0", timeout_s=10.0)
    assert [type(result) for result in results] == [StoreUnavailable] * 2
    customers = [opened.store.identity.customer(name) for name in ("ada", "bob")]
    assert [attempt.customer for attempt in opened.server.unsettled] == customers
    assert all(isinstance(result, DecideResult) for result in await opened.ask("ada", "bob"))


async def test_an_engine_that_is_gone_is_said_to_each(engine: EmbeddedEngine) -> None:
    """At the read already; nothing is owed then."""
    store = await Store.open(engine.url)
    given = Shop(store)
    await given.ask("warm", request_id="warm")
    await store.close()
    results = await given.ask("ada", "bob")
    assert [type(result) for result in results] == [StoreUnavailable] * 2
    assert given.server.unsettled == []


async def test_every_nth_is_made_both_ways(engine: EmbeddedEngine) -> None:
    """A batch that has one of them is looked at."""
    ask(engine.socket, "FLUSHALL", timeout_s=10.0)
    store = await Store.open(engine.url)
    given = Shop(store, every=10)
    for number in range(30):
        await given.ask("ada", request_id=f"r{number}")
    await store.close()
    assert len(given.server.watch.audits) >= 3
    assert {differences for _, differences in given.server.watch.audits} == {()}


async def test_the_rest_of_a_batch_takes_the_other_way(opened: Shop) -> None:
    """Whoever asks for something unusual is answered beside those who do not."""
    usual = DecisionRequest("ada", "", "web", HERO, request_id="r")
    requests: list[DecisionRequest] = [
        usual,
        usual._replace(customer_id="", request_id="n"),
        usual._replace(customer_id="zoë", request_id="z"),
        usual._replace(customer_id="bob", preview=True),
        usual._replace(customer_id="", visitor_id="cookie"),
        usual._replace(channel="nowhere"),
        usual._replace(customer_id="eve", request_id=""),
    ]
    results = await opened.server.decide([DecideCommand(one, "tests") for one in requests], shown=False)
    told: list[Any] = [type(result) for result in results]
    assert told[:5] == [DecideResult] * 5
    assert isinstance(results[5], NbaError)
    assert told[6] is DecideResult
    assert opened.together == 2


def test_results_have_the_fields_that_the_compiled_part_fills() -> None:
    """In this order."""
    fields = ("answer", "decision_id", "repeated", "decision", "taken", "attempts", "relies", "express")
    assert DecideResult._fields == fields
