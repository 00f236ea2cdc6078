"""The walk over all customers: everybody once a walk, page by page, also across a restart of the engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CustomerWrite
from nba_server.domain.profile import Profile
from nba_server.errors import InvalidArgument


async def born(store: Store, *names: str) -> None:
    """Customers with a profile."""
    writes = [
        CustomerWrite(store.identity.customer(name), 0, profile=Profile(known=True), customer_id=name) for name in names
    ]
    assert all(await store.customers.write(writes))


async def walked(store: Store, limit: int, place: str = "") -> list[str]:
    """Ids from a place to the end."""
    found: list[str] = []
    while True:
        page = await store.directory.page(place, limit)
        found += [id_ for _, id_ in page.customers]
        place = page.next
        if not place:
            return found


async def test_everybody_with_a_profile_is_met(store: Store) -> None:
    """2,000 customers, visitors and deleted ones left out, in pages of a hundred."""
    names = [f"c-{n}" for n in range(2_000)]
    await born(store, *names)
    await store.customers.write([CustomerWrite(store.identity.visitor("v"), 0, profile=None, bump_profile=True)])
    await store.customers.write([CustomerWrite(store.identity.customer("c-7"), 1, delete_profile=True)])
    found = await walked(store, 100)
    assert set(found) == set(names) - {"c-7"}


async def test_a_reference_is_where_the_record_lives(store: Store) -> None:
    """What a page names can be read as it is."""
    await born(store, "anna")
    ((ref, id_),) = (await store.directory.page("", 10)).customers
    assert id_ == "anna"
    assert (await store.reader.read([ref])).states[0].profile.known


async def test_an_engine_that_restarts_in_the_middle_loses_nobody(tmp_path: Path) -> None:
    """A cursor of the engine's last run is worth nothing: that part begins again."""
    names = [f"c-{n}" for n in range(3_000)]
    with EmbeddedEngine.start(tmp_path) as engine:
        store = await Store.open(engine.url, seed=1)
        await born(store, *names)
        first = await store.directory.page("", 500)
        assert first.next
        await store.close()
    with EmbeddedEngine.start(tmp_path) as engine:
        store = await Store.open(engine.url)
        rest = await walked(store, 500, first.next)
        await store.close()
    assert {id_ for _, id_ in first.customers} | set(rest) == set(names)
    assert set(rest) == set(names)


@pytest.mark.parametrize("place", ["x", "1", "1.2", "1.2.z", "99999.0."])
async def test_a_place_that_no_page_named_is_refused(store: Store, place: str) -> None:
    """The field is named."""
    with pytest.raises(InvalidArgument, match="page_token"):
        await store.directory.page(place, 10)
