"""The journal waits for endpoints that have yet to read, up to its bound; what is missed then is counted and said."""

from __future__ import annotations

from pathlib import Path

from nba_server.adapters.archive.archiver import Archiver, ArchiverSettings
from nba_server.adapters.redis.store import Store
from tests.integration.archive_journal import bought, buy, once_each
from tests.integration.webhooks.receiver import Receiver, Reply
from tests.integration.webhooks.told import dispatcher, dispatching, endpoint, until

AT_ONCE = ArchiverSettings(keep_ms=0)


async def test_entries_stay_until_every_endpoint_has_passed_them(store: Store, tmp_path: Path) -> None:
    """Archived long since, they are forgotten only when the slowest endpoint is through."""
    archiver = Archiver(store, tmp_path, AT_ONCE, followers=store.webhooks)
    with Receiver() as receiver:
        wanted = endpoint(receiver)
        await dispatcher(store, wanted).register()
        await buy(store, 20)
        await archiver.drain()
        assert await archiver.trim() == 0
        assert await store.journal.length() == 20
        async with dispatching(store, wanted):
            await until(lambda: len(receiver.ids) == 20)
    assert await archiver.trim() == 20
    assert await store.journal.length() == 0


async def test_who_is_disabled_holds_up_nothing(store: Store, tmp_path: Path) -> None:
    """Nor does one that wants to begin with now, of what was before."""
    archiver = Archiver(store, tmp_path, AT_ONCE, followers=store.webhooks)
    with Receiver() as receiver:
        await dispatcher(store, endpoint(receiver)).register()
        await buy(store, 20)
        await archiver.drain()
        await store.webhooks.disable("crm", "by hand")
    assert await archiver.trim() == 20


async def test_a_full_journal_waits_no_longer_and_says_what_was_missed(store: Store, tmp_path: Path) -> None:
    """The bound is the journal's own; the entries are in the archive, and each endpoint's count is its own."""
    full = ArchiverSettings(keep_ms=0, keep_entries=10)
    archiver = Archiver(store, tmp_path, full, followers=store.webhooks)
    with Receiver() as receiver, Receiver() as away:
        receiver.reply = lambda _: Reply()
        both = (endpoint(receiver), endpoint(away, "away", url="http://127.0.0.1:9/"))
        await buy(store, 15)
        await dispatcher(store, *both).register()
        async with dispatching(store, *both):
            await until(lambda: len(receiver.ids) == 15)
        await buy(store, 5, first=20)
        await archiver.drain()
        assert await archiver.trim() == 20
        missed = {state.name: state.skipped for state in await store.webhooks.states()}
        assert missed == {"away": 20, "crm": 5}
        assert bought(tmp_path) == once_each(15) | {str(n): 1 for n in range(20, 25)}
        await buy(store, 5, first=30)
        async with dispatching(store, both[0]):
            await until(lambda: len(receiver.ids) == 20)
