"""Purchases confirm conversions and change profiles; events and matters from the command line; backup and journal keep them."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nba_client import (
    AsyncClient,
    Complaint,
    Contact,
    Event,
    EventRecorded,
    Purchase,
    PurchaseReturn,
    Score,
    ServiceCase,
)
from nba_client.contact_reading import LedgerContact
from nba_server.pb import journal_pb2
from tests.integration.cli_server import run
from tests.integration.running import Running

EVENTS = """
attributes:
  last_bought: {type: string}
  last_purchase: {type: time}
  nps: {type: number}
events:
  purchase: {products: true, set: {last_bought: product, last_purchase: occurred_at}}
  score: {set: {nps: value}}
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """The small telephone company with events."""
    folder = Path(shutil.copytree(Path(__file__).parents[2] / "examples/minimal", tmp_path / "catalogue"))
    (folder / "events.yaml").write_text(EVENTS, encoding="utf-8")
    file = folder / "catalog.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("currency: EUR\n", "currency: EUR\n  conversion_window: 30d\n"), encoding="utf-8")
    return folder


def bought(event_id: str, product: str = "unlimited", value: float = 120.0, **other: object) -> Event:
    """A purchase of anna's."""
    return Event("anna", event_id, Purchase("anna", event_id, value, value_by_product={product: value}), **other)  # type: ignore[arg-type]


async def ledger(client: AsyncClient) -> dict[str, LedgerContact]:
    """Anna's contacts by action, of calls and web pages only."""
    reading = await client.customers.contacts("anna")
    return {f"{contact.channel}:{contact.action}": contact for contact in reading.contacts}


def types(contact: LedgerContact) -> list[str]:
    """Outcomes that stand on a contact."""
    return [outcome.type for outcome in contact.outcomes if not outcome.withdrawn]


async def journaled(server: Running, kind: str) -> list[journal_pb2.JournalEntry]:
    """The journal's entries of a kind, in their order."""
    records = await server.serving.store.journal.read({}, 1_000)
    return [journal_pb2.JournalEntry.FromString(record.payload) for record in records if record.kind == kind]


async def test_a_purchase_confirms_the_last_touch_once_and_a_return_takes_it_back(server: Running) -> None:
    """All touches are journaled, the last one converts; repeats and a return leave exactly what is true."""
    await server.stubs.upsert()
    async with AsyncClient(server.address) as client:
        early = datetime.now(UTC) - timedelta(days=3)
        await client.contact(Contact("anna", "flyer", "email", "unlimited", occurred_at=early))
        call = await client.decide("anna", channel="call")
        await client.outcome(call, "unlimited", "impression")
        await client.outcome(call, "second-sim", "impression")
        first = await client.event(bought("order-1"))
        again = await client.event(bought("order-1"))
        direct = await client.purchase(Purchase("anna", "order-1", 120.0, value_by_product={"unlimited": 120.0}))
        assert (first.recorded, again.recorded, direct.recorded) == (True, False, False)
        assert any("confirmed the conversion of unlimited on call by purchase order-1" in w for w in first.effects)
        contacts = await ledger(client)
        assert types(contacts["call:unlimited"]) == ["impression", "converted"]
        assert "converted" not in types(contacts["email:unlimited"])
        assert "converted" not in types(contacts["call:second-sim"])
        customer = await client.customers.get("anna")
        assert customer.products == ("unlimited",)
        assert customer.attributes["last_bought"] == "unlimited"

        (attribution,) = [entry.attribution for entry in await journaled(server, "attribution")]
        assert [(touch.channel, touch.last) for touch in attribution.touches] == [("email", False), ("call", True)]
        converted = [e.outcome for e in await journaled(server, "outcome") if e.outcome.product == "unlimited"]
        assert [(outcome.value, outcome.caller) for outcome in converted] == [(120.0, "server")]

        returned = await client.event(Event("anna", "back-1", PurchaseReturn("order-1")))
        twice = await client.event(Event("anna", "back-2", PurchaseReturn("order-1")))
        assert (returned.recorded, twice.recorded) == (True, False)
        assert types((await ledger(client))["call:unlimited"]) == ["impression"]
        assert (await client.customers.get("anna")).products == ()
        assert [len(e.attribution.touches) for e in await journaled(server, "attribution")] == [2, 0]


async def test_the_order_of_news_does_not_matter(server: Running) -> None:
    """A purchase before the contact is heard of, a return before its purchase, a conversion that the shop reports itself."""
    await server.stubs.upsert()
    async with AsyncClient(server.address) as client:
        hour = datetime.now(UTC) - timedelta(hours=1)
        assert (await client.event(bought("order-1"))).effects[-1:] != ()
        await client.contact(Contact("anna", "call-1", "call", "unlimited", occurred_at=hour))
        assert types((await ledger(client))["call:unlimited"]) == ["converted"]

        await client.event(Event("anna", "back-2", PurchaseReturn("order-2")))
        late = await client.event(bought("order-2"))
        assert late.effects == ("it was returned before it was heard of: it counts for nothing",)
        assert types((await ledger(client))["call:unlimited"]) == ["converted"]


async def test_what_the_shop_reports_under_the_purchases_id_is_the_same_conversion(server: Running) -> None:
    """Reported before or after the purchase, there is one conversion."""
    await server.stubs.upsert()
    async with AsyncClient(server.address) as client:
        call = await client.decide("anna", channel="call")
        await client.outcome(call, "unlimited", "converted", event_id="order-1", value=120.0)
        await client.event(bought("order-1"))
        assert types((await ledger(client))["call:unlimited"]) == ["converted"]
        assert [e.attribution.touches[0].last for e in await journaled(server, "attribution")] == [True]


def lines(folder: Path, *records: dict[str, object]) -> Path:
    """A file of JSON Lines."""
    path = folder / "events.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


async def test_events_and_matters_from_the_command_line(server: Running, tmp_path: Path) -> None:
    """Import, record, list, open and close; bad lines are told by number, and everything is there as JSON."""
    await server.stubs.upsert()
    address = ("--address", server.address)

    async def nba(*words: str, code: int = 0) -> str:
        done = await asyncio.to_thread(run, *words, *address)
        assert done.exit_code == code, done.output
        return str(done.stdout)

    file = lines(
        tmp_path,
        {"customer_id": "anna", "event_id": "s-1", "type": "score", "measure": "nps", "value": 9},
        {"customer_id": "anna", "event_id": "s-2", "type": "scor", "value": 9},
        {"customer_id": "anna", "event_id": "o-1", "type": "purchase", "value_by_product": {"internet": 29.9}},
        {"customer_id": "anna", "event_id": "c-1", "type": "complaint", "text": "Late", "agent": "Desk 4"},
    )
    told = json.loads(await nba("events", "import", str(file), "--json", code=1))
    assert (told["recorded"], told["known"], [bad["line"] for bad in told["refused"]]) == (3, 0, [2])
    again = await nba("events", "import", str(file), code=1)
    assert "0 events recorded, 3 known already" in again
    assert "type: 'scor' is not one of complaint" in again

    shown = await nba("matters", "anna")
    for words in ("open", "Open complaint", "Late", "mutes issue sell"):
        assert words in shown
    (matter,) = json.loads(await nba("matters", "anna", "--json"))["matters"]
    assert (matter["opened_by"], matter["event_ids"]) == ("Desk 4", ["c-1"])
    assert "open matter" in await nba("contacts", "anna")
    assert "open matter" in await nba("customers", "get", "anna")
    assert "closed" in await nba("matters", "close", "anna", matter["matter_id"], "--note", "Sent again.")
    assert "closed already" in await nba("matters", "close", "anna", matter["matter_id"], "--note", "Once more.")
    assert "Sent again." in await nba("matters", "list", "anna")
    assert "no matters" in await nba("matters", "anna", "--open")
    opened = await nba("matters", "open", "anna", "complaint", "--text", "By phone")
    assert opened.startswith("opened: matter")
    recorded = await nba("events", "record", "anna", "score", "--event-id", "s-3", "--value", "3", "--measure", "nps")
    assert "changed nps" in recorded
    async with AsyncClient(server.address) as client:
        customer = await client.customers.get("anna")
    assert (customer.attributes["nps"], customer.products, len(customer.matters)) == (3.0, ("internet",), 2)


async def test_a_batch_tells_each_event_by_itself(server: Running) -> None:
    """What is refused names its field, the rest is recorded in order; an older score does not overwrite a newer one."""
    await server.stubs.upsert()
    now = datetime.now(UTC)
    records: Sequence[Event] = (
        Event("anna", "1", Score(8, "nps"), occurred_at=now - timedelta(hours=1)),
        Event("anna", "2", Score(2, "nps"), occurred_at=now - timedelta(hours=2)),
        Event("anna", "3", Score(5), occurred_at=now + timedelta(days=1)),
        Event("anna", "4", ServiceCase("", "opened")),
        Event("anna", "5", Complaint(), channel="fax"),
        Event("anna", "6", Complaint(), text="x" * 2_001),
    )
    async with AsyncClient(server.address) as client:
        results: list[EventRecorded] = await client.events(records)
        customer = await client.customers.get("anna")
    assert [result.recorded for result in results] == [True, True, False, False, False, False]
    for result, field in zip(results[2:], ("occurred_at", "service_case.case_id", "channel", "text"), strict=True):
        assert field in result.error
    assert customer.attributes["nps"] == 8.0
