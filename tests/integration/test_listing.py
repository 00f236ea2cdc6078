"""Listing customers over the wire: pages, segments in CEL, faults that name field and mend."""

from __future__ import annotations

import grpc
from google.rpc import error_details_pb2

from nba_server.pb import customer_pb2
from tests.integration.running import Running, detail, failure


async def listed(server: Running, segment: str = "", page_size: int = 0) -> list[str]:
    """All ids, through all pages."""
    found: list[str] = []
    token = ""
    while True:
        request = customer_pb2.ListCustomersRequest(segment=segment, page_size=page_size, page_token=token)
        page = await server.stubs.customers.ListCustomers(request)
        found += page.customer_ids
        token = page.next_page_token
        if not token:
            return found


async def test_all_or_a_segment(server: Running) -> None:
    """The segment reads attributes as the catalogue declares them, and what was made of contacts."""
    for name, age in (("anna", 40), ("bert", 17), ("carl", 70)):
        await server.stubs.upsert(name, {"age": age, "country": "DE"})
    await server.stubs.upsert("dora", {"country": "DE"})
    assert sorted(await listed(server)) == ["anna", "bert", "carl", "dora"]
    assert sorted(await listed(server, "customer.age >= 18")) == ["anna", "carl"]
    assert sorted(await listed(server, "!has(customer.age) || customer.age < 18", page_size=1)) == ["bert", "dora"]
    await server.stubs.decide("anna")
    assert await listed(server, "contact.count_7d > 0") == ["anna"]


async def test_a_faulty_segment_is_refused(server: Running) -> None:
    """With the nearest fact that exists."""
    code, status = await failure(listed(server, "customer.agge > 3"))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    found = detail(status, error_details_pb2.BadRequest)
    assert isinstance(found, error_details_pb2.BadRequest)
    (violation,) = found.field_violations
    assert violation.field == "segment"
    assert "customer.age" in violation.description
