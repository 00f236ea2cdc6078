"""An nba server in memory: it offers what it is told to, and remembers what it gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from nba_client.call import Call
from nba_client.errors import Conflict, Details, InvalidRequest, NbaClientError, Violation
from nba_client.pb import catalog_pb2, contact_pb2, customer_pb2, decision_pb2, event_pb2, model_pb2, outcome_pb2
from nba_client.testing.answers import FakeAnswers
from nba_client.testing.matters import FakeMatters
from nba_client.testing.profiles import FakeProfiles


@dataclass(frozen=True, slots=True)
class Offered:
    """What the fake offers. `placement` empty: in the first placement of the request."""

    action: str
    placement: str = ""
    content: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    group: str = "group"
    issue: str = "issue"
    treatment: str = ""
    propensity: float = 0.1
    value: float = 1.0


class FakeServer:
    """State that a test may read: `requests`, `outcomes`, `contacts`, `purchases`, `events` (messages as received), `closed`."""

    def __init__(self, now: Callable[[], datetime] | None = None) -> None:
        self.requests: list[decision_pb2.DecideRequest] = []
        self.outcomes: list[outcome_pb2.Outcome] = []
        self.contacts: list[contact_pb2.Contact] = []
        self.purchases: list[event_pb2.Purchase] = []
        self.events: list[event_pb2.Event] = []
        self.profiles = FakeProfiles()
        self.closed = False
        clock = now or (lambda: datetime.now(UTC))
        self.matters = FakeMatters(clock)
        self._answers = FakeAnswers(clock)
        self._offers: list[Offered] = []
        self._failures: list[NbaClientError] = []
        self._seen: set[tuple[str, ...]] = set()

    def offer(self, action: str, **details: Any) -> None:
        """Offers this action, behind those named before, in every decision from now on. Details: see `Offered`."""
        self._offers.append(Offered(action, **details))

    def offer_nothing(self) -> None:
        """From now on there is no offer."""
        self._offers.clear()

    def fail_next(self, error: NbaClientError) -> None:
        """The next call fails with this error."""
        self._failures.append(error)

    def answer(self, call: Call[Any]) -> Any:
        """The answer's message; raises what the real client raises."""
        if self._failures:
            raise self._failures.pop(0)
        return self._handlers[f"{call.service}.{call.method}"](self, call.request)

    def _decide(self, request: decision_pb2.DecideRequest) -> decision_pb2.DecideResponse:
        faults = []
        if not request.channel:
            faults.append(Violation("channel", "is required"))
        if request.customer_id and request.visitor_id:
            faults.append(Violation("visitor_id", "must be empty when customer_id is set"))
        if faults:
            text = "; ".join(f"{fault.field}: {fault.message}" for fault in faults)
            raise InvalidRequest(text, Details("INVALID_ARGUMENT", "INVALID_ARGUMENT", violations=tuple(faults)))
        self.requests.append(request)
        return self._answers.decide(request, self._offers)

    def _explain(self, request: decision_pb2.GetDecisionRequest) -> decision_pb2.GetDecisionResponse:
        return self._answers.explain(request.decision_id)

    def _activate(self, request: decision_pb2.ActivateDecisionRequest) -> decision_pb2.ActivateDecisionResponse:
        asked, answer = self._answers.known(request.decision_id)
        named = list(request.actions) or [action.action for action in answer.actions]
        first = [action for action in named if self._first("activate", request.decision_id, action)]
        return decision_pb2.ActivateDecisionResponse(activated=first if asked.defer_activation else ())

    def _outcome(self, request: outcome_pb2.RecordOutcomeRequest) -> outcome_pb2.RecordOutcomeResponse:
        return outcome_pb2.RecordOutcomeResponse(result=self._take_outcome(request.outcome))

    def _outcome_batch(self, request: outcome_pb2.RecordOutcomesRequest) -> outcome_pb2.RecordOutcomesResponse:
        results = []
        for outcome in request.outcomes:
            try:
                results.append(self._take_outcome(outcome))
            except NbaClientError as error:
                text = f"{error.reason}: {error.message}"
                results.append(outcome_pb2.OutcomeResult(status=outcome_pb2.OUTCOME_STATUS_REFUSED, error=text))
        return outcome_pb2.RecordOutcomesResponse(results=results)

    def _take_outcome(self, outcome: outcome_pb2.Outcome) -> outcome_pb2.OutcomeResult:
        if outcome.decision_id:
            self._answers.known(outcome.decision_id)
        event = outcome.event_id or outcome_pb2.OutcomeType.Name(outcome.type)
        if not self._first("outcome", outcome.decision_id or outcome.contact_id, outcome.action, event):
            return outcome_pb2.OutcomeResult(status=outcome_pb2.OUTCOME_STATUS_REPEATED)
        self.outcomes.append(outcome)
        return outcome_pb2.OutcomeResult(status=outcome_pb2.OUTCOME_STATUS_RECORDED)

    def _contact(self, request: contact_pb2.RecordContactRequest) -> contact_pb2.RecordContactResponse:
        return contact_pb2.RecordContactResponse(result=self._take_contact(request.contact))

    def _contact_batch(self, request: contact_pb2.RecordContactsRequest) -> contact_pb2.RecordContactsResponse:
        return contact_pb2.RecordContactsResponse(results=[self._take_contact(item) for item in request.contacts])

    def _take_contact(self, contact: contact_pb2.Contact) -> contact_pb2.ContactResult:
        first = self._first("contact", contact.customer_id, contact.contact_id)
        if first:
            self.contacts.append(contact)
        return contact_pb2.ContactResult(recorded=first)

    def _contacts_of(self, request: contact_pb2.GetContactsRequest) -> contact_pb2.GetContactsResponse:
        """The contacts recorded here, all confirmed; the fake has no limits."""
        own = [contact for contact in self.contacts if contact.customer_id == request.customer_id]
        entries = [
            contact_pb2.LedgerContact(
                contact_id=f"x:{contact.contact_id}",
                channel=contact.channel,
                action=contact.action,
                state=contact_pb2.CONTACT_STATE_CONFIRMED,
                counts=True,
                at=contact.occurred_at,
            )
            for contact in reversed(own)
        ]
        newest = entries[: request.max_contacts or 100]
        return contact_pb2.GetContactsResponse(contacts=newest, total_contacts=len(entries))

    def _purchase_batch(self, request: event_pb2.RecordPurchasesRequest) -> event_pb2.RecordPurchasesResponse:
        results = []
        for purchase in request.purchases:
            first = self._first("purchase", purchase.customer_id, purchase.purchase_id)
            if first:
                self.purchases.append(purchase)
            results.append(event_pb2.PurchaseResult(recorded=first))
        return event_pb2.RecordPurchasesResponse(results=results)

    def _event_batch(self, request: event_pb2.RecordEventsRequest) -> event_pb2.RecordEventsResponse:
        results = []
        for event in request.events:
            first = self._first("event", event.customer_id, event.event_id)
            if first:
                self.events.append(event)
            results.append(event_pb2.EventResult(recorded=first))
        return event_pb2.RecordEventsResponse(results=results)

    def _first(self, *key: str) -> bool:
        known = key in self._seen
        self._seen.add(key)
        return not known

    def _only_one(self, _: Any) -> Any:
        raise Conflict("the fake has one catalogue and no models", Details("FAILED_PRECONDITION", "FAKE"))

    _handlers: Mapping[str, Callable[[FakeServer, Any], Any]] = {
        "DecisionService.Decide": _decide,
        "DecisionService.GetDecision": _explain,
        "DecisionService.ActivateDecision": _activate,
        "DecisionService.ReleaseDecision": lambda self, _: decision_pb2.ReleaseDecisionResponse(),
        "OutcomeService.RecordOutcome": _outcome,
        "OutcomeService.RecordOutcomes": _outcome_batch,
        "ContactService.RecordContact": _contact,
        "ContactService.RecordContacts": _contact_batch,
        "ContactService.GetContacts": _contacts_of,
        "EventService.RecordPurchases": _purchase_batch,
        "EventService.RecordEvents": _event_batch,
        "MatterService.ListMatters": lambda self, request: self.matters.list(request),
        "MatterService.OpenMatter": lambda self, request: self.matters.open(request),
        "MatterService.CloseMatter": lambda self, request: self.matters.close(request),
        "CustomerService.UpsertCustomers": lambda self, request: self.profiles.upsert(request),
        "CustomerService.GetCustomer": lambda self, request: self.profiles.get(request),
        "CustomerService.DeleteCustomer": lambda self, request: self.profiles.delete(request),
        "CustomerService.ListCustomers": lambda self, request: self.profiles.list(request),
        "CustomerService.IdentifyVisitor": lambda self, _: customer_pb2.IdentifyVisitorResponse(),
        "CatalogService.GetCaps": lambda self, _: catalog_pb2.GetCapsResponse(),
        "CatalogService.GetCatalog": lambda self, _: self._answers.catalog(),
        "CatalogService.DescribeCatalog": lambda self, _: catalog_pb2.DescribeCatalogResponse(name="fake"),
        "CatalogService.ReloadCatalog": lambda self, _: catalog_pb2.ReloadCatalogResponse(
            live=self._answers.catalog().live
        ),
        "CatalogService.ListCatalogs": lambda self, _: catalog_pb2.ListCatalogsResponse(
            catalogs=[self._answers.catalog().live]
        ),
        "CatalogService.RollbackCatalog": _only_one,
        "ModelService.ListModels": lambda self, _: model_pb2.ListModelsResponse(),
        "ModelService.GetModel": _only_one,
        "ModelService.PromoteModel": _only_one,
        "ModelService.RollbackModel": _only_one,
        "Health.Check": lambda self, _: self._answers.health(),
    }
