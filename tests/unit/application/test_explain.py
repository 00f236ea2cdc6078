"""Explaining: the same decision again from its journal entry, and what the race made of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nba_server.application.decide import DecideResult
from nba_server.application.explain import Explain
from nba_server.application.ports import JournaledDecision
from nba_server.domain.decision import Decision, PlacementRequest
from nba_server.domain.reasons import ReasonCode, Stage
from nba_server.errors import FailedPrecondition, InvalidArgument, NotFound
from tests.plain_formats import FakeJournalReader, PlainAnswers, PlainJournal
from tests.unit.application.conftest import Desk
from tests.unit.application.shop import shop

PLACES = (PlacementRequest("hero"), PlacementRequest("side"))


def explain_with(desk: Desk, entries: FakeJournalReader) -> Explain:
    """The use case over these entries."""
    return Explain(
        identity=desk.identity,
        decisions=entries,
        catalogs=desk.catalogs,
        models=desk.models,
        answers=PlainAnswers(),
        journal=PlainJournal(),
    )


def journaled(desk: Desk, result: DecideResult, **other: object) -> FakeJournalReader:
    """The decision as the journal gives it back: without the ids of the customer."""
    decision = result.decision
    assert isinstance(decision, Decision)
    given = decision.input
    logged = JournaledDecision(
        decision_id=result.decision_id,
        customer_ref=desk.identity.customer("ada").ref,
        caller="tests",
        request=given.request._replace(customer_id="", visitor_id=""),
        blobs=given.state.blobs,
        state=given.state,
        now_ms=given.now_ms,
        seed=given.seed,
        catalog_hash=decision.catalog_hash,
        model_version=decision.model_version,
        payload=desk.store.journal[-1][1],
        taken=result.taken,
        answer=result.answer,
    )
    return FakeJournalReader({result.decision_id: replace(logged, **other)})


async def test_a_decision_is_recomputed_bit_for_bit(desk: Desk) -> None:
    """The recomputation equals the journal, and every action has a trace for each placement."""
    result = await desk.decided(placements=PLACES)
    explained = await explain_with(desk, journaled(desk, result))(result.decision_id)
    assert explained.identical
    assert explained.answer == result.answer
    assert [(t.placement, t.action) for t in explained.trace] == [
        (place, action) for place in ("hero", "side") for action in ("card", "loan", "receipt", "travel")
    ]
    assert {t.action for t in explained.trace if t.stage is Stage.OFFERED} == {"loan", "card", "travel"}


async def test_a_difference_is_said(desk: Desk) -> None:
    """A journal entry that the recomputation does not give is reported, not hidden."""
    result = await desk.decided()
    explained = await explain_with(desk, journaled(desk, result, payload=b"another"))(result.decision_id)
    assert not explained.identical
    assert explained.differences == ("the entries differ",)


async def test_the_answer_is_composed_again_once_the_store_forgot_it(desk: Desk) -> None:
    """Archived decisions have no stored answer; the one composed again equals it."""
    result = await desk.decided(placements=PLACES)
    explained = await explain_with(desk, journaled(desk, result, answer=b""))(result.decision_id)
    assert explained.answer == result.answer


async def test_the_race_is_told(desk: Desk) -> None:
    """A choice that lost the last slot is removed at the reservation, its substitute is offered and says so."""
    hero = PLACES[:1]
    _, second = await desk.decide([desk.command(placements=hero) for _ in range(2)])
    assert isinstance(second, DecideResult)
    entries = journaled(desk, second, substituted=second.taken)
    explained = await explain_with(desk, entries)(second.decision_id)
    stages = {trace.action: (trace.stage, trace.reasons[0].code) for trace in explained.trace}
    assert stages["loan"] == (Stage.RESERVATION, ReasonCode.LOST_RACE)
    assert stages["receipt"] == (Stage.OFFERED, ReasonCode.SUBSTITUTED)


async def test_an_older_catalogue_is_used(desk: Desk) -> None:
    """A decision is recomputed with the snapshot that it was made with."""
    result = await desk.decided()
    entries = journaled(desk, result)
    desk.catalogs.older.append(desk.catalogs.live)
    desk.catalogs.live = shop(actions=desk.catalog.actions[:1], hash_="shop-2")
    assert (await explain_with(desk, entries)(result.decision_id)).identical


async def test_what_is_gone_is_named(desk: Desk) -> None:
    """Unknown decisions, catalogues and models, and what is no id at all, each have their error."""
    result = await desk.decided()
    with pytest.raises(NotFound):
        await explain_with(desk, FakeJournalReader())(result.decision_id)
    with pytest.raises(InvalidArgument):
        await explain_with(desk, FakeJournalReader())("nonsense")
    for field, reason in (("catalog_hash", "CATALOG_GONE"), ("model_version", "MODEL_GONE")):
        with pytest.raises(FailedPrecondition) as caught:
            await explain_with(desk, journaled(desk, result, **{field: "other"}))(result.decision_id)
        assert caught.value.reason == reason
