"""CustomerService."""

from __future__ import annotations

from nba_server.application.customers import Customers, UpsertResult
from nba_server.application.identify import IdentifyCommand, IdentifyVisitor
from nba_server.application.list_customers import ListCustomers
from nba_server.pb import customer_pb2
from nba_server.transport.grpc.call import Call
from nba_server.transport.grpc.codec.customer import to_customer, to_upsert_result, upsert_command
from nba_server.transport.grpc.codec.values import timestamp
from nba_server.transport.grpc.servicers.batches import each


class CustomerServicer:
    """Keeps customers' profiles."""

    def __init__(self, customers: Customers, identify: IdentifyVisitor, listing: ListCustomers) -> None:
        self._customers = customers
        self._listing = listing
        self._identify = identify

    async def upsert_customers(
        self, request: customer_pb2.UpsertCustomersRequest, call: Call
    ) -> customer_pb2.UpsertCustomersResponse:
        """Many patches; each has a result."""
        results = await each(
            request.customers, upsert_command, self._customers.upsert, lambda error: UpsertResult(error=error)
        )
        return customer_pb2.UpsertCustomersResponse(results=[to_upsert_result(result) for result in results])

    async def get_customer(
        self, request: customer_pb2.GetCustomerRequest, call: Call
    ) -> customer_pb2.GetCustomerResponse:
        """One customer."""
        return customer_pb2.GetCustomerResponse(customer=to_customer(await self._customers.get(request.customer_id)))

    async def delete_customer(
        self, request: customer_pb2.DeleteCustomerRequest, call: Call
    ) -> customer_pb2.DeleteCustomerResponse:
        """Deletes a profile."""
        return customer_pb2.DeleteCustomerResponse(deleted=await self._customers.delete(request.customer_id))

    async def list_customers(
        self, request: customer_pb2.ListCustomersRequest, call: Call
    ) -> customer_pb2.ListCustomersResponse:
        """A page of ids."""
        page = await self._listing(request.segment, request.page_size, request.page_token)
        return customer_pb2.ListCustomersResponse(
            customer_ids=page.customer_ids, looked_at=page.looked_at, next_page_token=page.next_page_token
        )

    async def identify_visitor(
        self, request: customer_pb2.IdentifyVisitorRequest, call: Call
    ) -> customer_pb2.IdentifyVisitorResponse:
        """A visitor who turned out to be a customer."""
        answer = await self._identify(IdentifyCommand(request.visitor_id, request.customer_id, call.caller.name))
        return customer_pb2.IdentifyVisitorResponse(
            identified_at=timestamp(answer.identified_ms), contacts=answer.contacts
        )
