"""Commits of decisions as they were made: exactly what the full check would write while nothing changed, and that check else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import msgpack
import pytest
from redis.asyncio import Redis

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.engine.liveness import ask
from nba_server.adapters.redis import keys
from nba_server.adapters.redis.store import Store
from nba_server.application.ports import (
    Attempt,
    CommitResult,
    CommitStatus,
    CustomerRef,
    CustomerWrite,
    DecisionCommit,
    Muting,
    ReleaseStatus,
)
from nba_server.domain.consent import Consent, ConsentStatus
from nba_server.domain.contact import ContactLimit
from nba_server.domain.engagement import Contact, ContactState, Suppression, SuppressionLevel
from nba_server.errors import StoreUnavailable
from tests.conftest import REPLAY_START_MS
from tests.store.builders import DAY, HOUR, Seen, commit, contact, each_seen, optimistic, repeat, seen

ONE = ContactLimit("one", 1, DAY)
PAUSE = Suppression(SuppressionLevel.ACTION, "a9", "*", 1, 0, "r", "x")


async def everything(engine: EmbeddedEngine) -> dict[str, Any]:
    """What the engine holds of customers, requests, timers and journal, without what differs by the customer's name."""
    link = Redis.from_url(engine.url)
    try:
        found: dict[str, Any] = {}
        for key in sorted([key async for key in link.scan_iter("nba:{b*")]):
            kind, name = key.decode().split(":")[2:4] if key.count(b":") > 2 else (key.decode().split(":")[2], "")
            if kind == "c":
                found["customer"] = {field: _unpacked(field, blob) for field, blob in (await link.hgetall(key)).items()}
            elif kind == "r":
                record = msgpack.unpackb(await link.get(key), raw=True)
                found[f"request {len(name)}"] = [*record[:2], *record[3:]]
            elif kind == "due":
                found["due"] = await link.zrange(key, 0, -1, withscores=True)
            elif kind == "j":
                found["journal"] = [fields for _, fields in await link.xrange(key)]
        return found
    finally:
        await link.aclose()


async def forget(engine: EmbeddedEngine) -> None:
    """Deletes customers, requests, timers and journals; the clocks stay."""
    link = Redis.from_url(engine.url)
    await link.delete(*[key async for key in link.scan_iter("nba:{b*") if not key.endswith(b":clock")])
    await link.aclose()


def _unpacked(field: bytes, blob: bytes) -> Any:
    return msgpack.unpackb(blob) if field in (b"l", b"s") and blob else blob


LEDGERS: dict[str, tuple[Contact, ...]] = {
    "none": (),
    "one": (contact("b1", "d1", at_ms=REPLAY_START_MS - HOUR, expires_ms=REPLAY_START_MS),),
    "sixteen": tuple(
        contact(f"b{i}", f"d{i}", at_ms=REPLAY_START_MS - (20 - i) * HOUR, state=ContactState.CONFIRMED)
        for i in range(16)
    ),
    "planned": (contact("b1", "d1", at_ms=REPLAY_START_MS - 1), contact("b2", "d2", at_ms=REPLAY_START_MS + HOUR)),
    "old": (
        contact("b1", "d1", at_ms=REPLAY_START_MS - 3 * DAY, respond_until_ms=REPLAY_START_MS - DAY),
        contact("b2", "d2", at_ms=REPLAY_START_MS - 3 * DAY, respond_until_ms=REPLAY_START_MS + DAY),
        contact("b3", "d3", at_ms=REPLAY_START_MS - 1),
    ),
}


@pytest.mark.parametrize("ledger", LEDGERS.values(), ids=LEDGERS)
@pytest.mark.parametrize("actions", [("a1", "a2", "a3"), ()])
async def test_it_writes_what_the_full_check_writes(
    replay_store: Store, engine: EmbeddedEngine, ledger: tuple[Contact, ...], actions: tuple[str, ...]
) -> None:
    """Ledger, timers, the request's record and the journal are the same to the letter, whichever way it was committed."""
    left = []
    ref = replay_store.identity.customer("c1")
    for hopeful in (True, False):
        await replay_store.customers.write([CustomerWrite(ref, 0, ledger=ledger)])
        read = await seen(replay_store, ref)
        full = commit(replay_store, ref, "r1", actions=actions, retention_ms=2 * DAY, muting=Muting((PAUSE,), "m", 1))
        made = optimistic(read, full) if hopeful else full
        (result,) = await replay_store.decisions.commit([made])
        assert result.status is CommitStatus.COMMITTED
        left.append((result, await everything(engine)))
        await forget(engine)
    assert left[0] == left[1]
    assert len(left[0][1]["customer"][b"l"]) == len(actions) + len(ledger) - (
        bool(actions) and ledger == LEDGERS["old"]
    )


async def test_the_contact_has_the_time_of_the_decision(store: Store) -> None:
    """The ledger and the journal say the moment at which it was decided, and hold the offer until what the answer told."""
    ref = store.identity.customer("c1")
    read = await seen(store, ref)
    await asyncio.sleep(0.01)
    await store.decisions.commit([optimistic(read, commit(store, ref, "r1"))])
    (entry,) = (await store.reader.read([ref])).states[0].ledger
    assert (entry.at_ms, entry.expires_ms) == (read.now_ms, read.now_ms + HOUR)
    assert (await store.journal.read({}, 10))[0].at_ms == read.now_ms


async def test_a_planned_contact_keeps_its_time(replay_store: Store) -> None:
    """A message for later is counted at its own time, between the contacts before and behind it."""
    ref = replay_store.identity.customer("c1")
    ahead = contact("b1", "d1", at_ms=REPLAY_START_MS + 5 * HOUR)
    await replay_store.customers.write([CustomerWrite(ref, 0, ledger=(ahead,))])
    read = await seen(replay_store, ref)
    for number, at_ms in enumerate((REPLAY_START_MS + 2 * HOUR, REPLAY_START_MS + 9 * HOUR)):
        made = optimistic(read, commit(replay_store, ref, f"r{number}"), at_ms=at_ms)
        (result,) = await replay_store.decisions.commit([made])
        assert result.status is CommitStatus.COMMITTED
        read = await seen(replay_store, ref)
    state = (await replay_store.reader.read([ref])).states[0]
    assert [entry.at_ms - REPLAY_START_MS for entry in state.ledger] == [2 * HOUR, 5 * HOUR, 9 * HOUR]


async def test_a_repeat_has_the_first_answer(store: Store) -> None:
    """Sixteen equal calls at once are one decision; another request under the same id is refused."""
    ref = store.identity.customer("c1")
    made = optimistic(await seen(store, ref), commit(store, ref, "r1"))
    results = [result for (result,) in await asyncio.gather(*(store.decisions.commit([made]) for _ in range(16)))]
    assert [result.status for result in results].count(CommitStatus.COMMITTED) == 1
    assert {result.answer for result in results} == {b"head<a1>"}
    assert (await store.decisions.repeated(repeat(store, ref, "r1"))) is not None
    (other,) = await store.decisions.commit([replace(made, fingerprint="f2")])
    assert other.status is CommitStatus.CONFLICT
    assert await store.journal.length() == 1


@pytest.mark.parametrize("change", [{"bump_profile": True}, {"bump_guard": True}])
async def test_what_was_decided_on_an_older_profile_or_consent_is_stale(store: Store, change: dict[str, bool]) -> None:
    """A change of either between read and commit asks for another decision; nothing is written."""
    ref = store.identity.customer("c1")
    made = optimistic(await seen(store, ref), commit(store, ref, "r1"))
    await store.customers.write([CustomerWrite(ref, 0, **change)])  # type: ignore[arg-type]
    (result,) = await store.decisions.commit([made])
    assert result.status is CommitStatus.STALE
    assert await store.journal.length() == 0


async def test_a_customer_who_changed_gets_what_still_fits(store: Store) -> None:
    """Whoever comes second is checked in full: a lost slot goes to the next that fits, marked as substituted."""
    ref = store.identity.customer("c1")
    once = ContactLimit("once", 1, DAY, actions=frozenset({"a1"}))
    read = await seen(store, ref)
    first = optimistic(read, commit(store, ref, "r1", limits=(once,)))
    second = optimistic(read, commit(store, ref, "r2", actions=("a1",), alternates=("a2",), limits=(once,)))
    results = await store.decisions.commit([first, second])
    assert [result.answer for result in results] == [b"head<a1>", b"head<s:a2>"]
    assert [record.substituted for record in await store.journal.read({}, 10)] == [(), (1,)]


async def test_too_few_offers_for_a_customer_who_changed_are_decided_again(store: Store) -> None:
    """What held a slot at the read may have been given back: fewer offers than enough are stale, until the last try."""
    ref = store.identity.customer("c1")
    read = await seen(store, ref)
    await store.decisions.commit([commit(store, ref, "r1", limits=(ONE,))])
    second = commit(store, ref, "r2", limits=(ONE,))
    (result,) = await store.decisions.commit([optimistic(read, second, checked=lambda: _short(second, 1))])
    assert result.status is CommitStatus.STALE
    (result,) = await store.decisions.commit([optimistic(read, second, checked=lambda: _short(second, 0))])
    assert (result.status, result.answer) == (CommitStatus.COMMITTED, b"head<none>")
    (result,) = await store.decisions.commit(
        [replace(_short(commit(store, ref, "r3", limits=(ONE,)), 1), engagement_version=1)]
    )
    assert result.status is CommitStatus.COMMITTED, "nothing has changed since it was decided"


def _short(made: DecisionCommit, enough: int) -> DecisionCommit:
    return replace(made, engagement_version=0, enough=enough)


async def test_a_decision_that_came_late_is_stale(replay_store: Store) -> None:
    """After its time nothing is reserved any more; on a clock that went back the full check decides."""
    ref = replay_store.identity.customer("c1")
    made = optimistic(await seen(replay_store, ref), commit(replay_store, ref, "r1"))
    (back,) = await replay_store.decisions.commit(
        [replace(made, decided_ms=REPLAY_START_MS + 1, at_ms=REPLAY_START_MS + 1)]
    )
    assert back.status is CommitStatus.COMMITTED
    (entry,) = (await replay_store.reader.read([ref])).states[0].ledger
    assert entry.at_ms == REPLAY_START_MS
    late = optimistic(await seen(replay_store, ref), commit(replay_store, ref, "r2"))
    await replay_store.clock.advance(late.valid_until_ms + 1)
    (result,) = await replay_store.decisions.commit([late])
    assert result.status is CommitStatus.STALE


async def test_an_anonymous_visitor_leaves_no_ledger(store: Store) -> None:
    """Only the journal and the request's record are written for who has no id."""
    ref = store.identity.anonymous("r1")
    made = optimistic(await seen(store, ref), commit(store, ref, "r1", anonymous=True))
    first, again = [(await store.decisions.commit([made]))[0] for _ in range(2)]
    assert (first.status, again.status) == (CommitStatus.COMMITTED, CommitStatus.REPEATED)
    assert first.answer == again.answer
    state = (await store.reader.read([ref])).states[0]
    assert (len(state.ledger), state.engagement_version) == (0, 0)


async def test_its_reservation_can_be_given_back(store: Store) -> None:
    """The call that goes releases what it reserved, and the same id decides anew."""
    ref = store.identity.customer("c1")
    made = optimistic(await seen(store, ref), commit(store, ref, "r1"))
    await store.decisions.commit([made])
    attempt = Attempt(ref, made.request_key, made.attempt)
    wanted = await store.releases.release(attempt, {})
    assert [held.action for held in wanted.held] == ["a1"]
    done = await store.releases.release(attempt, {held.contact_id: b"gone" for held in wanted.held})
    assert done.status is ReleaseStatus.RELEASED
    assert await store.decisions.repeated(repeat(store, ref, "r1")) is None
    assert (await store.reader.read([ref])).states[0].ledger[0].state is ContactState.RELEASED


async def test_an_answer_is_not_repeated_after_a_withdrawal(store: Store) -> None:
    """What was answered before consent was taken back is answered again without its offers."""
    ref = store.identity.customer("c1")
    await store.decisions.commit([optimistic(await seen(store, ref), commit(store, ref, "r1"))])
    revoked = (Consent("web", "advertising", ConsentStatus.REVOKED, 1),)
    await store.customers.write([CustomerWrite(ref, 1, consents=revoked, withdraws=("web",))])
    (again,) = await store.decisions.commit([optimistic(await seen(store, ref), commit(store, ref, "r1"))])
    assert (again.status, again.answer) == (CommitStatus.REPEATED, b"head<withdrawn>")
    (fresh,) = await store.decisions.commit([optimistic(await seen(store, ref), commit(store, ref, "r2"))])
    assert fresh.answer == b"head<a1>"
    assert (await store.decisions.repeated(repeat(store, ref, "r2"))) == fresh._replace(status=CommitStatus.REPEATED)


async def test_racing_servers_never_exceed_a_limit(store: Store, engine: EmbeddedEngine) -> None:
    """Two servers that read the same and commit at once, over and over: never more contacts than the limit allows."""
    other = await Store.open(engine.url)
    three = ContactLimit("three", 3, DAY)
    refs = [store.identity.customer(f"c{number}") for number in range(6)]

    async def serve(server: Store, name: str) -> int:
        taken = 0
        for turn in range(12):
            await asyncio.sleep(0)
            reads = await each_seen(server, refs)
            batch = [_hoped(server, ref, read, f"{name}{turn}", three) for ref, read in zip(refs, reads, strict=True)]
            taken += sum(len(result.taken) for result in await server.decisions.commit([one for one in batch if one]))
        return taken

    taken = await asyncio.gather(*(serve(server, name) for name, server in (("a", store), ("b", other), ("c", store))))
    await other.close()
    ledgers = [state.ledger for state in (await store.reader.read(refs)).states]
    assert [len(ledger) for ledger in ledgers] == [3] * 6
    assert sum(taken) == 18, "each reservation was told to exactly one caller"


def _hoped(store: Store, ref: CustomerRef, read: Seen, name: str, limit: ContactLimit) -> Any:
    """What a server commits that saw fewer contacts than the limit allows; nothing when it saw that there is no room."""
    if len(read.state.ledger) >= limit.cap:
        return None
    full = commit(store, ref, name, actions=("a1",), limits=(limit,))
    return optimistic(read, full)


async def test_one_that_fails_takes_no_other_with_it(store: Store, engine: EmbeddedEngine) -> None:
    """Decisions share calls of the script, and still each stands for itself: a record that is no record fails its own."""
    refs = [store.identity.customer(f"c{number}") for number in range(20)]
    made = [optimistic(await seen(store, ref), commit(store, ref, "r1")) for ref in refs]
    ask(engine.socket, f"SET {keys.customer(refs[3])} broken")
    results = await store.decisions.commit(made)
    fault = results[3]
    assert isinstance(fault, StoreUnavailable)
    assert "WRONGTYPE" in fault.detail
    others = [result for place, result in enumerate(results) if place != 3]
    assert [one.status for one in others if isinstance(one, CommitResult)] == [CommitStatus.COMMITTED] * 19
    assert await store.journal.length() == 19
