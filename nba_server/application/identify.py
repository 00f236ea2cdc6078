"""An anonymous visitor logs in: from then on the visitor is the customer, on every channel and for every late outcome.

What the one record is made of is the domain's; that it happens in one step is the store's. A repeat is answered as the first
time; a visitor who is somebody else already stays that.
"""

from __future__ import annotations

from dataclasses import dataclass

from nba_server.application.faults import Faults
from nba_server.application.ports import (
    CatalogProvider,
    CustomerReader,
    CustomerRef,
    CustomerWrite,
    Identification,
    Identity,
    IdentityRecord,
    IdentityWrite,
    JournalEncoder,
    Visitors,
    located,
)
from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import ANY_CHANNEL, taken_back
from nba_server.domain.engagement import CustomerState
from nba_server.domain.identification import Identified, identified
from nba_server.errors import Conflict, FailedPrecondition

ATTEMPTS = 64


@dataclass(frozen=True, slots=True)
class IdentifyCommand:
    """Who turned out to be whom, and who says so."""

    visitor_id: str
    customer_id: str
    caller: str


class IdentifyVisitor:
    """The use case."""

    def __init__(
        self,
        *,
        identity: Identity,
        reader: CustomerReader,
        visitors: Visitors,
        catalogs: CatalogProvider,
        journal: JournalEncoder,
        attempts: int = ATTEMPTS,
    ) -> None:
        self._identity = identity
        self._reader = reader
        self._visitors = visitors
        self._catalogs = catalogs
        self._journal = journal
        self._attempts = attempts

    async def __call__(self, command: IdentifyCommand) -> Identification:
        """Makes the visitor the customer.

        Raises `InvalidArgument`, `FailedPrecondition` (the visitor is another customer already), `Conflict` (others change the
        two all the time) and `StoreUnavailable`; a repeat finishes what was begun.
        """
        _check(command)
        visitor = self._identity.visitor(command.visitor_id)
        customer = self._identity.customer(command.customer_id)
        for _ in range(self._attempts):
            read = await self._reader.read([visitor, customer])
            found, known = read.states
            if found.became:
                return await self._again(visitor, customer)
            there, home = located(visitor, found), located(customer, known)
            if there.bucket != home.bucket:
                await self._visitors.bring(visitor, found, home.bucket)
                continue
            catalog = self._catalogs.live
            together = identified(known, found, catalog, read.now_ms)
            answer = Identification(customer.ref, read.now_ms, len(together.contacts))
            names = tuple(contact.id for contact in together.contacts)
            record = IdentityRecord(customer, visitor, read.now_ms, names, command.caller)
            write = IdentityWrite(
                _change(home, known, together, catalog, command.customer_id, read.now_ms),
                there,
                found.engagement_version,
                self._journal.identity(record),
                answer,
            )
            if await self._visitors.merge(write):
                return answer
        raise Conflict("others change this customer all the time; try again", reason="CUSTOMER_CONTENDED")

    async def _again(self, visitor: CustomerRef, customer: CustomerRef) -> Identification:
        answer = await self._visitors.answered(visitor)
        if answer is None or answer.customer_ref != customer.ref:
            text = "the visitor is another customer already; give the browser a new visitor id when somebody logs out"
            raise FailedPrecondition(text, reason="VISITOR_KNOWN")
        return answer


def _check(command: IdentifyCommand) -> None:
    faults = Faults()
    faults.identifier("visitor_id", command.visitor_id)
    faults.identifier("customer_id", command.customer_id)
    faults.raise_any()


def _change(
    home: CustomerRef, before: CustomerState, after: Identified, catalog: Catalog, customer_id: str, now_ms: int
) -> CustomerWrite:
    """The customer's record after it; parts that stay are not written."""
    listed = after.do_not_contact != before.do_not_contact
    barred = tuple(sorted(after.do_not_contact.channels or (ANY_CHANNEL,))) if listed else ()
    return CustomerWrite(
        customer=home,
        engagement_version=before.engagement_version,
        profile=after.profile if after.profile != before.profile else None,
        consents=after.consents if after.consents != before.consents else None,
        ledger=after.ledger,
        suppressions=after.suppressions,
        suppression_hash=catalog.suppression_hash,
        activity=after.activity if after.activity != before.activity else None,
        do_not_contact=after.do_not_contact if listed else None,
        file=after.file if after.file is not before.file else None,
        matters=after.file.open(now_ms),
        customer_id=customer_id if after.profile.known else "",
        withdraws=(*taken_back(before.consents, after.consents), *barred),
    )
