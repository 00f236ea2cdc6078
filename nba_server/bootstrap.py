"""The composition root of a serving process: settings in, a running server out. The only place that knows everyone.

Straight down: store, catalogue, model, use cases, servicers, server. What is opened here is closed here, in reverse.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

from google.protobuf.descriptor import ServiceDescriptor
from prometheus_client import CollectorRegistry

from nba_server.adapters.archive.finder import JournalFinder
from nba_server.adapters.archive.reader import ArchiveReader
from nba_server.adapters.catalog.segment import Segments
from nba_server.adapters.catalog.watcher import CatalogWatcher
from nba_server.adapters.express import compiled
from nba_server.adapters.express.desk import CompiledDesk
from nba_server.adapters.express.lane import CompiledLane
from nba_server.adapters.express.requests import KnownRequests
from nba_server.adapters.journal_codec import JournalCodec
from nba_server.adapters.model_definition import load_definition
from nba_server.adapters.model_watcher import ModelWatcher
from nba_server.adapters.redis.settings import StoreSettings
from nba_server.adapters.redis.store import Store
from nba_server.application.abandoned import Abandoned
from nba_server.application.activate import ActivateDecision
from nba_server.application.batching import Batcher, Crowd
from nba_server.application.catalogs import Catalogs
from nba_server.application.contacts import GetContacts
from nba_server.application.customer_changes import CustomerChanges
from nba_server.application.customers import Customers
from nba_server.application.decide import VALID_MS, Decide, DecideResult
from nba_server.application.explain import Explain
from nba_server.application.express import ExpressUse
from nba_server.application.identify import IdentifyVisitor
from nba_server.application.list_customers import ListCustomers
from nba_server.application.matters import Matters
from nba_server.application.models import Models
from nba_server.application.ports import CapLender
from nba_server.application.purchases import RecordPurchases
from nba_server.application.record_contacts import RecordContacts
from nba_server.application.record_events import RecordEvents
from nba_server.application.record_outcomes import RecordOutcomes
from nba_server.application.release_decision import ReleaseDecision
from nba_server.application.warming import warm_up
from nba_server.observability.decisions import (
    ObservedDecide,
    ObservedExpress,
    ObservedOutcomes,
    ObservedReader,
    ObservedWriter,
)
from nba_server.observability.express import ExpressWatching
from nba_server.observability.metrics import Metrics
from nba_server.observability.reasons import ReasonSampler
from nba_server.observability.shadow import ShadowScoring
from nba_server.observability.states import ServingStates
from nba_server.observability.tracing import open_tracing
from nba_server.pb import (
    catalog_pb2,
    contact_pb2,
    customer_pb2,
    decision_pb2,
    event_pb2,
    matter_pb2,
    model_pb2,
    outcome_pb2,
)
from nba_server.settings import NATIVE, OFF, Settings
from nba_server.transport.api_keys import ApiKeys
from nba_server.transport.carrier import Carrier
from nba_server.transport.front import compiled as compiled_front
from nba_server.transport.front.server import FrontServer
from nba_server.transport.grpc.call import Handler
from nba_server.transport.grpc.capacity import Capacity
from nba_server.transport.grpc.codec.answer import AnswerCodec
from nba_server.transport.grpc.codec.request import decision_request
from nba_server.transport.grpc.endpoints import endpoints
from nba_server.transport.grpc.health import HealthReporter
from nba_server.transport.grpc.ownership import Ownership
from nba_server.transport.grpc.scopes import ALL_SCOPES
from nba_server.transport.grpc.server import GrpcServer, Listen
from nba_server.transport.grpc.servicers.catalog import CatalogServicer
from nba_server.transport.grpc.servicers.contact import ContactServicer
from nba_server.transport.grpc.servicers.customer import CustomerServicer
from nba_server.transport.grpc.servicers.decision import DecisionServicer
from nba_server.transport.grpc.servicers.event import EventServicer
from nba_server.transport.grpc.servicers.matter import MatterServicer
from nba_server.transport.grpc.servicers.model import ModelServicer
from nba_server.transport.grpc.servicers.outcome import OutcomeServicer
from nba_server.transport.grpc.stack import call_stack
from nba_server.transport.http.app import Policy, http_app
from nba_server.transport.http.door import HttpDoor, HttpListen
from nba_server.transport.http.methods import method_descriptors
from nba_server.transport.native.server import NativeServer

VERSION = version("nba-server")


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that answers. `port` is the bound one; `http_port` that of the HTTP door, 0 without one."""

    port: int
    http_port: int
    store: Store
    catalogs: CatalogWatcher
    models: ModelWatcher


async def open_store(settings: Settings) -> Store:
    """The store of the settings. Raises `FailedPrecondition`, `StoreUnavailable`."""
    return await Store.open(
        settings.store,
        kind="replay" if settings.replay else "live",
        allow=frozenset(settings.store_allow),
        seed=settings.seed,
        settings=StoreSettings(
            remember_requests_ms=settings.request_ttl,
            strict=settings.strict,
            patience_s=settings.store_patience / 1000,
        ),
    )


@asynccontextmanager
async def serving(
    settings: Settings, registry: CollectorRegistry, hurry: asyncio.Event | None = None
) -> AsyncIterator[Serving]:
    """A running server; at the end it drains (`hurry` cuts that short) and closes what it opened.

    `settings.store` must name a store. Raises `NbaError` when a part cannot be had.
    """
    async with AsyncExitStack() as closing:
        metrics = Metrics(registry)
        closing.callback(metrics.tally.settle)
        tracing = open_tracing(settings.otel_endpoint, "nba-server")
        closing.callback(tracing.close)
        keys = ApiKeys.load(settings.api_keys, ALL_SCOPES) if settings.api_keys else None
        store = await open_store(settings)
        closing.push_async_callback(store.close)
        catalogs = CatalogWatcher(store.snapshots, settings.catalog)
        closing.push_async_callback(catalogs.stop)
        await catalogs.start()
        models = ModelWatcher(store.artifacts, load_definition(settings.definition))
        closing.push_async_callback(models.stop)
        await models.start()
        capacity = Capacity(settings.max_concurrency, settings.max_wait / 1000)
        stack = call_stack(
            metrics, tracing, keys, capacity, access_log=settings.access_log, origins=settings.http_origins
        )
        abandoned = Abandoned(
            store.releases, JournalCodec(VERSION), settle_s=VALID_MS / 1000 + 0.5, released=metrics.releases.inc
        )
        closing.push_async_callback(abandoned.stop)
        abandoned.start()
        server = _carrier(settings)
        crowd = Crowd(lambda: capacity.arrived, server.take_in)
        express = _express(settings, metrics, store)
        decide = _decide(store, catalogs, models, metrics, abandoned, store.caps, express)
        servicers = _servicers(settings, store, catalogs, models, metrics, abandoned, decide, crowd)
        handlers: dict[str, Handler] = {}
        for service, servicer in servicers.items():
            handlers |= endpoints(service, servicer, stack)
        server.carry(handlers)
        health = HealthReporter(
            server, store.clock.now, lambda: bool(catalogs.live.hash), store.in_sync, strict=settings.strict > 0
        )
        states = ServingStates(metrics, catalogs, models)
        closing.push_async_callback(states.stop)
        door = _http_door(settings, handlers, server) if settings.http else None
        closing.push_async_callback(_leave, server, door, settings.drain / 1000, hurry or asyncio.Event())
        closing.push_async_callback(health.stop)
        trial = _decide(store, catalogs, models, metrics, abandoned, None, None)
        await warm_up(trial, catalogs.live, models.assignment, express)
        await server.start()
        await health.start()
        await states.start()
        if door is not None:
            await door.start()
        yield Serving(server.port, door.port if door else 0, store, catalogs, models)


def _http_door(settings: Settings, handlers: Mapping[str, Handler], server: Carrier) -> HttpDoor:
    """The same handlers over HTTP."""

    async def states() -> Mapping[str, bool]:
        return server.serving

    policy = Policy(settings.http_origins, settings.max_message)
    app = http_app(handlers, method_descriptors(handlers), states, policy)
    return HttpDoor(HttpListen(settings.http, 4 * settings.max_concurrency, _tls(settings)), app)


async def _leave(server: Carrier, door: HttpDoor | None, grace_s: float, hurry: asyncio.Event) -> None:
    """Drains both ports at the same time."""
    await asyncio.gather(server.stop(grace_s, hurry), *([door.stop(grace_s, hurry)] if door else []))


def _decide(
    store: Store,
    catalogs: CatalogWatcher,
    models: ModelWatcher,
    metrics: Metrics,
    abandoned: Abandoned,
    caps: CapLender | None,
    express: ExpressUse | None,
) -> Decide:
    """The use case, with the ports that it waits for timed."""
    return Decide(
        identity=store.identity,
        reader=ObservedReader(store.reader, metrics),
        decisions=ObservedWriter(store.decisions, metrics),
        catalogs=catalogs,
        models=models,
        answers=AnswerCodec(),
        journal=JournalCodec(VERSION),
        new_request_id=lambda: uuid.uuid4().hex,
        unsettled=abandoned.unsettled,
        caps=caps,
        express=express,
    )


def _express(settings: Settings, metrics: Metrics, store: Store) -> ExpressUse | None:
    """The compiled lane on its terms; None where it is switched off or not compiled."""
    if settings.express == OFF or compiled():
        return None
    lane = CompiledLane(AnswerCodec(), remember_ms=settings.request_ttl, server_version=VERSION)
    desk: CompiledDesk | None = None
    if store.express is not None:
        exchange = ObservedExpress(store.express, metrics)
        desk = CompiledDesk(lane, exchange, store.identity.compiled, f"{uuid.uuid4().hex}.", DecideResult)
    return ExpressUse(lane, ExpressWatching(metrics), settings.express_audit, desk)


def _known_requests(settings: Settings) -> KnownRequests | None:
    """Where the lane may be used, it reads requests too."""
    if settings.express == OFF or compiled():
        return None
    return KnownRequests(lambda data: decision_request(decision_pb2.DecideRequest.FromString(data)))


def _servicers(
    settings: Settings,
    store: Store,
    catalogs: CatalogWatcher,
    models: ModelWatcher,
    metrics: Metrics,
    abandoned: Abandoned,
    decide: Decide,
    crowd: Crowd,
) -> dict[ServiceDescriptor, object]:
    """Every service with its servicer and the use cases behind it."""
    journal, answers = JournalCodec(VERSION), AnswerCodec()
    identity, own = store.identity, Ownership(store.identity, store.reader)
    changes = CustomerChanges(reader=store.reader, writer=store.customers, confirm=settings.strict > 0)
    sampler = ReasonSampler(catalogs, models, metrics, every=settings.sample_reasons)
    shadow = ShadowScoring(catalogs, models, models.shadow, metrics, every=settings.shadow_every)
    observed = ObservedDecide(decide, metrics, (sampler, shadow))
    batcher = Batcher(observed, max_size=settings.batch_size, crowd=crowd, dropped=_give_back(abandoned))
    explain = Explain(
        identity=identity,
        decisions=JournalFinder(store.journal, ArchiveReader(settings.archive_location)),
        catalogs=catalogs,
        models=models,
        answers=answers,
        journal=journal,
    )
    activate = ActivateDecision(identity=identity, changes=changes, catalogs=catalogs, journal=journal)
    release = ReleaseDecision(identity=identity, reader=store.reader, abandoned=abandoned)
    outcomes = RecordOutcomes(identity=identity, changes=changes, catalogs=catalogs, journal=journal)
    contacts = RecordContacts(identity=identity, changes=changes, catalogs=catalogs, models=models, journal=journal)
    reading = GetContacts(identity=identity, reader=store.reader, catalogs=catalogs)
    customers = Customers(
        identity=identity,
        reader=store.reader,
        changes=changes,
        catalogs=catalogs,
        journal=journal,
        households=store.households,
    )
    identify = IdentifyVisitor(
        identity=identity, reader=store.reader, visitors=store.visitors, catalogs=catalogs, journal=journal
    )
    listing = ListCustomers(directory=store.directory, reader=store.reader, catalogs=catalogs, segments=Segments())
    purchases = RecordPurchases(identity=identity, changes=changes, catalogs=catalogs, journal=journal)
    events = RecordEvents(identity=identity, changes=changes, catalogs=catalogs, journal=journal)
    matters = Matters(identity=identity, reader=store.reader, changes=changes, catalogs=catalogs, journal=journal)
    return {
        _service(decision_pb2, "DecisionService"): DecisionServicer(
            batcher, explain, activate, release, own, _known_requests(settings)
        ),
        _service(outcome_pb2, "OutcomeService"): OutcomeServicer(ObservedOutcomes(outcomes, metrics), own),
        _service(contact_pb2, "ContactService"): ContactServicer(contacts, reading),
        _service(customer_pb2, "CustomerService"): CustomerServicer(customers, identify, listing),
        _service(event_pb2, "EventService"): EventServicer(purchases, events),
        _service(matter_pb2, "MatterService"): MatterServicer(matters),
        _service(catalog_pb2, "CatalogService"): CatalogServicer(
            Catalogs(catalogs=catalogs, caps=store.cap_uses, wall_ms=wall_ms)
        ),
        _service(model_pb2, "ModelService"): ModelServicer(Models(models=models)),
    }


def _give_back(abandoned: Abandoned) -> Callable[[DecideResult], None]:
    """What becomes of an answer that nobody waits for any more."""

    def give_back(result: DecideResult) -> None:
        if result.relies is not None:
            abandoned.gone(result.relies)

    return give_back


def _service(module: ModuleType, name: str) -> ServiceDescriptor:
    service: ServiceDescriptor = module.DESCRIPTOR.services_by_name[name]
    return service


def _carrier(settings: Settings) -> Carrier:
    listen = _listen(settings)
    if settings.transport != NATIVE:
        return GrpcServer(listen)
    return NativeServer(listen) if compiled_front() else GrpcServer(listen, FrontServer)


def _listen(settings: Settings) -> Listen:
    return Listen(
        settings.listen,
        max(1_000, 4 * settings.max_concurrency),  # the admission refuses, and says when to come back
        settings.max_message,
        settings.max_connection_age,
        _tls(settings),
    )


def _tls(settings: Settings) -> tuple[Path, Path, Path | None] | None:
    """Certificate, key and the authority of clients, the same for both ports."""
    if not settings.tls_cert or not settings.tls_key:
        return None
    return settings.tls_cert, settings.tls_key, settings.tls_client_ca


def wall_ms() -> int:
    """This machine's clock; ages are told by it, nothing is decided by it."""
    return time.time_ns() // 1_000_000
