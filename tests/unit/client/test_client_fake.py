"""The fake has the surface of the real client and behaves like it where it matters."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime

import pytest

from nba_client import (
    AsyncClient,
    Client,
    Complaint,
    Consent,
    Contact,
    CustomerPatch,
    Event,
    NbaClientError,
    Outcome,
    Purchase,
)
from nba_client.errors import Conflict, InvalidRequest, NotFound, Unavailable
from nba_client.pb import (
    catalog_pb2,
    contact_pb2,
    customer_pb2,
    decision_pb2,
    event_pb2,
    matter_pb2,
    model_pb2,
    outcome_pb2,
)
from nba_client.testing import FakeAsyncClient, FakeClient, FakeServer

MODULES = (catalog_pb2, contact_pb2, customer_pb2, decision_pb2, event_pb2, matter_pb2, model_pb2, outcome_pb2)


def surface(kind: type) -> dict[str, list[str]]:
    """Public methods with their parameters."""
    members = inspect.getmembers(kind, inspect.isfunction)
    return {
        name: [str(parameter) for parameter in inspect.signature(member).parameters.values()]
        for name, member in members
        if not name.startswith("_") or name in ("__enter__", "__aenter__")
    }


@pytest.mark.parametrize(("fake", "real"), [(FakeClient, Client), (FakeAsyncClient, AsyncClient)])
def test_the_fake_has_the_surface_of_the_real_client(fake: type, real: type) -> None:
    """Same methods, same parameters; code that takes the one takes the other."""
    assert surface(fake) == surface(real)
    assert issubclass(fake, real)


def test_both_faces_have_the_same_methods() -> None:
    """What can be done blocking can be done in asyncio, with the same parameters."""
    blocking, asynchronous = surface(Client), surface(AsyncClient)
    blocking.pop("__enter__")
    asynchronous.pop("__aenter__")
    assert blocking == asynchronous
    for name in ("customers", "catalog", "matters", "models"):
        assert surface(type(getattr(FakeClient(), name))) == surface(type(getattr(FakeAsyncClient(), name)))


def test_the_fake_answers_every_call_of_the_protocol() -> None:
    """No method of a user's test ends in a missing handler."""
    wanted = {
        f"{service.name}.{method.name}"
        for module in MODULES
        for service in module.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    assert set(FakeServer._handlers) == wanted | {"Health.Check"}


def test_a_decision_an_outcome_and_an_explanation_in_memory() -> None:
    """The ten lines of a user's test."""
    with FakeClient() as fake:
        fake.server.offer("bonus", content={"headline": "Thank you"}, propensity=0.3, value=10.0)
        fake.server.offer("newsletter")
        decision = fake.decide("customer-1", channel="call", placements=["agent_top", "agent_side"])
        best = decision.best("agent_top")
        assert best is not None
        assert (best.action, best.content["headline"], best.priority) == ("bonus", "Thank you", 3.0)
        assert [action.rank for action in decision.actions] == [1, 2]
        assert decision.no_offers[0].placement == "agent_side"
        assert fake.outcome(decision, best, "accepted").status == "recorded"
        assert fake.outcome(decision, best, "accepted").status == "repeated"
        assert [outcome.action for outcome in fake.server.outcomes] == ["bonus"]
        assert [trace.stage for trace in fake.explain(decision.decision_id).trace] == ["offered", "offered"]
        assert fake.health() == "serving"
    assert fake.server.closed


async def test_the_async_fake_behaves_as_the_blocking_one() -> None:
    """One server, two faces."""
    server = FakeServer(now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    server.offer("bonus")
    async with FakeAsyncClient(server) as fake:
        decision = await fake.decide("customer-1", channel="web")
        assert decision.decided_at == datetime(2026, 1, 1, tzinfo=UTC)
        assert (await fake.outcome(decision, "bonus", "clicked")).status == "recorded"
        assert await fake.customers.upsert("customer-1", {"age": 30}) == 1
    assert server.closed


def test_the_same_request_id_gives_the_same_decision_and_another_request_is_refused() -> None:
    """As the server does it; a preview keeps nothing."""
    fake = FakeClient()
    fake.server.offer("bonus")
    preview = fake.decide("customer-1", channel="web", request_id="r", preview=True)
    first = fake.decide("customer-1", channel="web", request_id="r")
    fake.server.offer_nothing()
    assert fake.decide("customer-1", channel="web", request_id="r") == first
    assert preview.decision_id == ""
    with pytest.raises(Conflict):
        fake.decide("customer-1", channel="call", request_id="r")
    with pytest.raises(ValueError, match="preview"):
        fake.outcome(preview, "bonus", "clicked")


def test_profiles_are_merged_and_versions_are_compared() -> None:
    """None removes an attribute, a consent replaces the one before, a wrong version is a conflict."""
    fake = FakeClient()
    granted = Consent("email", "advertising", "granted")
    assert fake.customers.upsert("c", {"age": 30, "city": "Ulm"}, add_segments=["gold"], consents=[granted]) == 1
    denied = Consent("email", "advertising", "denied")
    sms = Consent("sms", "advertising", "granted")
    assert fake.customers.upsert("c", {"age": None}, add_products=["card"], consents=[denied, sms]) == 2
    customer = fake.customers.get("c")
    assert (customer.version, customer.attributes, customer.segments, customer.products) == (
        2,
        {"city": "Ulm"},
        ("gold",),
        ("card",),
    )
    assert [(consent.channel, consent.status) for consent in customer.consents] == [
        ("email", "denied"),
        ("sms", "granted"),
    ]
    with pytest.raises(Conflict, match="stored version is 2"):
        fake.customers.upsert("c", expected_version=1)
    results = fake.customers.upsert_many([CustomerPatch("d"), CustomerPatch("c", expected_version=0)])
    assert [(result.version, bool(result.error)) for result in results] == [(1, False), (2, True)]
    assert fake.customers.delete("c")
    assert not fake.customers.delete("c")
    with pytest.raises(NotFound):
        fake.customers.get("c")


def test_contacts_and_purchases_are_taken_once() -> None:
    """A repeat changes nothing and says so."""
    fake = FakeClient()
    assert fake.contact(Contact("c", "1", "email", contact_class="advertising")).recorded
    assert [result.recorded for result in fake.contacts([Contact("c", "1", "email"), Contact("c", "2", "email")])] == [
        False,
        True,
    ]
    assert getattr(fake.server.contacts[0], "class") == "advertising"
    assert fake.purchase(Purchase("c", "p", 12.5, value_by_category={"food": 12.5})).recorded
    assert not fake.purchases([Purchase("c", "p", 12.5)])[0].recorded
    assert fake.server.purchases[0].value_by_category["food"] == 12.5


def test_faults_and_failures_are_those_of_the_real_client() -> None:
    """Violations, unknown decisions and a failure on demand."""
    fake = FakeClient()
    with pytest.raises(InvalidRequest) as caught:
        fake.decide("c", channel="", visitor_id="v")
    assert [violation.field for violation in caught.value.violations] == ["channel", "visitor_id"]
    with pytest.raises(NotFound):
        fake.outcome("unknown", "a", "clicked")
    assert fake.outcomes([Outcome("clicked", "unknown", "a")])[0].status == "refused"
    fake.server.fail_next(Unavailable("the server is away"))
    with pytest.raises(Unavailable):
        fake.decide("c", channel="web")
    assert fake.catalog.get().live.name == "fake"
    assert fake.models.versions() == []
    with pytest.raises(NbaClientError):
        fake.models.promote("v1")


def test_events_and_matters_in_memory() -> None:
    """A user's test opens a matter, reads it, closes it with a note, and sees the events that were recorded."""
    with FakeClient() as fake:
        event = Event("c-1", "e-1", Complaint(category="delivery"), text="Late")
        assert fake.event(event).recorded
        assert not fake.event(event).recorded
        assert fake.server.events[0].complaint.category == "delivery"
        opened = fake.matters.open("c-1", "complaint", text="Late", agent="Desk 4")
        assert (opened.opened, fake.matters.open("c-1", "complaint").opened) == (True, False)
        closed = fake.matters.close("c-1", opened.matter.matter_id, "Sent again.", agent="Desk 5")
        assert (closed.closed, closed.matter.note, closed.matter.closed_by) == (True, "Sent again.", "Desk 5")
        assert fake.matters.list("c-1", open_only=True) == []
        assert [matter.note for matter in fake.matters.list("c-1")] == ["Sent again."]
