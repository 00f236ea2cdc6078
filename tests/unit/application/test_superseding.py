"""Decisions that take the place of others, and decisions that are activated later or never."""

from __future__ import annotations

from typing import Any

import pytest

from nba_server.application.activate import Activated, ActivateDecision
from nba_server.application.customer_changes import CustomerChanges
from nba_server.application.customer_validation import UpsertCommand
from nba_server.application.decide import DecideResult
from nba_server.domain.consent import Consent, ConsentStatus
from nba_server.domain.decision import PlacementRequest
from nba_server.domain.engagement import ContactState
from nba_server.domain.outcome import OutcomeType
from nba_server.errors import InvalidArgument, NotFound
from tests.fakes import START_MS
from tests.plain_formats import PlainJournal
from tests.unit.application.conftest import Desk
from tests.unit.application.shop import DAY_MS, MINUTE_MS, shop

HERO = (PlacementRequest("hero"),)
MAIL: dict[str, Any] = {"channel": "email", "placements": (PlacementRequest("mail"),)}


def activation(desk: Desk) -> ActivateDecision:
    """The use case over the desk's store."""
    changes = CustomerChanges(reader=desk.store, writer=desk.store)
    return ActivateDecision(identity=desk.identity, changes=changes, catalogs=desk.catalogs, journal=PlainJournal())


def states(desk: Desk, customer: str = "ada") -> list[ContactState]:
    """The states in the customer's ledger."""
    return [entry.state for entry in desk.store.state(desk.identity.customer(customer)).ledger]


async def refusal(desk: Desk, **other: Any) -> list[tuple[str, str]]:
    """Field and first word of each violation of a decision that must be refused."""
    (result,) = await desk.decide([desk.command(placements=HERO, **other)])
    assert isinstance(result, InvalidArgument), result
    return [(v.field, v.message) for v in result.violations]


async def test_twenty_changes_of_context_are_one_contact(desk: Desk) -> None:
    """Under a cap of one a day each decision that supersedes the last offers something; without, nothing is offered."""
    last = await desk.decided(placements=HERO)
    for number in range(20):
        last = await desk.decided(placements=HERO, supersedes=last.decision_id, context={"items": number})
        assert b"loan" in last.answer
    assert states(desk).count(ContactState.RESERVED) == 1
    assert len(desk.store.timers) == 1
    assert b"loan" not in (await desk.decided(placements=HERO)).answer


async def test_the_features_of_a_swap_do_not_see_what_it_replaces(desk: Desk) -> None:
    """The decision is made as if the superseded contact had never been; the journal keeps the ledger as it was read."""
    first = await desk.decided(placements=HERO)
    second = await desk.decided(placements=HERO, supersedes=first.decision_id)
    assert second.decision is not None
    assert [entry.state for entry in second.decision.input.state.ledger] == [ContactState.RESERVED]
    assert [pick.position for pick in second.decision.picks][:1] == [1]


async def test_what_cannot_be_superseded_is_refused_by_field(desk: Desk) -> None:
    """No id of ours, a stranger's decision, an unknown, an expired and a superseded one: each names `supersedes`."""
    mine = (await desk.decided(placements=HERO)).decision_id
    strangers = (await desk.decided("eve", placements=HERO)).decision_id
    ref = desk.identity.customer("ada")
    unknown = desk.identity.decision_id(ref.bucket, START_MS, desk.identity.request_key("tests", ref.ref, "none"))
    newer = (await desk.decided(placements=HERO, supersedes=mine)).decision_id
    found = [await refusal(desk, supersedes=name) for name in ("nonsense", strangers, unknown, mine)]
    desk.store.now_ms += 6 * MINUTE_MS
    found.append(await refusal(desk, supersedes=newer))
    assert [[field for field, _ in violations] for violations in found] == [["supersedes"]] * 5
    told = [violations[0][1] for violations in found]
    for words, text in zip(("not an id", "another customer", "not known", "already", "ended"), told, strict=True):
        assert words in text
    (nobody,) = await desk.decide([desk.command("", placements=HERO, supersedes=mine)])
    assert isinstance(nobody, InvalidArgument)


async def test_all_faults_are_told_together(desk: Desk) -> None:
    """A wrong channel and a wrong `supersedes` come in one answer."""
    (result,) = await desk.decide([desk.command(channel="pigeon", supersedes="x")])
    assert isinstance(result, InvalidArgument)
    assert [violation.field for violation in result.violations] == ["channel", "supersedes"]


async def test_a_repeat_of_a_swap_is_the_same_answer(desk: Desk) -> None:
    """Byte for byte, though what it superseded is gone; with another `supersedes` it is another request."""
    first = await desk.decided(placements=HERO)
    swap: dict[str, Any] = {"request_id": "r", "placements": HERO, "supersedes": first.decision_id}
    second = await desk.decided(**swap)
    assert (await desk.decided(**swap)).answer == second.answer
    (other,) = await desk.decide([desk.command(request_id="r", placements=HERO)])
    assert not isinstance(other, DecideResult)
    assert other.reason == "REQUEST_ID_REUSED"


async def test_a_deferred_decision_that_is_never_used_leaves_no_trace(desk: Desk) -> None:
    """Outbound, too, its reservation lapses; at the end of the window it is released without `no_response`."""
    await _consented(desk)
    await desk.decided(deferred=True, **MAIL)
    assert states(desk) == [ContactState.RESERVED]
    desk.store.now_ms += 8 * DAY_MS
    assert (await desk.expire()).no_responses == 0
    assert states(desk) == [ContactState.RELEASED]
    assert [kind for kind, _ in desk.store.journal] == ["customer", "decision"]


@pytest.mark.parametrize("late", [False, True])
async def test_an_activated_decision_counts_from_its_decide_call(late: bool) -> None:
    """Activation confirms; the window still ends where the decision began it, and then silence is `no_response`."""
    desk = Desk(shop())
    deferred = await desk.decided(deferred=True, placements=HERO)
    desk.store.now_ms += 6 * MINUTE_MS if late else MINUTE_MS
    activated = await activation(desk)(deferred.decision_id, (), "tests")
    assert activated == Activated(("loan",), ("loan",) if late else ())
    assert states(desk) == [ContactState.CONFIRMED]
    assert (await activation(desk)(deferred.decision_id, ("loan",), "tests")) == Activated()
    desk.store.now_ms = START_MS + 3 * DAY_MS
    assert (await desk.expire()).no_responses == 1
    assert [kind for kind, _ in desk.store.journal] == ["decision", "outcome", "outcome"]


async def test_activation_behind_the_window_ends_at_once(desk: Desk) -> None:
    """The clock started at the decision: activated after its window, silence is told at once, exactly once."""
    deferred = await desk.decided(deferred=True, placements=HERO)
    desk.store.now_ms += 4 * DAY_MS
    await desk.expire()
    assert states(desk) == [ContactState.RELEASED]
    assert (await activation(desk)(deferred.decision_id, (), "tests")).late == ("loan",)
    assert [(await desk.expire()).no_responses for _ in range(2)] == [1, 0]


async def test_any_outcome_activates(desk: Desk) -> None:
    """A score on an outbound deferred decision activates it: it fails closed again, until the score is taken back."""
    for back, expected in ((False, ContactState.CONFIRMED), (True, ContactState.RELEASED)):
        desk = Desk(shop(limits=()))
        await _consented(desk)
        deferred = await desk.decided(deferred=True, **MAIL)
        await desk.outcome(OutcomeType.SCORE, deferred.decision_id, event_id="s", value=3.0)
        if back:
            await desk.outcome(OutcomeType.WITHDRAWN, deferred.decision_id, withdraws="s")
        desk.store.now_ms += 8 * DAY_MS
        assert (await desk.expire()).no_responses == int(not back)
        assert states(desk) == [expected]


async def test_only_deferred_decisions_can_be_activated(desk: Desk) -> None:
    """An ordinary decision stays as it is; an unknown one and an action that was not offered are told."""
    ordinary = await desk.decided(placements=HERO)
    assert await activation(desk)(ordinary.decision_id, (), "tests") == Activated()
    assert states(desk) == [ContactState.RESERVED]
    with pytest.raises(NotFound):
        await activation(desk)(ordinary.decision_id, ("card",), "tests")
    eve = desk.identity.customer("eve")
    unknown = desk.identity.decision_id(eve.bucket, START_MS, desk.identity.request_key("t", eve.ref, "r"))
    with pytest.raises(NotFound):
        await activation(desk)(unknown, (), "tests")
    with pytest.raises(InvalidArgument):
        await activation(desk)("nonsense", (), "tests")


async def _consented(desk: Desk) -> None:
    granted = (Consent("email", "advertising", ConsentStatus.GRANTED, 1),)
    await desk.customers.upsert([UpsertCommand("ada", consents=granted)])
