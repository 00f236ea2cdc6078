"""The server's use cases wired to the real engine on a replay clock, called one after the other without a network."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from nba_server.adapters.catalog.compiling import compile_folder
from nba_server.adapters.journal_codec import JournalCodec
from nba_server.adapters.redis.store import Store
from nba_server.application.customer_changes import CustomerChanges
from nba_server.application.decide import Decide, DecideCommand, DecideResult
from nba_server.application.expire import ExpireContacts
from nba_server.application.outcome_validation import OutcomeCommand
from nba_server.application.record_contacts import ContactCommand, RecordContacts
from nba_server.application.record_outcomes import RecordOutcomes
from nba_server.domain.catalog import Catalog
from nba_server.domain.engagement import CustomerState
from nba_server.domain.outcome import OutcomeEvent, OutcomeType
from nba_server.domain.request import DecisionRequest
from nba_server.pb import decision_pb2
from nba_server.transport.grpc.codec.answer import AnswerCodec
from tests.fakes import FakeCatalogs, FakeModels

CALLER = "chaos"


class Desk:
    """One store and a live catalogue that may be changed at any time; its coroutines run on `loop`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, store: Store, catalog: Catalog) -> None:
        self.loop, self.store, self.catalogs = loop, store, FakeCatalogs(catalog)
        self._models: Any = FakeModels()
        changes = CustomerChanges(reader=store.reader, writer=store.customers)
        shared: dict[str, Any] = {"changes": changes, "catalogs": self.catalogs, "journal": JournalCodec("1")}
        numbers = count(1)
        self._decide = Decide(
            identity=store.identity,
            reader=store.reader,
            decisions=store.decisions,
            catalogs=self.catalogs,
            models=self._models,
            answers=AnswerCodec(),
            journal=JournalCodec("1"),
            new_request_id=lambda: f"made-{next(numbers)}",
        )
        self._outcomes = RecordOutcomes(identity=store.identity, **shared)
        self._contacts = RecordContacts(identity=store.identity, models=self._models, **shared)
        self._expire = ExpireContacts(timers=store.timers, **shared)
        self.now = loop.run_until_complete(store.clock.now())

    def decide(self, customer: str, channel: str, request_id: str) -> tuple[bytes, decision_pb2.DecideResponse]:
        """The answer's bytes and the answer."""
        request = DecisionRequest(customer, "", channel, (), request_id=request_id)
        (result,) = self.loop.run_until_complete(self._decide([DecideCommand(request, CALLER)]))
        assert isinstance(result, DecideResult), result
        return result.answer, decision_pb2.DecideResponse.FromString(result.answer)

    def outcome(self, decision_id: str, action: str, kind: str, **facts: Any) -> str:
        """The status of one outcome."""
        event = OutcomeEvent(OutcomeType(kind), decision_id=decision_id, action=action, **facts)
        (result,) = self.loop.run_until_complete(self._outcomes([OutcomeCommand(event, CALLER)]))
        return result.status.value

    def contact(self, customer: str, contact_id: str, channel: str, action: str, at_ms: int) -> bool:
        """A contact made elsewhere; whether it was new."""
        command = ContactCommand(customer, contact_id, channel, action, at_ms)
        (result,) = self.loop.run_until_complete(self._contacts([command]))
        assert result.error is None, result.error
        return result.recorded

    def expire(self) -> None:
        """Serves all timers that are due."""
        while True:
            served = self.loop.run_until_complete(self._expire(500))
            assert not served.failed, served.failed
            if served.due < 500:
                return

    def advance(self, by_ms: int) -> None:
        """Moves the clock."""
        self.now += by_ms
        self.loop.run_until_complete(self.store.clock.advance(self.now))

    def state(self, customer: str) -> CustomerState:
        """What the store has of a customer."""
        ref = self.store.identity.customer(customer)
        return self.loop.run_until_complete(self.store.reader.read([ref])).states[0]


def compiled(folder: Path, name: str) -> Catalog:
    """A catalogue with a name of its own, so that two of them differ."""
    return replace(compile_folder(folder).catalog, name=name)
