"""Webhooks over real HTTP: signed, in order per customer, each endpoint at its own pace, nothing lost and repeats known by id."""

from __future__ import annotations

import time
from collections import Counter, defaultdict

from standardwebhooks import Webhook

from nba_server.adapters.redis.store import Store
from nba_server.adapters.webhooks import delivery
from nba_server.adapters.webhooks.endpoint import Filters, Naming, Start
from nba_server.adapters.webhooks.sending import HttpSender
from nba_server.adapters.webhooks.signature import headers, new_secret
from nba_server.application.ports import CustomerWrite
from nba_server.domain.profile import Profile
from tests.integration.archive_journal import buy, poison
from tests.integration.webhooks.receiver import Receiver, Reply
from tests.integration.webhooks.told import dispatcher, dispatching, endpoint, until


def purchases(receiver: Receiver) -> list[int]:
    """The numbers of the purchases that were accepted, in the order of arrival."""
    return [int(one.data["purchase_id"]) for one in receiver.received if one.status < 300]


async def test_everything_arrives_once_signed_and_in_order(store: Store) -> None:
    """100 purchases of 20 customers; every signature holds, each customer's come in order, several customers' at once."""
    await buy(store, 100)
    with Receiver() as receiver:
        receiver.reply = lambda _: receiver.held_until_two_come()
        async with dispatching(store, endpoint(receiver)) as counts:
            await until(lambda: len(receiver.ids) >= 100)
            await buy(store, 5, first=100)
            await until(lambda: len(receiver.ids) >= 105)
    assert sorted(purchases(receiver)) == list(range(105))
    assert len(set(receiver.ids)) == 105
    assert receiver.forged == 0
    by_customer = defaultdict(list)
    for one in receiver.received:
        by_customer[one.customer].append(int(one.data["purchase_id"]))
    assert all(numbers == sorted(numbers) for numbers in by_customer.values())
    assert receiver.most_at_once > 1
    assert counts.delivered["crm"] == 105
    (state,) = await store.webhooks.states()
    assert (state.delivered, state.failing, state.skipped) == (105, "", 0)


async def test_who_comes_next_goes_on_where_the_last_one_left_off(store: Store) -> None:
    """An orderly end keeps the cursor: nothing is repeated."""
    with Receiver() as receiver:
        for first in (0, 20):
            await buy(store, 20, first=first)
            async with dispatching(store, endpoint(receiver)):
                await until(lambda first=first: len(receiver.ids) >= first + 20)  # type: ignore[misc]
        assert sorted(purchases(receiver)) == list(range(40))


async def test_a_new_endpoint_begins_with_now_unless_it_wants_the_oldest(store: Store) -> None:
    """What was before it was known is not told."""
    await buy(store, 10)
    with Receiver() as late, Receiver() as early:
        wanted = (endpoint(late, "late", start=Start.NOW), endpoint(early, "early"))
        async with dispatching(store, *wanted):
            await until(lambda: len(early.ids) == 10)
            await buy(store, 5, first=10)
            await until(lambda: len(early.ids) == 15 and len(late.ids) == 5)
        assert sorted(purchases(late)) == list(range(10, 15))


async def test_a_silent_endpoint_holds_up_nobody(store: Store) -> None:
    """One that never answers in time, one that is not there, and one that answers."""
    await buy(store, 30)
    with Receiver() as silent, Receiver() as good:
        silent.reply = lambda _: Reply(after_s=3.0)
        slow = endpoint(silent, "silent", timeout_ms=100)
        away = endpoint(good, "away", url="http://127.0.0.1:9/nobody")
        async with dispatching(store, slow, away, endpoint(good, "good")) as counts:
            await until(lambda: len(good.ids) == 30)
            await until(lambda: counts.failed["silent"] > 0 and counts.failed["away"] > 0)
        states = {state.name: state for state in await store.webhooks.states()}
        assert "no answer within 0.1 s" in states["silent"].failing
        assert "no connection" in states["away"].failing
        assert states["good"].failing == ""


async def test_failures_are_tried_again_and_survive_a_restart(store: Store) -> None:
    """A 500 leads to a second attempt with the same id; attempts and time of the first are kept in the store."""
    await buy(store, 1)
    with Receiver() as receiver:
        receiver.reply = lambda _: Reply(500)
        async with dispatching(store, endpoint(receiver)) as counts:
            await until(lambda: counts.failed["crm"] == 1)
        (kept,) = (await store.webhooks.tries("crm")).values()
        assert (kept.attempts, kept.reason) == (1, "500 Internal Server Error")
        assert 2_500 <= kept.due_ms - kept.first_ms <= 5_000
        receiver.reply = lambda _: Reply()
        async with dispatching(store, endpoint(receiver)):
            await until(lambda: len(receiver.ids) == 1)
        assert len({one.id for one in receiver.received}) == 1
        assert await store.webhooks.tries("crm") == {}


async def test_a_message_that_is_given_up_is_a_dead_letter_and_can_be_redelivered(store: Store) -> None:
    """With its reason and body; once redelivered it is gone from there, under the id that it always had."""
    await buy(store, 2, a_customer=2)
    with Receiver() as receiver:
        receiver.reply = lambda one: Reply(422 if one.data["purchase_id"] == "0" else 204)
        fast = endpoint(receiver, give_up_ms=0)
        async with dispatching(store, fast) as counts:
            await until(lambda: counts.failed["crm"] == 1)
        await _age(store)
        async with dispatching(store, fast) as counts:
            await until(lambda: counts.dead["crm"] == 1 and len(receiver.ids) == 1)
        (letter,) = await store.webhooks.dead("crm")
        assert (letter.type, letter.reason) == ("nba.purchase.recorded", "422 Unprocessable Entity")
        assert purchases(receiver) == [1]
        receiver.reply = lambda _: Reply()
        await store.webhooks.redeliver("crm", [letter])
        async with dispatching(store, fast):
            await until(lambda: len(receiver.ids) == 2)
        assert await store.webhooks.dead("crm") == []
        assert letter.id in receiver.ids


async def _age(store: Store) -> None:
    """The one message that has failed has done so often enough, and is due."""
    ((id_, kept),) = (await store.webhooks.tries("crm")).items()
    aged = type(kept)(delivery.DEAD_AT_MOST, 1, 1, kept.reason)
    await store.webhooks.advance("crm", {}, failed={id_: aged})


async def test_who_is_gone_is_told_nothing_any_more(store: Store) -> None:
    """410 disables the endpoint with a reason; a new address, or the command, enables it, and nothing was lost."""
    await buy(store, 5)
    with Receiver() as receiver:
        receiver.reply = lambda _: Reply(410)
        async with dispatching(store, endpoint(receiver, concurrency=1)):
            await until(lambda: len(receiver.received) == 1)
        (state,) = await store.webhooks.states()
        assert "410" in state.disabled
        assert await store.webhooks.floors() == {}
        receiver.reply = lambda _: Reply()
        async with dispatching(store, endpoint(receiver, url=receiver.url + "/new")):
            await until(lambda: len(receiver.ids) == 5)


async def test_redirects_are_not_followed(store: Store) -> None:
    """The reason says where to."""
    await buy(store, 1)
    with Receiver() as receiver, Receiver(receiver.secret) as elsewhere:
        receiver.reply = lambda _: Reply(307, {"location": elsewhere.url})
        async with dispatching(store, endpoint(receiver)) as counts:
            await until(lambda: counts.failed["crm"] == 1)
        (state,) = await store.webhooks.states()
        assert "redirects are not followed" in state.failing
        assert elsewhere.received == []


async def test_filters_and_naming(store: Store) -> None:
    """Only the chosen types; the customer by reference, or by id as long as there is a profile."""
    ref = store.identity.customer("customer-0")
    write = CustomerWrite(ref, 0, profile=Profile(known=True), customer_id="customer-0")
    await store.customers.write([write])
    await buy(store, 5, first=5)
    with Receiver() as named, Receiver() as unnamed:
        wanted = (
            endpoint(named, "named", events=("nba.purchase.*",), filters=Filters(channels=frozenset({"email"}))),
            endpoint(unnamed, "unnamed", events=("nba.purchase.recorded",), naming=Naming.REF),
        )
        async with dispatching(store, *wanted):
            await until(lambda: len(named.ids) == len(unnamed.ids) == 5)
    assert {one.customer for one in unnamed.received} == {store.identity.customer("customer-5").ref}
    assert await store.webhooks.names([(ref.ref, ref.bucket), ("0" * 32, 0)]) == ["customer-0", ""]


async def test_an_entry_that_nobody_can_read_is_passed(store: Store) -> None:
    """The archiver puts it aside; everybody else's messages go on."""
    await poison(store)
    await buy(store, 5)
    with Receiver() as receiver:
        async with dispatching(store, endpoint(receiver)):
            await until(lambda: len(receiver.ids) == 5)


async def test_two_secrets_sign_while_one_is_changed(store: Store) -> None:
    """A receiver that knows either of them accepts the message."""
    old, new = new_secret(), new_secret()
    signed = headers((new, old), "m", b'{"a": 1}', time.time())
    for secret in (old, new):
        assert Webhook(secret).verify(b'{"a": 1}', signed) == {"a": 1}
    await buy(store, 1)
    with Receiver(old) as receiver:
        async with dispatching(store, endpoint(receiver, secrets=(new, old))):
            await until(lambda: len(receiver.ids) == 1)
        assert receiver.forged == 0


async def test_what_a_receiver_asks_for_is_understood() -> None:
    """`Retry-After` in seconds and as a date, and one that is neither."""
    with Receiver() as receiver:
        made = endpoint(receiver)
        async with HttpSender(made, "1") as sender:
            answers = []
            for asked in ("120", "Fri, 31 Dec 2999 23:59:59 GMT", "soon"):
                receiver.reply = lambda _, asked=asked: Reply(503, {"retry-after": asked})  # type: ignore[misc]
                answers.append(await sender.send("m", b'{"type": "t", "subject": "s", "data": {}, "id": "m"}'))
    assert [answer.asked_ms > 0 for answer in answers] == [True, True, False]
    assert answers[0].asked_ms == 120_000
    assert answers[0].reason.startswith("503")


async def test_only_one_of_two_dispatchers_delivers(store: Store) -> None:
    """The lease has one holder; no message is sent twice."""
    await buy(store, 50)
    with Receiver() as receiver:
        async with dispatching(store, endpoint(receiver)), dispatching(store, endpoint(receiver)):
            await until(lambda: len(receiver.ids) >= 50)
    assert set(Counter(receiver.ids).values()) == {1}


async def test_an_endpoint_that_leaves_the_file_is_forgotten(store: Store) -> None:
    """And holds up nothing any more; one that is switched off there is told nothing and comes back."""
    await buy(store, 3)
    with Receiver() as receiver:
        async with dispatching(store, endpoint(receiver), endpoint(receiver, "other")):
            await until(lambda: len(receiver.ids) == 6)
        await dispatcher(store, endpoint(receiver, enabled=False)).register()
        (state,) = await store.webhooks.states()
        assert (state.name, state.disabled) == ("crm", "switched off in the file")
        await buy(store, 3, first=10)
        async with dispatching(store, endpoint(receiver)):
            await until(lambda: len(receiver.ids) == 9)
