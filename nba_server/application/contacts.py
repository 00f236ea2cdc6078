"""Reads what counts against a customer now, for people who answer for it: the agent's screen, `nba contacts`."""

from __future__ import annotations

from nba_server.application.faults import Faults
from nba_server.application.ports import CatalogProvider, CustomerReader, Identity
from nba_server.domain.contact_reading import ContactReading, read_contacts


class GetContacts:
    """The use case behind GetContacts. It reads and writes nothing else."""

    def __init__(self, *, identity: Identity, reader: CustomerReader, catalogs: CatalogProvider) -> None:
        self._identity = identity
        self._reader = reader
        self._catalogs = catalogs

    async def __call__(self, customer_id: str) -> ContactReading:
        """The reading; empty for a customer never seen. Raises `InvalidArgument` and `StoreUnavailable`."""
        faults = Faults()
        faults.identifier("customer_id", customer_id)
        faults.raise_any()
        read = await self._reader.read([self._identity.customer(customer_id)])
        return read_contacts(read.states[0], self._catalogs.live, read.now_ms)
