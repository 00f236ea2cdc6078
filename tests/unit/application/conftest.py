"""The use cases over the fakes."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from nba_server.adapters.redis.identity import StoreIdentity
from nba_server.application.customer_changes import CustomerChanges
from nba_server.application.customers import Customers
from nba_server.application.decide import Decide, DecideCommand, DecideResult
from nba_server.application.expire import ExpireContacts
from nba_server.application.express import ExpressUse
from nba_server.application.purchases import RecordPurchases
from nba_server.application.record_contacts import RecordContacts
from nba_server.application.record_outcomes import OutcomeCommand, OutcomeResult, RecordOutcomes
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import DecisionRequest
from nba_server.domain.outcome import OutcomeEvent, OutcomeType
from tests.fakes import FakeCatalogs, FakeModels, FakeStore
from tests.plain_formats import PlainAnswers, PlainJournal
from tests.unit.application.shop import shop


@dataclass
class Desk:
    """Everything wired by hand, as bootstrap does it."""

    catalog: Catalog = field(default_factory=shop)
    store: FakeStore = field(default_factory=FakeStore)
    models: FakeModels = field(default_factory=FakeModels)
    journal: PlainJournal = field(default_factory=PlainJournal)

    def __post_init__(self) -> None:
        self.identity = StoreIdentity(b"secret of the tests", 256, 7)
        self.catalogs = FakeCatalogs(self.catalog)
        self.numbers = count(1)
        self.decide = self.deciding()
        changes = CustomerChanges(reader=self.store, writer=self.store)
        rest: dict[str, Any] = {"changes": changes, "catalogs": self.catalogs, "journal": PlainJournal()}
        self.outcomes = RecordOutcomes(identity=self.identity, **rest)
        self.contacts = RecordContacts(identity=self.identity, models=self.models, **rest)
        self.customers = Customers(identity=self.identity, reader=self.store, **rest)
        self.purchases = RecordPurchases(
            identity=self.identity, changes=changes, catalogs=self.catalogs, journal=PlainJournal()
        )
        self.expire = ExpireContacts(timers=self.store, **rest)

    def deciding(self, express: ExpressUse | None = None) -> Decide:
        """The use case, with a lane or without."""
        return Decide(
            identity=self.identity,
            reader=self.store,
            decisions=self.store,
            catalogs=self.catalogs,
            models=self.models,
            answers=PlainAnswers(),
            journal=self.journal,
            new_request_id=lambda: f"made-{next(self.numbers)}",
            express=express,
        )

    async def decided(self, customer: str = "ada", request_id: str = "", **other: Any) -> DecideResult:
        """One decision that must succeed."""
        result = (await self.decide([self.command(customer, request_id, **other)]))[0]
        assert isinstance(result, DecideResult), result
        return result

    def command(self, customer: str = "ada", request_id: str = "", **other: Any) -> DecideCommand:
        """A request for the web's hero placement."""
        fields: dict[str, Any] = {"visitor_id": "", "channel": "web", "placements": ()} | other
        return DecideCommand(DecisionRequest(customer_id=customer, request_id=request_id, **fields), "tests")

    async def outcome(self, type_: OutcomeType, decision_id: str = "", **other: Any) -> OutcomeResult:
        """One outcome."""
        customer_id = other.pop("customer_id", "")
        event = OutcomeEvent(type_, decision_id, **other)
        return (await self.outcomes([OutcomeCommand(event, "tests", customer_id)]))[0]


@pytest.fixture
def desk() -> Desk:
    """A fresh desk."""
    return Desk()
