"""ContactService."""

from __future__ import annotations

from nba_server.application.contacts import GetContacts
from nba_server.application.record_contacts import RecordContacts
from nba_server.pb import contact_pb2
from nba_server.transport.grpc.call import Call
from nba_server.transport.grpc.codec.contact import contact_command, to_contact_result
from nba_server.transport.grpc.codec.contact_reading import to_contacts
from nba_server.transport.grpc.servicers.batches import under

MAX_CONTACTS = 100
"""Contacts in an answer where the caller names no number."""


class ContactServicer:
    """Takes in contacts that other systems made, and reads what counts."""

    def __init__(self, record: RecordContacts, get: GetContacts) -> None:
        self._record = record
        self._get = get

    async def record_contact(
        self, request: contact_pb2.RecordContactRequest, call: Call
    ) -> contact_pb2.RecordContactResponse:
        """One contact; a refusal is the call's error."""
        result = (await self._record([contact_command(request.contact)]))[0]
        if result.error is not None:
            raise under("contact", result.error)
        return contact_pb2.RecordContactResponse(result=to_contact_result(result))

    async def record_contacts(
        self, request: contact_pb2.RecordContactsRequest, call: Call
    ) -> contact_pb2.RecordContactsResponse:
        """Many contacts; each has a result."""
        results = await self._record([contact_command(contact) for contact in request.contacts])
        return contact_pb2.RecordContactsResponse(results=[to_contact_result(result) for result in results])

    async def get_contacts(
        self, request: contact_pb2.GetContactsRequest, call: Call
    ) -> contact_pb2.GetContactsResponse:
        """What counts against a customer now."""
        return to_contacts(await self._get(request.customer_id), request.max_contacts or MAX_CONTACTS)
