"""CloudEvents in: structured, batch and binary become calls; repeats change nothing, and each event has its own answer."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from nba_server.pb import customer_pb2
from nba_server.transport.grpc.scopes import Scope
from nba_server.transport.http.cloud_events.envelope import CloudEvent
from tests.integration.http.conftest import KEYS
from tests.integration.http.speaking import Door

CHANGED = "nba.customer.changed"


def event(id_: str, type_: str = CHANGED, customer: str = "anna", **data: Any) -> dict[str, Any]:
    """An event of the CRM's, its customer in the subject."""
    return {"specversion": "1.0", "id": id_, "source": "/crm", "type": type_, "subject": customer, "data": data}


async def send(door: Door, *events: dict[str, Any], batch: bool = False, key: str = "") -> httpx.Response:
    """One event structured, or all as a batch."""
    form = "application/cloudevents-batch+json" if batch else "application/cloudevents+json; charset=utf-8"
    headers = {"content-type": form} | ({"authorization": f"Bearer {key}"} if key else {})
    content = httpx.Request("POST", "http://x", json=list(events) if batch else events[0]).content
    return await door.client.post("/events", content=content, headers=headers)


async def known(door: Door, customer: str = "anna") -> customer_pb2.Customer:
    """The customer as the server knows it."""
    request = customer_pb2.GetCustomerRequest(customer_id=customer)
    return (await door.server.stubs.customers.GetCustomer(request)).customer


async def test_a_change_of_a_customer(door: Door) -> None:
    """Plain attributes and consents; null removes; a repeat says so."""
    change = event(
        "1",
        attributes={"age": 41, "country": "DE", "data_used": 0.9, "contract_end": {"time": "2026-12-31T00:00:00Z"}},
        add_segments=["gold"],
        consents=[{"channel": "email", "purpose": "advertising", "status": "granted"}],
    )
    first = await send(door, change)
    assert (first.status_code, first.json()) == (200, {"id": "1", "source": "/crm", "status": "recorded"})
    assert (await send(door, change)).json()["status"] == "repeated"
    customer = await known(door)
    assert customer.attributes["age"].integer == 41
    assert list(customer.segments) == ["gold"]
    assert customer.consents[0].purpose == "advertising"
    await send(door, event("2", attributes={"age": None}))
    assert "age" not in (await known(door)).attributes


async def test_an_old_change_that_comes_again_undoes_nothing(door: Door) -> None:
    """Also one that changed nothing when it came, and one with a household; another source's id is another event."""
    await send(door, event("1", attributes={"age": 41}, household_id="h"))
    await send(door, event("2", attributes={"age": 41}))
    await send(door, event("3", attributes={"age": 42}, household_id=""))
    for old in ("1", "2"):
        again = await send(door, event(old, attributes={"age": 41}, household_id="h"))
        assert again.json()["status"] == "repeated"
    assert (await known(door)).attributes["age"].integer == 42
    other = {**event("1", attributes={"age": 43}), "source": "/shop"}
    assert (await send(door, other)).json()["status"] == "recorded"


async def test_binary_mode(door: Door) -> None:
    """The attributes in headers, percent-encoded; the data is the body."""
    headers = {
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-id": "b%201",
        "ce-source": "/crm",
        "ce-type": CHANGED,
        "ce-subject": "j%C3%B6rg",
    }
    answer = await door.client.post("/events", json={"attributes": {"age": 30}}, headers=headers)
    assert answer.json() == {"id": "b 1", "source": "/crm", "status": "recorded"}
    assert (await known(door, "jörg")).attributes["age"].integer == 30


async def test_everything_a_customer_does(door: Door) -> None:
    """Purchases and returns, complaints, service cases, scores, deletion: as one batch, and all of them repeated."""
    await send(door, event("0", attributes={"age": 41}))
    batch = [
        event("1", "nba.purchase.made", value=12.5, value_by_category={"data": 12.5}),
        event("2", "nba.complaint.raised", case_id="k1", category="fault", text="The line is dead."),
        event("3", "nba.case.opened", case_id="k2", category="fault", text="Line"),
        event("4", "nba.case.updated", case_id="k2", category="fault"),
        event("5", "nba.case.closed", case_id="k2", text="Mended."),
        event("6", "nba.score.given", measure="nps", value=4),
    ]
    taken = (await send(door, *batch, batch=True)).json()["results"]
    assert [(one["id"], one["status"]) for one in taken] == [(str(n), "recorded") for n in range(1, 7)], taken
    again = (await send(door, *batch, batch=True)).json()["results"]
    assert {one["status"] for one in again} == {"repeated"}
    returned = event("7", "nba.purchase.returned", purchase_id=_purchase_id(batch[0]))
    assert (await send(door, returned)).json()["status"] == "recorded"
    gone = event("8", "nba.customer.deleted")
    assert [(await send(door, gone)).json()["status"] for _ in range(2)] == ["recorded", "repeated"]


def _purchase_id(bought: dict[str, Any]) -> str:
    """A purchase without an id of its own has the event's key."""
    return CloudEvent(bought["id"], bought["source"], bought["type"]).key


async def test_in_a_batch_each_event_is_answered_for_itself(door: Door) -> None:
    """Wrong envelopes, types, fields and values are refused with their place; the others are taken, in each customer's order."""
    results = (
        await send(
            door,
            event("1", attributes={"age": 1}),
            event("2", "nba.customer.chnged"),
            event("3", attributes={"agee": 1}),
            event("4", add_segment=["x"]),
            {"id": "5"},
            event("6", "nba.purchase.made", value=1.0),
            event("7", attributes={"age": 2}),
            event("8", customer="bert", attributes={"age": 3}),
            event("9", "nba.case.opened"),
            batch=True,
        )
    ).json()["results"]
    statuses = {one["id"]: one["status"] for one in results}
    assert [n for n, status in statuses.items() if status == "recorded"] == ["1", "6", "7", "8"]
    assert [one["id"] for one in results] == [str(n) for n in range(1, 10)]
    errors = {one["id"]: one.get("error", "") for one in results}
    assert "did you mean `nba.customer.changed`" in errors["2"]
    assert "attributes.agee" in errors["3"]
    assert "data.add_segment: " in errors["4"]
    assert "specversion" in errors["5"]
    assert "case_id" in errors["9"]
    assert (await known(door)).attributes["age"].integer == 2


@pytest.mark.parametrize(
    ("content_type", "content", "said"),
    [
        ("application/json", b"{}", "headers ce-id"),
        ("application/cloudevents+json", b"{", "no JSON"),
        ("application/cloudevents-batch+json", b"{}", "JSON list"),
        ("application/cloudevents-batch+json", b"[" + b",".join([b"{}"] * 1_001) + b"]", "at most 1,000"),
        (
            "application/cloudevents+json",
            b'{"specversion":"1.0","id":"1","source":"s","type":"t","data":[]}',
            "JSON object",
        ),
    ],
)
async def test_what_is_no_event_is_refused(door: Door, content_type: str, content: bytes, said: str) -> None:
    """400, with the form that would be right."""
    answer = await door.client.post("/events", content=content, headers={"content-type": content_type})
    assert answer.status_code == 400
    assert said in answer.text


async def test_only_keys_that_import_may_send_changes(guarded: Door) -> None:
    """A site's key is refused as for the call itself, and so is nobody's."""
    change = event("1", attributes={"age": 41})
    assert (await send(guarded, change)).status_code == 401
    assert (await send(guarded, change, key=KEYS[Scope.SITE][0])).status_code == 403
    assert (await send(guarded, change, key=KEYS[Scope.IMPORT][0])).status_code == 200
