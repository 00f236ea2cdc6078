"""Outcomes, contacts, customers, purchases and the operators' calls over gRPC."""

from __future__ import annotations

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from nba_server.pb import (
    catalog_pb2,
    consent_pb2,
    contact_pb2,
    customer_pb2,
    decision_pb2,
    event_pb2,
    model_pb2,
    outcome_pb2,
    value_pb2,
)
from tests.integration.running import Running, failure, reason, values


async def test_a_customer_round_trip(server: Running) -> None:
    """Attributes, segments, products and consents come back as they were written; deleting forgets the profile."""
    patch = customer_pb2.CustomerPatch(
        customer_id="anna",
        attributes=values({"age": 40, "data_used": 0.5, "plan": "plus", "dunning": False}),
        add_segments=["loyal"],
        add_products=["basic"],
        consents=[
            consent_pb2.Consent(
                channel="email",
                purpose="advertising",
                status=consent_pb2.CONSENT_STATUS_GRANTED,
                legal_basis="consent",
                text_version="v3",
                source="shop",
                proof_id="p-1",
                valid_from=Timestamp(seconds=1_700_000_000),
            )
        ],
    )
    await server.stubs.customers.UpsertCustomers(customer_pb2.UpsertCustomersRequest(customers=[patch]))
    asked = customer_pb2.GetCustomerRequest(customer_id="anna")
    found = (await server.stubs.customers.GetCustomer(asked)).customer
    assert (found.version, dict(found.attributes)) == (1, dict(patch.attributes))
    assert (list(found.segments), list(found.products)) == (["loyal"], ["basic"])
    assert list(found.consents) == list(patch.consents)
    deleting = customer_pb2.DeleteCustomerRequest(customer_id="anna")
    assert (await server.stubs.customers.DeleteCustomer(deleting)).deleted
    code, status = await failure(server.stubs.customers.GetCustomer(asked))
    assert (code, reason(status)) == (grpc.StatusCode.NOT_FOUND, "CUSTOMER_NOT_FOUND")


async def test_the_catalogue_in_words(server: Running) -> None:
    """Screens read what the live catalogue speaks of: places, live facts, titles; drafts too, which histories may name."""
    words = await server.stubs.catalogs.DescribeCatalog(catalog_pb2.DescribeCatalogRequest())
    assert (words.name, words.currency, words.catalog_hash) == ("telco", "EUR", server.serving.catalogs.live.hash)
    assert {(place.placement, place.channel, place.slots) for place in words.placements} >= {("agent", "call", 3)}
    assert {channel.channel: channel.outbound for channel in words.channels} == {
        "call": False,
        "email": True,
        "web": False,
    }
    assert [(field.name, field.type) for field in words.context] == [("reason", "string")]
    titles = {action.action: (action.title, words.groups[action.group]) for action in words.actions}
    assert titles["fibre"] == ("Fibre at home", "Tariff upgrades")


async def test_a_moment_comes_back_as_a_moment(server: Running) -> None:
    """An attribute of type `time` is a Timestamp in the answer, however it was sent; the epoch is a moment too."""
    stamp, epoch = value_pb2.Value(time=Timestamp(seconds=1_772_368_200)), value_pb2.Value(time=Timestamp())
    sent = {"stamp": stamp, "text": value_pb2.Value(text="2026-03-01T13:30:00+01:00"), "epoch": epoch}
    patches = [
        customer_pb2.CustomerPatch(customer_id=name, attributes={"contract_end": value}) for name, value in sent.items()
    ]
    await server.stubs.customers.UpsertCustomers(customer_pb2.UpsertCustomersRequest(customers=patches))
    for name, value in {**sent, "text": stamp}.items():
        found = await server.stubs.customers.GetCustomer(customer_pb2.GetCustomerRequest(customer_id=name))
        assert found.customer.attributes["contract_end"] == value, name


async def test_each_patch_of_a_batch_has_its_own_result(server: Running) -> None:
    """Good patches are taken beside those that are refused, and each refusal says why."""
    patches = [
        customer_pb2.CustomerPatch(customer_id="good"),
        customer_pb2.CustomerPatch(customer_id="a", consents=[consent_pb2.Consent(channel="web", purpose="x")]),
        customer_pb2.CustomerPatch(customer_id="b", expected_version=3),
        customer_pb2.CustomerPatch(customer_id="c", attributes=values({"age": "forty"})),
    ]
    answer = await server.stubs.customers.UpsertCustomers(customer_pb2.UpsertCustomersRequest(customers=patches))
    assert [result.error.partition(":")[0] for result in answer.results] == [
        "",
        "INVALID_ARGUMENT",
        "VERSION_MISMATCH",
        "INVALID_ARGUMENT",
    ]
    assert "consents[0].status" in answer.results[1].error
    assert answer.results[0].version == 1


async def test_outcomes_in_a_batch_and_alone(server: Running) -> None:
    """A repeat is told as such, a refusal is a result in a batch and an error alone."""
    await server.stubs.upsert()
    decision = await server.stubs.decide()
    accepted = outcome_pb2.Outcome(
        decision_id=decision.decision_id, action="unlimited", type=outcome_pb2.OUTCOME_TYPE_ACCEPTED
    )
    unsaid = outcome_pb2.Outcome(decision_id=decision.decision_id, action="unlimited")
    strange = outcome_pb2.Outcome(
        decision_id=decision.decision_id, action="app", type=outcome_pb2.OUTCOME_TYPE_ACCEPTED
    )
    batch = outcome_pb2.RecordOutcomesRequest(outcomes=[accepted, unsaid, accepted, strange])
    answer = await server.stubs.outcomes.RecordOutcomes(batch)
    assert [outcome_pb2.OutcomeStatus.Name(result.status) for result in answer.results] == [
        "OUTCOME_STATUS_RECORDED",
        "OUTCOME_STATUS_REFUSED",
        "OUTCOME_STATUS_REPEATED",
        "OUTCOME_STATUS_REFUSED",
    ]
    assert answer.results[3].error.startswith("ACTION_NOT_OFFERED: ")
    code, status = await failure(server.stubs.outcomes.RecordOutcome(outcome_pb2.RecordOutcomeRequest(outcome=unsaid)))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert status.message.startswith("outcome.type")


async def test_contacts_made_elsewhere_count(server: Running) -> None:
    """A contact of another system uses up the limit that it falls under; sent again it changes nothing."""
    await server.stubs.upsert()
    contact = contact_pb2.Contact(customer_id="anna", contact_id="mail-1", channel="email", action="unlimited")
    asked = contact_pb2.RecordContactRequest(contact=contact)
    assert (await server.stubs.contacts.RecordContact(asked)).result.recorded
    assert not (await server.stubs.contacts.RecordContact(asked)).result.recorded
    answer = await server.stubs.decide(channel="email")
    assert [empty.reason.code for empty in answer.no_offers] == ["contact_limit"]
    assert answer.no_offers[0].reason.subject == "one-email-a-week"


async def test_purchases_are_taken_once(server: Running) -> None:
    """A purchase is recorded, its repeat is told as such."""
    purchase = event_pb2.Purchase(customer_id="anna", purchase_id="p1", value=9.5, value_by_category={"sim": 9.5})
    asked = event_pb2.RecordPurchasesRequest(purchases=[purchase, purchase])
    answer = await server.stubs.events.RecordPurchases(asked)
    assert [result.recorded for result in answer.results] == [True, False]


async def test_what_is_live(server: Running) -> None:
    """The live catalogue and its age, the list of snapshots, and a registry without models are told."""
    live = await server.stubs.catalogs.GetCatalog(catalog_pb2.GetCatalogRequest())
    assert (live.live.name, live.live.actions, live.live.live, live.refused) == ("telco", 6, True, "")
    assert 0 <= live.age_seconds < 60
    listed = await server.stubs.catalogs.ListCatalogs(catalog_pb2.ListCatalogsRequest())
    assert [version.hash for version in listed.catalogs] == [live.live.hash]
    assert not (await server.stubs.models.ListModels(model_pb2.ListModelsRequest())).models
    code, status = await failure(server.stubs.models.GetModel(model_pb2.GetModelRequest()))
    assert (code, reason(status)) == (grpc.StatusCode.NOT_FOUND, "MODEL_NOT_FOUND")
    code, _ = await failure(server.stubs.models.RollbackModel(model_pb2.RollbackModelRequest()))
    assert code is grpc.StatusCode.FAILED_PRECONDITION


async def test_metrics_tell_of_decisions_and_outcomes_without_ids(server: Running) -> None:
    """Decisions, removals, reasons, outcomes, suppressions and calls are counted; no label is an id of a customer."""
    await server.stubs.upsert("customer-4711")
    decision = await server.stubs.decide("customer-4711", context={"reason": "question"})
    await server.stubs.decide("customer-4711", "email", preview=True)
    await server.stubs.react(decision.decision_id, "REJECTED", "unlimited")
    await failure(server.stubs.decisions.GetDecision(decision_pb2.GetDecisionRequest(decision_id="?")))
    offered = {"channel": "call", "placement": "agent", "outcome": "offered"}
    assert server.metric("nba_decisions_total", **offered) == 1
    assert server.metric("nba_stage_removals_total", stage="eligibility") == 1
    assert server.metric("nba_sampled_removal_reasons_total", stage="eligibility", reason="missing_data") == 1
    assert server.metric("nba_outcomes_total", type="rejected", status="recorded") == 1
    assert server.metric("nba_suppressions_total", rule="refused-rest-a-month") == 1
    assert server.metric("nba_calls_total", method="GetDecision", code="INVALID_ARGUMENT") == 1
    assert server.metric("nba_stage_seconds_count", stage="commit") == 1
    assert server.metric("nba_catalog_live_since_seconds") > 1_700_000_000
    labels = {value for metric in server.registry.collect() for s in metric.samples for value in s.labels.values()}
    assert not {label for label in labels if "4711" in label or decision.decision_id in label}
