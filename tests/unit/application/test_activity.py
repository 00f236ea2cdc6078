"""Contacts made elsewhere, purchases, and what the timers do."""

from __future__ import annotations

from nba_server.application.purchases import PurchaseCommand
from nba_server.application.record_contacts import ContactCommand
from nba_server.domain.decision import PlacementRequest
from nba_server.domain.engagement import ContactState
from nba_server.domain.outcome import OutcomeType
from nba_server.errors import InvalidArgument
from tests.fakes import START_MS
from tests.unit.application.conftest import Desk
from tests.unit.application.shop import DAY_MS

HERO = (PlacementRequest("hero"),)


async def test_a_contact_made_elsewhere_counts(desk: Desk) -> None:
    """An advertising mail of another system uses up the day's one contact."""
    (result,) = await desk.contacts([ContactCommand("ada", "mail-1", "email", "loan", pick_probability=0.5)])
    assert result.recorded
    assert (await desk.decided(placements=HERO)).answer.endswith(b"hero 1 receipt\n")
    assert desk.store.journal[0] == ("contact", b"x:mail-1 email fake")


async def test_a_contact_is_recorded_once(desk: Desk) -> None:
    """A repeat, also within the batch, changes nothing; its timer is the response window."""
    command = ContactCommand("ada", "mail-1", "email", occurred_ms=START_MS - 5)
    results = await desk.contacts([command, command])
    again = await desk.contacts([command])
    assert [result.recorded for result in (*results, *again)] == [True, False, False]
    ref = desk.identity.customer("ada")
    assert len(desk.store.state(ref).ledger) == 1
    assert desk.store.timers == {ref: START_MS - 5 + 7 * DAY_MS}


async def test_a_planned_contact_counts_at_its_time(desk: Desk) -> None:
    """A mail planned within the day leaves no room for another advertising contact."""
    await desk.contacts([ContactCommand("ada", "mail-1", "email", "loan", START_MS + DAY_MS // 2)])
    assert (await desk.decided(placements=HERO)).answer.endswith(b"hero 1 receipt\n")


async def test_all_faults_of_a_contact_are_named(desk: Desk) -> None:
    """Ids, channel, action and probability are one refusal, and the neighbour is recorded."""
    bad = ContactCommand("", "", "emial", "lone", -1, 1.5)
    refused, fine = await desk.contacts([bad, ContactCommand("ada", "mail-1", "email")])
    assert isinstance(refused.error, InvalidArgument)
    fields = {violation.field for violation in refused.error.violations}
    assert fields == {"customer_id", "contact_id", "channel", "action", "occurred_at", "pick_probability"}
    assert fine.recorded


async def test_purchases_are_recorded_once(desk: Desk) -> None:
    """A repeated basket changes nothing; several of a customer are one write."""
    baskets = [PurchaseCommand("ada", f"p{n}", value=10.0, value_by_category={"milk": 4.0}) for n in (1, 2, 1)]
    results = await desk.purchases(baskets)
    assert [result.recorded for result in results] == [True, True, False]
    state = desk.store.state(desk.identity.customer("ada"))
    assert (state.activity.purchases, state.activity.spend, state.engagement_version) == (2, 20.0, 1)
    assert state.activity.category_spend == {"milk": 8.0}
    assert [kind for kind, _ in desk.store.journal] == ["purchase", "purchase"]


async def test_wrong_purchases_are_refused_beside_good_ones(desk: Desk) -> None:
    """The future and numbers that are none are refused, each with its field."""
    results = await desk.purchases(
        [
            PurchaseCommand("ada", "p1", START_MS + 60_000),
            PurchaseCommand("ada", "", value=float("nan"), value_by_category={"milk": float("inf")}),
            PurchaseCommand("ada", "p2", START_MS - 1, 3.0),
        ]
    )
    assert [result.recorded for result in results] == [False, False, True]
    faults = [result.error.violations for result in results if isinstance(result.error, InvalidArgument)]
    assert [[violation.field for violation in found] for found in faults] == [
        ["occurred_at"],
        ["purchase_id", "value", "value_by_category.milk"],
    ]


async def test_a_forgotten_reservation_is_released(desk: Desk) -> None:
    """An inbound offer that nobody confirmed is released without an outcome."""
    await desk.decided(placements=HERO)
    desk.store.now_ms += 4 * DAY_MS
    expired = await desk.expire()
    assert (expired.due, expired.no_responses) == (1, 0)
    (contact,) = desk.store.state(desk.identity.customer("ada")).ledger
    assert contact.state is ContactState.RELEASED
    assert desk.store.timers == {}


async def test_silence_is_recorded_once(desk: Desk) -> None:
    """A shown offer without a reaction gets one `no_response` by the server, however often the timers run."""
    result = await desk.decided(placements=HERO)
    await desk.outcome(OutcomeType.IMPRESSION, result.decision_id)
    desk.store.now_ms += 4 * DAY_MS
    assert (await desk.expire()).no_responses == 1
    assert (await desk.expire()).due == 0
    assert desk.store.journal[-1] == ("outcome", f"{result.decision_id}:loan no_response server".encode())


async def test_two_timer_processes_record_once(desk: Desk) -> None:
    """When another process is faster between read and write, the slower one finds nothing left to do."""
    result = await desk.decided(placements=HERO)
    await desk.outcome(OutcomeType.IMPRESSION, result.decision_id)
    desk.store.now_ms += 4 * DAY_MS
    reads = desk.store.reads

    async def rival() -> None:
        if desk.store.reads == reads + 1:
            await Desk(desk.catalog, desk.store).expire()

    desk.store.after_read = rival
    assert (await desk.expire()).no_responses == 0
    assert sum(b"no_response" in payload for _, payload in desk.store.journal) == 1


async def test_an_answer_before_the_timer_wins(desk: Desk) -> None:
    """A click that arrives while the timer is at work is kept, and no silence is recorded."""
    result = await desk.decided(placements=HERO)
    desk.store.now_ms += 4 * DAY_MS
    reads = desk.store.reads

    async def click() -> None:
        if desk.store.reads == reads + 1:
            await Desk(desk.catalog, desk.store).outcome(OutcomeType.CLICKED, result.decision_id)

    desk.store.after_read = click
    assert (await desk.expire()).no_responses == 0
    (contact,) = desk.store.state(desk.identity.customer("ada")).ledger
    assert [reaction.type for reaction in contact.reactions] == ["clicked"]


async def test_timers_are_served_in_portions(desk: Desk) -> None:
    """At most the limit at once, oldest first, until nothing is due."""
    for number in range(5):
        await desk.decided(f"c{number}", placements=HERO)
    desk.store.now_ms += 4 * DAY_MS
    assert [(await desk.expire(2)).due for _ in range(4)] == [2, 2, 1, 0]
