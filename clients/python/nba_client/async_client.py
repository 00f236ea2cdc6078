"""The asyncio client. Every method builds a call (see `call.py`) and runs it; nothing is decided here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar

from nba_client import channel, contact, decision, event, explanation, health, outcome
from nba_client.async_administration import AsyncCatalog, AsyncCustomers, AsyncMatters, AsyncModels
from nba_client.call import Call
from nba_client.contact import Contact, Purchase, Recorded
from nba_client.decision import Decision, RankedAction, Slot
from nba_client.errors import from_item
from nba_client.event import Event, EventRecorded
from nba_client.explanation import Explanation
from nba_client.outcome import Outcome, OutcomeResult, OutcomeType
from nba_client.settings import Deadlines, Retry, Tls
from nba_client.transport import AsyncGrpcTransport, AsyncTransport
from nba_client.value import Value

T = TypeVar("T")


class AsyncClient:
    """A connection to an nba server. It belongs to the event loop that opens it.

    `tls`: None encrypts everything but loopback and unix sockets; True, False or `Tls` say it expressly. Methods raise
    the errors of `nba_client.errors`; `timeout` (seconds) replaces the deadline of one call.
    """

    customers: AsyncCustomers
    """Profiles, segments, products and consents."""
    catalog: AsyncCatalog
    """The catalogue that serves."""
    matters: AsyncMatters
    """What is open between customers and us."""
    models: AsyncModels
    """The models that score."""

    def __init__(
        self,
        address: str = "127.0.0.1:50051",
        *,
        api_key: str = "",
        tls: Tls | bool | None = None,
        deadlines: Deadlines | None = None,
        retry: Retry | None = None,
    ) -> None:
        encryption = channel.encryption(address, tls)
        self._attach(AsyncGrpcTransport(address, api_key, encryption, deadlines or Deadlines(), retry or Retry()))

    def _attach(self, transport: AsyncTransport) -> None:
        self._transport = transport
        self.customers = AsyncCustomers(self._run)
        self.catalog = AsyncCatalog(self._run)
        self.matters = AsyncMatters(self._run)
        self.models = AsyncModels(self._run)

    async def decide(
        self,
        customer_id: str = "",
        *,
        channel: str,
        visitor_id: str = "",
        placements: Sequence[str | Slot] = (),
        context: Mapping[str, Value] | None = None,
        request_id: str | None = None,
        excluded_actions: Sequence[str] = (),
        preview: bool = False,
        supersedes: Decision | str = "",
        defer_activation: bool = False,
        planned_at: datetime | None = None,
        timeout: float | None = None,
    ) -> Decision:
        """What to propose now. Reserves the contact and journals the decision, unless it is a `preview`.

        Neither id: an anonymous visitor. No placements: all of the channel. `request_id` None: a new one is made; give
        your own to get the same answer again later. "No offer" is a normal answer, see `Decision.no_offers`. `supersedes`:
        an earlier decision of the customer whose reservations this one takes over. `defer_activation`: see `activate`.
        `planned_at`: when a message that is decided ahead will go out; None: now.
        """
        call = decision.decide_call(
            customer_id,
            visitor_id=visitor_id,
            channel=channel,
            placements=placements,
            context=context,
            request_id=request_id,
            excluded_actions=excluded_actions,
            preview=preview,
            supersedes=supersedes,
            defer_activation=defer_activation,
            planned_at=planned_at,
        )
        return await self._run(call, timeout)

    async def activate(
        self, decided: Decision | str, actions: Sequence[str] = (), *, timeout: float | None = None
    ) -> list[str]:
        """Says that offers of a deferred decision were used (none named: all); gives those that count by this call."""
        return await self._run(decision.activate_call(decided, actions), timeout)

    async def explain(self, decision_id: str, *, scores: bool = False, timeout: float | None = None) -> Explanation:
        """The trace of a decision: every action of the catalogue, the stage that removed it and why.

        With `scores` also what each feature added to the model's score of every proposed action.
        """
        return await self._run(explanation.explain_call(decision_id, scores=scores), timeout)

    async def outcome(
        self,
        decision: Decision | str,
        action: RankedAction | str,
        outcome_type: OutcomeType | str,
        *,
        event_id: str = "",
        occurred_at: datetime | None = None,
        value: float | None = None,
        product: str = "",
        reason: str = "",
        withdraws: str = "",
        timeout: float | None = None,
    ) -> OutcomeResult:
        """Records what became of a proposed action; the very next decision knows it. A repeat changes nothing."""
        record = outcome.outcome_of(
            decision,
            action,
            outcome_type,
            event_id=event_id,
            occurred_at=occurred_at,
            value=value,
            product=product,
            reason=reason,
            withdraws=withdraws,
        )
        return await self._run(outcome.outcome_call(record), timeout)

    async def outcomes(self, outcomes: Sequence[Outcome], *, timeout: float | None = None) -> list[OutcomeResult]:
        """Records up to 1,000 outcomes; each has a result of its own, in their order."""
        return await self._run(outcome.outcomes_call(outcomes), timeout)

    async def contact(self, record: Contact, *, timeout: float | None = None) -> Recorded:
        """Records a contact made elsewhere; it counts against the customer's limits."""
        return await self._run(contact.contact_call(record), timeout)

    async def contacts(self, records: Sequence[Contact], *, timeout: float | None = None) -> list[Recorded]:
        """Records up to 1,000 contacts made elsewhere; each has a result of its own, in their order."""
        return await self._run(contact.contacts_call(records), timeout)

    async def purchase(self, record: Purchase, *, timeout: float | None = None) -> Recorded:
        """Records a purchase. Raises when it is refused."""
        (result,) = await self._run(contact.purchases_call([record]), timeout)
        if result.error:
            raise from_item(result.error)
        return result

    async def purchases(self, records: Sequence[Purchase], *, timeout: float | None = None) -> list[Recorded]:
        """Records up to 1,000 purchases; each has a result of its own, in their order."""
        return await self._run(contact.purchases_call(records), timeout)

    async def event(self, record: Event, *, timeout: float | None = None) -> EventRecorded:
        """Records an event: a complaint, a service case, a score, a purchase or its return. Raises when it is refused."""
        (result,) = await self._run(event.events_call([record]), timeout)
        if result.error:
            raise from_item(result.error)
        return result

    async def events(self, records: Sequence[Event], *, timeout: float | None = None) -> list[EventRecorded]:
        """Records up to 1,000 events; each has a result of its own, in their order."""
        return await self._run(event.events_call(records), timeout)

    async def health(self, service: str = "", *, timeout: float | None = None) -> str:
        """`serving` or `not_serving`; of the whole server, or of e.g. `nba.v1.DecisionService`."""
        return await self._run(health.health_call(service), timeout)

    async def close(self) -> None:
        """Closes the connection; calls in flight are cancelled."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        """Leaving the block closes the connection."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Closes the connection."""
        await self.close()

    async def _run(self, call: Call[T], timeout: float | None) -> T:
        return call.read(await self._transport.send(call, timeout))
