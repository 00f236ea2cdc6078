"""Deciding over gRPC."""

from __future__ import annotations

import asyncio
import dataclasses
import logging

import grpc
import pytest
from google.rpc import error_details_pb2

from nba_server.adapters.redis.store import Store
from nba_server.pb import decision_pb2, reason_pb2
from nba_server.settings import Settings
from tests.integration.running import Running, detail, failure, reason, request, running_server


async def test_ranked_actions_with_content_numbers_and_reasons(server: Running) -> None:
    """A customer with consents gets ranked actions, each with what to say, its numbers and why."""
    await server.stubs.upsert()
    answer = await server.stubs.decide()
    assert {action.action for action in answer.actions} == {"unlimited", "second-sim"}
    assert [action.rank for action in answer.actions] == [1, 2]
    best = answer.actions[0]
    factors = best.factors
    assert best.content["say"]
    assert best.priority == factors.propensity * factors.context_weight * factors.value * factors.lever
    assert 0 < best.pick_probability <= 1
    assert best.reasons[0].text
    assert best.reserved_until.ToMilliseconds() > answer.decided_at.ToMilliseconds()
    assert (answer.decision_id != "", answer.preview) == (True, False)
    assert answer.catalog_hash == server.serving.catalogs.live.hash
    assert answer.model_version == server.serving.models.live.version


async def test_no_offer_is_a_normal_answer(server: Running) -> None:
    """Without consent there is nothing to say by e-mail: the answer is OK, empty, and gives the reason."""
    await server.stubs.upsert(consents=())
    answer = await server.stubs.decide(channel="email")
    assert not answer.actions
    assert [(n.placement, n.reason.code, n.reason.stage) for n in answer.no_offers] == [
        ("newsletter", "consent_unknown", reason_pb2.STAGE_CONSENT)
    ]
    assert answer.decision_id


async def test_an_unknown_customer_gets_what_needs_no_knowledge(server: Running) -> None:
    """A customer never seen before is no error: what needs neither consent nor data is offered."""
    answer = await server.stubs.decide("nobody-ever-saw-me")
    assert [action.action for action in answer.actions] == ["app"]
    assert answer.actions[0].fallback


async def test_anonymous_visitors(server: Running) -> None:
    """A visitor id and no id at all are both answered."""
    visitor = await server.stubs.decide("", "web", visitor_id="cookie")
    stranger = await server.stubs.decide("", "web")
    assert [a.action for a in visitor.actions] == [a.action for a in stranger.actions] == ["app"]


async def test_all_violations_at_once(server: Running) -> None:
    """Every fault of a request is in one BadRequest, with the path of its field."""
    wrong = request(
        "anna",
        "cal",
        visitor_id="cookie",
        request_id="x" * 129,
        excluded_actions=["unlimited", "nothing-of-ours"],
        context={"raeson": "move"},
    )
    code, status = await failure(server.stubs.decisions.Decide(wrong))
    bad = detail(status, error_details_pb2.BadRequest)
    assert isinstance(bad, error_details_pb2.BadRequest)
    assert (code, reason(status)) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_ARGUMENT")
    assert {violation.field for violation in bad.field_violations} == {
        "channel",
        "visitor_id",
        "request_id",
        "excluded_actions[1]",
        "context.raeson",
    }
    assert "`call`" in next(v.description for v in bad.field_violations if v.field == "channel")


async def test_bytes_that_are_no_request(server: Running) -> None:
    """Bytes that cannot be parsed are the caller's fault, said like any other."""
    code, status = await failure(server.stubs.decide_bytes(b"\xff\xff\xff"))
    assert (code, reason(status)) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_ARGUMENT")


async def test_the_same_request_id_gives_the_same_bytes(server: Running) -> None:
    """A repeated request is answered byte for byte like the first, also 32 times at once, and reserves once."""
    await server.stubs.upsert()
    asked = request(request_id="once").SerializeToString()
    answers = await asyncio.gather(*(server.stubs.decide_bytes(asked) for _ in range(32)))
    later = await server.stubs.decide_bytes(asked)
    assert {*answers, later} == {later}
    assert decision_pb2.DecideResponse.FromString(later).actions
    ref = server.serving.store.identity.customer("anna")
    ledger = (await server.serving.store.reader.read([ref])).states[0].ledger
    assert len({contact.decision_id for contact in ledger}) == 1


async def test_the_log_names_the_decision_of_a_repeat_too(
    settings: Settings, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """Both lines of a call that came twice carry the same decision id."""
    caplog.set_level(logging.INFO, "nba.access")
    async with running_server(dataclasses.replace(settings, access_log=True)) as running:
        answer = await running.stubs.decide(request_id="r1")
        await running.stubs.decide(request_id="r1")
    named = [getattr(record, "decision_id", "") for record in caplog.records if record.name == "nba.access"]
    assert named == [answer.decision_id, answer.decision_id]


async def test_a_request_id_cannot_be_used_for_another_request(server: Running) -> None:
    """The same request id with another request is refused and says so."""
    await server.stubs.upsert()
    await server.stubs.decide(request_id="mine")
    code, status = await failure(server.stubs.decisions.Decide(request(channel="web", request_id="mine")))
    assert (code, reason(status)) == (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")


async def test_a_preview_leaves_no_trace(server: Running, store: Store) -> None:
    """A preview says so, has no decision id, reserves nothing and journals nothing."""
    await server.stubs.upsert()
    before = await store.journal.length()
    answer = await server.stubs.decide(preview=True, request_id="look")
    ref = store.identity.customer("anna")
    assert (answer.preview, answer.decision_id) == (True, "")
    assert answer.actions
    assert not answer.actions[0].HasField("reserved_until")
    assert await store.journal.length() == before
    assert not (await store.reader.read([ref])).states[0].ledger
    assert (await server.stubs.decide(request_id="look")).decision_id


async def test_excluded_actions_stay_out(server: Running) -> None:
    """An action that the caller excludes is not proposed, this time."""
    await server.stubs.upsert()
    answer = await server.stubs.decide(excluded_actions=["unlimited"])
    assert [action.action for action in answer.actions] == ["second-sim"]


async def test_an_opt_out_holds_for_the_very_next_decision(server: Running) -> None:
    """An opt-out revokes the consent in the same call, and the next decision respects it."""
    await server.stubs.upsert()
    first = await server.stubs.decide(channel="email")
    result = await server.stubs.react(first.decision_id, "OPTED_OUT")
    assert any("revoked" in effect for effect in result.effects)
    second = await server.stubs.decide(channel="email")
    assert not second.actions
    assert second.no_offers[0].reason.code == "consent_revoked"


async def test_a_refused_action_rests(server: Running) -> None:
    """After a refusal the action is suppressed for the next decision, and the trace says by which rule."""
    await server.stubs.upsert()
    first = await server.stubs.decide()
    await server.stubs.react(first.decision_id, "REJECTED", "unlimited")
    second = await server.stubs.decide()
    assert [action.action for action in second.actions] == ["second-sim"]
    explained = await server.stubs.decisions.GetDecision(
        decision_pb2.GetDecisionRequest(decision_id=second.decision_id)
    )
    traced = next(entry for entry in explained.trace if entry.action == "unlimited")
    assert (traced.stage, traced.reasons[0].code) == (reason_pb2.STAGE_CONTACT_POLICY, "suppressed")


async def test_decisions_are_explained_bit_for_bit(server: Running) -> None:
    """GetDecision recomputes decisions on all channels, whatever was known, identical to the journal."""
    asked = [
        request(f"customer-{number % 7}", channel, context=context)
        for number, (channel, context) in enumerate(
            [("call", {"reason": "move"}), ("web", {}), ("email", {}), ("call", {"reason": "fault"})] * 6
        )
    ]
    for number in range(4):
        await server.stubs.upsert(f"customer-{number}", {"age": 20 + number, "country": "DE", "data_used": number / 3})
    answers = await asyncio.gather(*(server.stubs.decisions.Decide(one) for one in asked))
    for one, answer in zip(asked, answers, strict=True):
        explained = await server.stubs.decisions.GetDecision(
            decision_pb2.GetDecisionRequest(decision_id=answer.decision_id)
        )
        assert (explained.identical, list(explained.differences)) == (True, [])
        assert explained.decision == answer
        assert explained.channel == one.channel
        assert {entry.action for entry in explained.trace} == set(server.serving.catalogs.live.index)


async def test_an_unknown_decision(server: Running) -> None:
    """What is no decision id is invalid; one that was never given is not found."""
    code, _ = await failure(server.stubs.decisions.GetDecision(decision_pb2.GetDecisionRequest(decision_id="x")))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    given = (await server.stubs.decide()).decision_id
    other = given[:-1] + ("0" if given[-1] != "0" else "1")
    code, _ = await failure(server.stubs.decisions.GetDecision(decision_pb2.GetDecisionRequest(decision_id=other)))
    assert code in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT)


async def test_large_requests_are_refused(server: Running) -> None:
    """A request above the size limit ends with RESOURCE_EXHAUSTED and reaches nobody."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await server.stubs.decide_bytes(b"\x00" * 5_000_000)
    assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
