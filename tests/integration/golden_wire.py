"""Runs golden cases over the wire: the customer's past and the request through the API, then what the journal holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from nba_server.adapters.catalog.compiling import compile_text
from nba_server.adapters.catalog.publishing import publish
from nba_server.adapters.journal_entry import candidates_of
from nba_server.adapters.redis.store import Store
from nba_server.pb import (
    consent_pb2,
    contact_pb2,
    customer_pb2,
    decision_pb2,
    event_pb2,
    journal_pb2,
    outcome_pb2,
    reason_pb2,
)
from nba_server.transport.grpc.codec.values import to_value
from tests.golden.case import GoldenCase, moment
from tests.golden.core import scalar
from tests.golden.expectation import unlike
from tests.integration.running import Running


async def publish_catalogue(case: GoldenCase, store: Store) -> None:
    """Makes the case's catalogue live in the store."""
    await publish(store.snapshots, compile_text(*case.catalog_texts), "golden")


async def wire_differences(case: GoldenCase, running: Running) -> list[str]:
    """One line for each thing that is not as the case wants it."""
    store = running.serving.store
    await publish_catalogue(case, store)
    await running.serving.catalogs.reload()
    if case.customer is not None:
        await _tell(str(case), case.customer, running)
    answer = await running.stubs.decisions.Decide(_request(case))
    explained = await running.stubs.decisions.GetDecision(
        decision_pb2.GetDecisionRequest(decision_id=answer.decision_id)
    )
    bucket, _, request_key = store.identity.parse_decision_id(answer.decision_id)
    record = await store.journal.find(request_key, bucket)
    assert record is not None
    entry = journal_pb2.JournalEntry.FromString(record.payload).decision
    told = {(found.placement, found.action): _told(found) for found in explained.trace}
    shadows = {f"{found.placement}/{found.action}": _words(found.shadows) for found in explained.trace if found.shadows}
    lines = unlike(case, _seen(answer, entry) | {"shadows": shadows}, told)
    return [*lines, *(f"recomputed: {line}" for line in explained.differences)]


def _request(case: GoldenCase) -> decision_pb2.DecideRequest:
    asked = case.request
    return decision_pb2.DecideRequest(
        customer_id="" if case.customer is None else str(case),
        visitor_id=str(case) if case.customer is None else "",
        channel=asked["channel"],
        placements=[decision_pb2.PlacementRequest(**place) for place in asked["placements"]],
        context={name: to_value(scalar(value)) for name, value in asked.get("context", {}).items()},
        excluded_actions=asked.get("excluded_actions", ()),
    )


async def _tell(customer_id: str, customer: Mapping[str, Any], running: Running) -> None:
    """The customer's past, in the order in which the core is told it."""
    patch = customer_pb2.CustomerPatch(
        customer_id=customer_id,
        attributes={name: to_value(scalar(value)) for name, value in customer.get("attributes", {}).items()},
        add_segments=customer.get("segments", ()),
        add_products=customer.get("products", ()),
        consents=[_consent(record) for record in customer["consents"]],
        do_not_contact=_listing(customer.get("do_not_contact", False)),
    )
    taken = await running.stubs.customers.UpsertCustomers(customer_pb2.UpsertCustomersRequest(customers=[patch]))
    assert not taken.results[0].error, taken.results[0].error
    purchases = [
        event_pb2.Purchase(
            customer_id=customer_id,
            purchase_id=bought["id"],
            occurred_at=_at(bought["at"]),
            value=bought["value"],
            value_by_category=bought.get("value_by_category", {}),
        )
        for bought in customer.get("purchases", ())
    ]
    await running.stubs.events.RecordPurchases(event_pb2.RecordPurchasesRequest(purchases=purchases))
    for contact in customer.get("contacts", ()):
        await _contact(customer_id, contact, running)
    events = [_event(customer_id, event) for event in customer.get("events", ())]
    answer = await running.stubs.events.RecordEvents(event_pb2.RecordEventsRequest(events=events))
    assert all(result.recorded for result in answer.results), answer


def _event(customer_id: str, event: Mapping[str, Any]) -> event_pb2.Event:
    message = event_pb2.Event(customer_id=customer_id, event_id=event["id"], occurred_at=_at(event["at"]))
    case = {name: event[name] for name in ("case_id", "category") if name in event}
    if event["type"] == "complaint":
        message.complaint.CopyFrom(event_pb2.Complaint(**case))
    elif event["type"] == "score":
        message.score.CopyFrom(event_pb2.Score(measure=event.get("measure", ""), value=event["value"]))
    else:
        status = event["type"].upper().replace("CASE_", "CASE_STATUS_")
        message.service_case.CopyFrom(event_pb2.ServiceCase(status=status, **case))
    return message


def _listing(written: bool | list[str]) -> customer_pb2.DoNotContact | None:
    if not written:
        return None
    return customer_pb2.DoNotContact(listed=True, channels=written if isinstance(written, list) else ())


async def _contact(customer_id: str, contact: Mapping[str, Any], running: Running) -> None:
    message = contact_pb2.Contact(
        customer_id=customer_id,
        contact_id=contact["id"],
        channel=contact["channel"],
        action=contact.get("action", ""),
        occurred_at=_at(contact["at"]),
        **{"class": contact.get("class", "")},
    )
    await running.stubs.contacts.RecordContact(contact_pb2.RecordContactRequest(contact=message))
    for outcome in contact.get("outcomes", ()):
        event = outcome_pb2.Outcome(
            contact_id=contact["id"],
            customer_id=customer_id,
            type=f"OUTCOME_TYPE_{outcome['type'].upper()}",
            occurred_at=_at(outcome["at"]),
            withdraws=outcome.get("withdraws", ""),
            value=outcome.get("value"),
        )
        await running.stubs.outcomes.RecordOutcome(outcome_pb2.RecordOutcomeRequest(outcome=event))


def _consent(record: Mapping[str, str]) -> consent_pb2.Consent:
    return consent_pb2.Consent(
        channel=record["channel"],
        purpose=record["purpose"],
        status=f"CONSENT_STATUS_{record['status'].upper()}",
        valid_from=_at(record["from"]),
        valid_to=_at(record["to"]) if record.get("to") else None,
    )


def _at(text: str) -> Timestamp:
    found = Timestamp()
    found.FromMilliseconds(moment(text))
    return found


def _told(found: decision_pb2.ActionTrace) -> str:
    stage = reason_pb2.Stage.Name(found.stage).removeprefix("STAGE_").lower()
    return " ".join([stage, *_words(found.reasons).split()])


def _words(reasons: Iterable[reason_pb2.Reason]) -> str:
    return " ".join(word for reason in reasons for word in (reason.code, reason.subject) if word)


def _seen(answer: decision_pb2.DecideResponse, entry: journal_pb2.DecisionEntry) -> dict[str, Any]:
    """The answer and the journal's entry in the words of a case."""
    candidates = candidates_of(entry)
    names = [f"{found.placement}/{found.action}" for found in candidates]
    offered: dict[str, list[str]] = {}
    for action in answer.actions:
        offered.setdefault(action.placement, []).append(action.action)
    return {
        "offered": offered,
        "no_offer": {empty.placement: empty.reason.code for empty in answer.no_offers},
        "reasons": {f"{a.placement}/{a.action}": [reason.code for reason in a.reasons] for a in answer.actions},
        "numbers": {
            name: {
                "propensity": found.propensity,
                "context_weight": found.context_weight,
                "value": found.value,
                "lever": found.lever,
                "priority": found.priority,
            }
            for name, found in zip(names, candidates, strict=True)
        },
        "log": {
            "evaluable": entry.evaluable,
            "candidates": {name: found.pick_probability for name, found in zip(names, candidates, strict=True)},
            "picks": [_pick(names[pick.candidate], pick) for pick in entry.picks if pick.position],
            "alternates": [names[pick.candidate] for pick in entry.picks if not pick.position],
        },
    }


def _pick(name: str, pick: journal_pb2.PickEntry) -> str:
    marks = [mark for mark, holds in (("explored", pick.explored), ("fallback", pick.fallback)) if holds]
    return " ".join([name, str(pick.position), *marks])
