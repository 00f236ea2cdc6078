"""Callers who go, and consent that goes: nothing is held for nobody, and nothing withdrawn is offered again."""

from __future__ import annotations

import asyncio
import random

import grpc
import pytest

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.domain.engagement import ContactState
from nba_server.pb import consent_pb2, customer_pb2, decision_pb2
from tests.freezing import frozen
from tests.integration.running import Running, request
from tests.store.builders import until

CALLS, WAVE, HELD = 300, 30, 4


async def live(server: Running, customer_id: str) -> int:
    """How many reservations a customer has."""
    store = server.serving.store
    (state,) = (await store.reader.read([store.identity.customer(customer_id)])).states
    return sum(contact.state is ContactState.RESERVED for contact in state.ledger)


async def called(server: Running, number: int, patience: float) -> decision_pb2.DecideResponse | None:
    """A decision for a customer of its own, given up after `patience` seconds; None too where a slow machine refused it."""
    asked = request(f"gone-{number}", "web", request_id="once")
    call = server.stubs.decisions.Decide(asked)
    try:
        async with asyncio.timeout(patience):
            return await call
    except TimeoutError:
        call.cancel()
        return None
    except grpc.aio.AioRpcError as fault:
        if fault.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
            raise
        return None


async def test_nothing_stays_reserved_for_callers_who_have_gone(server: Running, engine: EmbeddedEngine) -> None:
    """Calls cancelled at random moments leave no reservation, and a call again with the id has one answer and one effect.

    Each wave finds a frozen store until some have gone: however fast it is, callers go while their calls are under way.
    """
    await asyncio.gather(*(server.stubs.upsert(f"gone-{number}") for number in range(CALLS)))
    draw, gone = random.Random(7), []
    for first in range(0, CALLS, WAVE):
        wave = range(first, first + WAVE)
        calls = [asyncio.create_task(called(server, number, draw.uniform(0.0, 0.3))) for number in wave]
        with frozen(engine.pid):
            await until(lambda calls=calls: sum(call.done() for call in calls) >= HELD)  # type: ignore[misc]
        answers = await asyncio.gather(*calls)
        gone += [number for number, answer in zip(wave, answers, strict=True) if answer is None]
    assert len(gone) > 20
    answered = CALLS - len(gone)

    async def released() -> None:
        while True:
            held = [await live(server, f"gone-{number}") for number in gone]
            # an answer that crossed with its cancellation was given, also one that was still on its way above
            crossed = int(server.metric("nba_calls_total", method="Decide", code="OK")) - answered
            if sum(count > 0 for count in held) <= crossed:
                return

    await asyncio.wait_for(released(), 30)
    assert server.metric("nba_abandoned_calls_total") > 0
    for number in gone[:20]:
        answers = [await server.stubs.decide(f"gone-{number}", "web", request_id="once") for _ in range(2)]
        assert answers[0] == answers[1]
        assert await live(server, f"gone-{number}") == len(answers[0].actions)


async def revoke(server: Running) -> None:
    """Takes back the consent to advertising, on all channels."""
    revoked = consent_pb2.CONSENT_STATUS_REVOKED
    await server.stubs.upsert(consents=[consent_pb2.Consent(channel="*", purpose="advertising", status=revoked)])


async def opt_out(server: Running) -> None:
    """Opts out as an answer to an offer."""
    shown = await server.stubs.decide(request_id="shown")
    await server.stubs.react(shown.decision_id, "OPTED_OUT")


async def erase(server: Running) -> None:
    """Deletes the customer."""
    await server.stubs.customers.DeleteCustomer(customer_pb2.DeleteCustomerRequest(customer_id="anna"))


@pytest.mark.parametrize("withdraw", [revoke, opt_out, erase])
async def test_a_repeat_after_a_withdrawal_offers_nothing(server: Running, withdraw: object) -> None:
    """After revocation, opt-out or erasure the same id gives the same decision, without actions and with the reason."""
    await server.stubs.upsert()
    before = await server.stubs.decide(request_id="r1")
    assert before.actions
    assert await server.stubs.decide(request_id="r1") == before
    await withdraw(server)  # type: ignore[operator]
    after = await server.stubs.decide(request_id="r1")
    assert (after.decision_id, list(after.actions)) == (before.decision_id, [])
    assert {entry.reason.code for entry in after.no_offers} == {"withdrawn_since"}
    assert await server.stubs.decide(request_id="r1") == after


async def test_a_deadline_that_passes_is_a_caller_who_has_gone(server: Running, engine: EmbeddedEngine) -> None:
    """A call with next to no time fails as such unless the server is faster, and leaves no reservation."""
    late = (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED)
    await server.stubs.upsert("gone-0")

    async def ended(number: int) -> grpc.StatusCode:
        return await server.stubs.decisions.Decide(
            request("gone-0", "web", request_id=f"r{number}"), timeout=0.0005
        ).code()

    assert {await ended(number) for number in range(20)} <= {*late, grpc.StatusCode.OK}
    with frozen(engine.pid):
        assert {await ended(number) for number in range(20, 30)} <= {*late}
    async with asyncio.timeout(30):
        while True:
            if await live(server, "gone-0") <= server.metric("nba_calls_total", method="Decide", code="OK"):
                break
            await asyncio.sleep(0.02)
