"""Runs golden cases on the domain alone: the customer's past through the pure functions, then `decide()`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nba_models import definition_file
from nba_models.scorer import PriorScorer
from nba_server.adapters.catalog.case_state import listing
from nba_server.adapters.model_scorer import DomainScorer
from nba_server.domain.activity import Purchase, add_purchase
from nba_server.domain.casework import handled
from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import Consent, ConsentStatus, merge_consents
from nba_server.domain.decision import Decision, DecisionInput, DecisionRequest, PlacementRequest, decide
from nba_server.domain.engagement import CustomerState
from nba_server.domain.external import external_contact
from nba_server.domain.funnel.stages import STAGES, Step
from nba_server.domain.happening import Happening, HappeningKind, key_of
from nba_server.domain.outcome import OutcomeEvent, OutcomeType
from nba_server.domain.outcome_matters import told
from nba_server.domain.profile import Profile, Scalar
from nba_server.domain.profile_patch import ProfilePatch, patch_profile
from nba_server.domain.reaction import apply
from tests.golden.case import NOW_MS, GoldenCase, moment

DEFINITION = Path(__file__).parents[2] / "models" / "definitions" / "affinity.yaml"


def decided(case: GoldenCase, catalog: Catalog, *, stages: Sequence[Step] = STAGES, seed: int = 1) -> Decision:
    """The decision of a case, traced."""
    scorer = DomainScorer(PriorScorer(definition_file.parse(DEFINITION.read_text(encoding="utf-8"))))
    given = DecisionInput(_request(case), state_of(case.customer, catalog), NOW_MS, seed, "golden")
    return decide([given], catalog, scorer, trace=True, stages=stages)[0]


def _request(case: GoldenCase) -> DecisionRequest:
    asked = case.request
    return DecisionRequest(
        customer_id="" if case.customer is None else "golden",
        visitor_id="golden" if case.customer is None else "",
        channel=asked["channel"],
        placements=tuple(PlacementRequest(**place) for place in asked["placements"]),
        context={name: scalar(value) for name, value in asked.get("context", {}).items()},
        excluded_actions=frozenset(asked.get("excluded_actions", ())),
    )


def scalar(value: Any) -> Scalar:
    """A YAML value as the domain has it."""
    found: Scalar = tuple(value) if isinstance(value, list) else value
    return found


def state_of(customer: Mapping[str, Any] | None, catalog: Catalog) -> CustomerState:
    """The customer's state after all that the case tells; None is a visitor never seen."""
    if customer is None:
        return CustomerState()
    patch = ProfilePatch(
        attributes={name: scalar(value) for name, value in customer.get("attributes", {}).items()},
        add_segments=tuple(customer.get("segments", ())),
        add_products=tuple(customer.get("products", ())),
    )
    state = CustomerState(
        profile=patch_profile(Profile(), patch),
        consents=merge_consents((), (_consent(record) for record in customer["consents"])),
        do_not_contact=listing(customer.get("do_not_contact", False)),
    )
    for bought in customer.get("purchases", ()):
        purchase = Purchase(bought["id"], moment(bought["at"]), bought["value"], bought.get("value_by_category", {}))
        state = replace(state, activity=add_purchase(state.activity, purchase))
    for contact in customer.get("contacts", ()):
        state = _contacted(state, contact, catalog)
    for event in customer.get("events", ()):
        what = happening(event)
        state = replace(state, file=handled(state.file, what, catalog.matters, NOW_MS).file)
    return replace(state, matters=state.file.open(NOW_MS))


def happening(event: Mapping[str, Any]) -> Happening:
    """An event of a case as the domain has it."""
    return Happening(
        kind=HappeningKind(event["type"]),
        key=key_of(event["id"]),
        at_ms=moment(event["at"]),
        case_id=event.get("case_id", ""),
        category=event.get("category", ""),
        measure=event.get("measure", ""),
        value=event.get("value"),
    )


def _consent(record: Mapping[str, str]) -> Consent:
    until = record.get("to")
    return Consent(
        channel=record["channel"],
        purpose=record["purpose"],
        status=ConsentStatus(record["status"]),
        valid_from_ms=moment(record["from"]),
        valid_to_ms=moment(until) if until else 0,
    )


def _contacted(state: CustomerState, contact: Mapping[str, Any], catalog: Catalog) -> CustomerState:
    recorded = external_contact(
        state,
        contact["id"],
        contact["channel"],
        contact.get("action", ""),
        moment(contact["at"]),
        catalog,
        NOW_MS,
        class_=contact.get("class", ""),
    )
    state = replace(state, ledger=recorded.ledger)
    for outcome in contact.get("outcomes", ()):
        event = OutcomeEvent(
            type=OutcomeType(outcome["type"]),
            contact_id=contact["id"],
            occurred_ms=moment(outcome["at"]),
            withdraws=outcome.get("withdraws", ""),
            value=outcome.get("value"),
        )
        reacted = apply(state, event, catalog, NOW_MS)
        consents = state.consents if reacted.consents is None else reacted.consents
        assert reacted.event is not None
        file = told(state.file, reacted.contact, reacted.event, catalog.matters, NOW_MS).file
        state = replace(state, ledger=reacted.ledger, suppressions=reacted.suppressions, consents=consents, file=file)
    return state
