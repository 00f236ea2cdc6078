"""Calls that cross on the wire with their cancellation: the client takes them back, so that nothing is held for nobody."""

from __future__ import annotations

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from nba_client import AsyncClient, Client, Decision
from nba_client.errors import NbaClientError
from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.domain.engagement import ContactState
from nba_server.pb import customer_pb2, decision_pb2
from tests.freezing import frozen
from tests.integration.running import ADULT, GRANTED, Running, failure, reason, values
from tests.store.builders import until

CALLS, WAVE, HELD = 240, 60, 8
CROSSING = 40


async def known(server: Running, count: int) -> None:
    """So many customers whom anything may be offered."""
    patches = [
        customer_pb2.CustomerPatch(customer_id=f"gone-{number}", attributes=values(ADULT), consents=GRANTED)
        for number in range(count)
    ]
    await server.stubs.customers.UpsertCustomers(customer_pb2.UpsertCustomersRequest(customers=patches))


async def states(server: Running, customer_id: str) -> list[ContactState]:
    """The states of a customer's contacts."""
    store = server.serving.store
    (state,) = (await store.reader.read([store.identity.customer(customer_id)])).states
    return [contact.state for contact in state.ledger]


async def held(server: Running, numbers: list[int]) -> list[int]:
    """Those of the customers who have a reservation."""
    found = await asyncio.gather(*(states(server, f"gone-{number}") for number in numbers))
    return [number for number, own in zip(numbers, found, strict=True) if ContactState.RESERVED in own]


async def until_nothing_is_held(server: Running, numbers: list[int]) -> None:
    """Five seconds are promised, on a machine that does not stall."""
    async with asyncio.timeout(30):
        while True:
            if not (numbers := await held(server, numbers)):
                return


def release(**fields: str) -> decision_pb2.ReleaseDecisionRequest:
    """A request to take a call for anna back."""
    return decision_pb2.ReleaseDecisionRequest(**{"customer_id": "anna", "request_id": "r1", **fields})


async def test_cancelled_calls_leave_nothing(server: Running, engine: EmbeddedEngine) -> None:
    """Tasks cancelled at random moments: every reservation of theirs goes, those of the others stay.

    Each wave finds a frozen store until some are cancelled: however fast it is, calls are cancelled while they are under way.
    """
    await known(server, CALLS)
    draw, gone, offered = random.Random(11), [], []
    async with AsyncClient(server.address) as client:
        for first in range(0, CALLS, WAVE):
            wave = range(first, first + WAVE)
            calls = [asyncio.create_task(client.decide(f"gone-{n}", channel="web", timeout=20)) for n in wave]
            for call in calls[::2]:
                asyncio.get_running_loop().call_later(draw.uniform(0.0, 0.1), call.cancel)
            with frozen(engine.pid):
                await until(lambda calls=calls: sum(call.done() for call in calls) >= HELD)  # type: ignore[misc]
            ends = await asyncio.gather(*calls, return_exceptions=True)
            gone += [n for n, end in zip(wave, ends, strict=True) if isinstance(end, asyncio.CancelledError)]
            offered += [n for n, end in zip(wave, ends, strict=True) if isinstance(end, Decision) and end.actions]
        assert len(gone) > 20
        await until_nothing_is_held(server, gone)
    assert len(offered) > CALLS // 3
    assert await held(server, offered) == offered


async def test_an_answer_on_the_wire_is_taken_back(server: Running) -> None:
    """Each call is cancelled when the server has answered it and the caller does not have it yet."""

    def answered() -> float:
        return server.metric("nba_calls_total", method="Decide", code="OK")

    await known(server, CROSSING)
    crossed = []
    async with AsyncClient(server.address) as client:
        for number in range(CROSSING):
            before = answered()
            call = asyncio.create_task(client.decide(f"gone-{number}", channel="web", timeout=10))
            async with asyncio.timeout(10):
                while True:
                    if answered() > before:
                        break
                    await asyncio.sleep(0)
            call.cancel()
            (end,) = await asyncio.gather(call, return_exceptions=True)
            crossed += [number] if isinstance(end, asyncio.CancelledError) else []
        assert len(crossed) > CROSSING // 2
        await until_nothing_is_held(server, crossed)


async def test_a_blocking_call_that_times_out_is_taken_back(server: Running) -> None:
    """Deadlines around the time that an answer takes: whoever had none holds nothing; closing waits for that."""
    await known(server, 60)
    draw = random.Random(5)

    def called(client: Client, number: int) -> bool:
        try:
            client.decide(f"gone-{number}", channel="web", timeout=draw.uniform(0.001, 0.03))
        except NbaClientError:
            return False
        return True

    def all_called() -> list[bool]:
        with Client(server.address) as client, ThreadPoolExecutor(4) as pool:
            return list(pool.map(lambda number: called(client, number), range(60)))

    answered = await asyncio.to_thread(all_called)
    await until_nothing_is_held(server, [number for number, had in enumerate(answered) if not had])


async def test_another_call_with_the_same_id_keeps_its_answer(server: Running) -> None:
    """A call is taken back alone; with the last one the decision goes, and the id decides anew."""
    await server.stubs.upsert()
    first = await server.stubs.decide(channel="web", request_id="r1", call_id="one")
    assert await server.stubs.decide(channel="web", request_id="r1", call_id="two") == first
    taken_back = server.stubs.decisions.ReleaseDecision
    assert not (await taken_back(release(call_id="one"))).released
    assert ContactState.RESERVED in await states(server, "anna")
    assert (await taken_back(release(call_id="two"))).released
    assert set(await states(server, "anna")) == {ContactState.RELEASED}
    assert not (await taken_back(release(call_id="two"))).released
    again = await server.stubs.decide(channel="web", request_id="r1", call_id="three")
    assert again.decision_id != first.decision_id
    assert (await taken_back(release())).released
    assert set(await states(server, "anna")) == {ContactState.RELEASED}


async def test_a_call_that_is_taken_back_before_it_happens_is_found(server: Running) -> None:
    """The word of the caller overtakes the call: it is looked for again when none can come any more."""
    await server.stubs.upsert()
    assert not (await server.stubs.decisions.ReleaseDecision(release(call_id="one"))).released
    await server.stubs.decide(channel="web", request_id="r1", call_id="one")
    assert ContactState.RESERVED in await states(server, "anna")
    async with asyncio.timeout(30):
        while True:
            if set(await states(server, "anna")) == {ContactState.RELEASED}:
                return
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"customer_id": ""}, "customer_id"),
        ({"visitor_id": "v"}, "visitor_id"),
        ({"request_id": ""}, "request_id"),
        ({"call_id": "a/b"}, "call_id"),
        ({"call_id": "a" * 65}, "call_id"),
    ],
)
async def test_what_names_no_call_is_refused(server: Running, fields: dict[str, str], field: str) -> None:
    """With the field that is wrong."""
    code, status = await failure(server.stubs.decisions.ReleaseDecision(release(**fields)))
    assert (code, reason(status)) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_ARGUMENT")
    assert status.message.startswith(f"{field}: ")


async def test_a_swap_whose_caller_has_gone_is_undone(server: Running) -> None:
    """The earlier decision holds its contact again, and the same swap may come again."""
    await server.stubs.upsert()
    shown = await server.stubs.decide(channel="web", request_id="r1")
    before = await states(server, "anna")
    swap = {"channel": "web", "request_id": "r2", "supersedes": shown.decision_id}
    await server.stubs.decide(**swap, call_id="one")
    taken_back = server.stubs.decisions.ReleaseDecision
    assert (await taken_back(release(request_id="r2", call_id="one"))).released
    assert (await states(server, "anna"))[: len(before)] == before
    again = await server.stubs.decide(**swap, call_id="two")
    assert again.actions
    assert (await states(server, "anna")).count(ContactState.RESERVED) == len(again.actions)
