"""The fake's customers: patches are merged and versions grow, as on the real server."""

from __future__ import annotations

from collections.abc import Iterable

from nba_client.errors import Details, NotFound
from nba_client.pb import customer_pb2


class FakeProfiles:
    """Profiles by customer id; a test may read `customers`."""

    def __init__(self) -> None:
        self.customers: dict[str, customer_pb2.Customer] = {}

    def upsert(self, request: customer_pb2.UpsertCustomersRequest) -> customer_pb2.UpsertCustomersResponse:
        """Merges each patch; a wrong expected version refuses it."""
        return customer_pb2.UpsertCustomersResponse(results=[self._merge(patch) for patch in request.customers])

    def _merge(self, patch: customer_pb2.CustomerPatch) -> customer_pb2.UpsertResult:
        if not patch.customer_id:
            return customer_pb2.UpsertResult(error="INVALID_ARGUMENT: customer_id: is required")
        customer = self.customers.get(patch.customer_id) or customer_pb2.Customer(customer_id=patch.customer_id)
        if patch.HasField("expected_version") and patch.expected_version != customer.version:
            error = f"VERSION_MISMATCH: expected_version: the stored version is {customer.version}"
            return customer_pb2.UpsertResult(version=customer.version, error=error)
        for name, value in patch.attributes.items():
            if value.WhichOneof("kind") is None:
                customer.attributes.pop(name, None)
            else:
                customer.attributes[name].CopyFrom(value)
        segments = _merged(customer.segments, patch.add_segments, patch.remove_segments)
        products = _merged(customer.products, patch.add_products, patch.remove_products)
        replaced = {(consent.channel, consent.purpose) for consent in patch.consents}
        kept = [consent for consent in customer.consents if (consent.channel, consent.purpose) not in replaced]
        consents = [*kept, *patch.consents]
        for field in ("segments", "products", "consents"):
            customer.ClearField(field)
        customer.segments.extend(segments)
        customer.products.extend(products)
        customer.consents.extend(consents)
        if patch.HasField("do_not_contact"):
            customer.ClearField("do_not_contact")
            if patch.do_not_contact.listed:
                customer.do_not_contact.CopyFrom(patch.do_not_contact)
        customer.version += 1
        self.customers[patch.customer_id] = customer
        return customer_pb2.UpsertResult(version=customer.version)

    def get(self, request: customer_pb2.GetCustomerRequest) -> customer_pb2.GetCustomerResponse:
        """Raises `NotFound`."""
        if request.customer_id not in self.customers:
            text = f"customer_id: there is no customer {request.customer_id!r}"
            raise NotFound(text, Details("NOT_FOUND", "CUSTOMER_NOT_FOUND"))
        return customer_pb2.GetCustomerResponse(customer=self.customers[request.customer_id])

    def list(self, request: customer_pb2.ListCustomersRequest) -> customer_pb2.ListCustomersResponse:
        """Everybody on one page; the fake has no segments."""
        found = sorted(self.customers)
        return customer_pb2.ListCustomersResponse(customer_ids=found, looked_at=len(found))

    def delete(self, request: customer_pb2.DeleteCustomerRequest) -> customer_pb2.DeleteCustomerResponse:
        """Says whether there was one."""
        deleted = self.customers.pop(request.customer_id, None) is not None
        return customer_pb2.DeleteCustomerResponse(deleted=deleted)


def _merged(items: Iterable[str], add: Iterable[str], remove: Iterable[str]) -> list[str]:
    return sorted((set(items) | set(add)) - set(remove))
