"""Deciding for all requests in flight: repeats, races, previews, neighbours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nba_server.application.decide import DecideResult
from nba_server.application.recheck import ranks_of
from nba_server.domain.decision import Decision, PlacementRequest
from nba_server.domain.engagement import ContactState
from nba_server.domain.profile import Profile
from nba_server.errors import Conflict, InvalidArgument, NbaError, StoreUnavailable
from tests.fakes import START_MS, FakeScorer, FakeStore
from tests.unit.application.conftest import Desk
from tests.unit.application.shop import DAILY, DAY_MS, MINUTE_MS, SHADOW, shop

HERO = (PlacementRequest("hero"),)


def lines(result: DecideResult) -> list[str]:
    """The answer without its head."""
    return result.answer.decode().splitlines()[1:]


async def test_the_best_action_is_reserved_and_journaled(desk: Desk) -> None:
    """One commit writes the ledger entry, its timer and the journal entry of the decision."""
    result = await desk.decided(placements=HERO)
    assert lines(result) == ["hero 1 loan"]
    ref = desk.identity.customer("ada")
    (contact,) = desk.store.state(ref).ledger
    assert contact.id == f"{result.decision_id}:loan"
    assert (contact.state, contact.channel, contact.placement) == (ContactState.RESERVED, "web", "hero")
    assert contact.expires_ms == START_MS + 5 * MINUTE_MS
    assert contact.respond_until_ms == START_MS + 3 * DAY_MS  # the action's own window
    assert desk.store.timers == {ref: contact.respond_until_ms}
    assert [kind for kind, _ in desk.store.journal] == ["decision"]
    assert desk.identity.customer_of(result.decision_id) == ref


async def test_the_same_request_id_gives_the_same_answer(desk: Desk) -> None:
    """A repeat reserves nothing, even when the profile has changed meanwhile."""
    first = await desk.decided(request_id="r1")
    ref = desk.identity.customer("ada")
    state = desk.store.state(ref)
    desk.store.states[ref.ref] = replace(state, profile=Profile(known=True), profile_version=5, guard_version=5)
    again = await desk.decided(request_id="r1")
    assert again.answer == first.answer
    assert again.repeated
    assert len(desk.store.journal) == 1


async def test_a_request_id_cannot_be_used_for_another_request(desk: Desk) -> None:
    """The same id with another context is refused, and nothing is reserved."""
    await desk.decided(request_id="r1")
    (result,) = await desk.decide([desk.command(request_id="r1", context={"reason": "other"})])
    assert isinstance(result, Conflict)
    assert result.reason == "REQUEST_ID_REUSED"


async def test_a_repeat_outlives_its_catalogue(desk: Desk) -> None:
    """A retry is answered as before although today's catalogue would refuse the request."""
    first = await desk.decided(request_id="r1", excluded_actions=frozenset({"travel"}))
    desk.catalogs.live = shop(actions=[a for a in desk.catalog.actions if a.id != "travel"], hash_="shop-2")
    again = await desk.decided(request_id="r1", excluded_actions=frozenset({"travel"}))
    assert again.answer == first.answer
    (fresh,) = await desk.decide([desk.command(request_id="r2", excluded_actions=frozenset({"travel"}))])
    assert isinstance(fresh, InvalidArgument)


async def test_the_limit_holds_for_the_next_decision(desk: Desk) -> None:
    """After the day's one advertising contact only the transactional action is left."""
    await desk.decided(placements=HERO)
    assert lines(await desk.decided(placements=HERO)) == ["hero 1 receipt"]


async def test_stale_decisions_are_decided_again(desk: Desk) -> None:
    """A change between read and commit leads to one more decision on fresh data."""
    ref = desk.identity.customer("ada")

    async def once() -> None:
        if desk.store.reads == 1:
            desk.store.states[ref.ref] = replace(desk.store.state(ref), guard_version=1)

    desk.store.after_read = once
    result = await desk.decided()
    assert (desk.store.reads, desk.store.commits, result.attempts) == (2, 2, 2)


async def test_endless_change_is_unavailable(desk: Desk) -> None:
    """After four decisions in vain the caller is told to come back, and nothing was reserved."""
    ref = desk.identity.customer("ada")

    async def always() -> None:
        state = desk.store.state(ref)
        desk.store.states[ref.ref] = replace(state, guard_version=state.guard_version + 1)

    desk.store.after_read = always
    (result,) = await desk.decide([desk.command()])
    assert isinstance(result, StoreUnavailable)
    assert result.reason == "CUSTOMER_CONTENDED"
    assert desk.store.commits == 4
    assert desk.store.state(ref).ledger == ()


async def test_only_the_stale_ones_are_decided_again(desk: Desk) -> None:
    """A neighbour's change costs the others nothing."""
    ref = desk.identity.customer("bob")

    async def once() -> None:
        if desk.store.reads == 1:
            desk.store.states[ref.ref] = replace(desk.store.state(ref), guard_version=1)

    desk.store.after_read = once
    results = await desk.decide([desk.command(name) for name in ("ada", "bob", "eve")])
    assert [result.attempts for result in results if isinstance(result, DecideResult)] == [1, 2, 1]


async def test_a_failing_command_never_fails_its_neighbours(desk: Desk) -> None:
    """A wrong request and one that breaks the scorer get errors, the others their answers."""

    class Fragile(FakeScorer):
        def score(self, cases):  # type: ignore[no-untyped-def]
            if any(case.shared.get("customer.city") == "bomb" for case in cases):
                raise ZeroDivisionError("secret")
            return super().score(cases)

    desk.models.live = Fragile(reads=frozenset({"customer.city"}))
    ref = desk.identity.customer("bomb")
    desk.store.states[ref.ref] = replace(
        desk.store.state(ref), profile=Profile({"city": "bomb"}, known=True), consents=()
    )
    desk.catalogs.live = replace(desk.catalog, profiling_requires_consent=False)
    commands = [desk.command("ada"), desk.command("bomb"), desk.command("eve", channel="fax"), desk.command("bob")]
    results = await desk.decide(commands)
    assert [type(result) for result in results] == [DecideResult, NbaError, InvalidArgument, DecideResult]
    assert "secret" not in str(results[1])


async def test_one_read_and_one_commit_serve_all(desk: Desk) -> None:
    """Thirty requests are one read, one call of the scorer and one commit."""
    results = await desk.decide([desk.command(f"c{number}") for number in range(30)])
    assert all(isinstance(result, DecideResult) for result in results)
    assert (desk.store.reads, desk.store.commits, desk.models.live.calls) == (1, 1, 1)  # type: ignore[attr-defined]


async def test_two_requests_of_one_customer_share_the_limit(desk: Desk) -> None:
    """In one batch both see an empty ledger; the store gives the last slot to one of them only."""
    first, second = await desk.decide([desk.command(placements=HERO) for _ in range(2)])
    assert isinstance(first, DecideResult)
    assert isinstance(second, DecideResult)
    assert lines(first) == ["hero 1 loan"]
    assert lines(second) == ["hero 1 receipt substituted"]


async def test_a_preview_reserves_and_journals_nothing(desk: Desk) -> None:
    """A preview has no decision id, leaves no trace and does not use up its request id."""
    preview = await desk.decided(request_id="r1", placements=HERO, preview=True)
    assert preview.answer.decode().splitlines() == ["decision preview", "hero 1 loan"]
    assert (desk.store.journal, desk.store.states, desk.store.commits) == ([], {}, 0)
    assert not (await desk.decided(request_id="r1", placements=HERO)).repeated


async def test_an_anonymous_visitor_has_no_ledger(desk: Desk) -> None:
    """Without any id the decision is journaled, but no contact is kept and no limit applies."""
    for _ in range(3):
        assert lines(await desk.decided("", placements=HERO)) == ["hero 1 loan"]
    assert desk.store.states == {}
    assert len(desk.store.journal) == 3


async def test_an_anonymous_repeat_is_answered_as_before(desk: Desk) -> None:
    """The request id alone finds the stored answer of an anonymous visitor."""
    first = await desk.decided("", "r1")
    assert (await desk.decided("", "r1")).answer == first.answer
    assert len(desk.store.journal) == 1


async def test_a_visitor_is_nobodys_customer(desk: Desk) -> None:
    """A visitor id has a ledger of its own, even when it reads like a customer id."""
    await desk.decided("", visitor_id="ada", placements=HERO)
    assert lines(await desk.decided("ada", placements=HERO)) == ["hero 1 loan"]


async def test_requests_without_an_id_are_decisions_of_their_own(desk: Desk) -> None:
    """The server makes a request id for each, so that two calls are two decisions."""
    first, second = await desk.decided(), await desk.decided()
    assert first.decision_id != second.decision_id
    assert len(desk.store.journal) == 2


async def test_what_is_not_wanted_any_more_is_not_committed(desk: Desk) -> None:
    """A caller who has gone before the commit leaves nothing in the store."""
    results = await desk.decide([desk.command("ada"), desk.command("bob")], lambda place: place != 0)
    assert isinstance(results[0], NbaError)
    assert isinstance(results[1], DecideResult)
    assert list(desk.store.states) == [desk.identity.customer("bob").ref]


async def test_limits_reach_the_store_only_where_they_apply() -> None:
    """Shadow limits and those that do not cover the action are not handed over; transactional actions carry none."""
    seen = []

    class Watching(FakeStore):
        async def commit(self, commits):  # type: ignore[no-untyped-def]
            seen.extend(commits)
            return await super().commit(commits)

    desk = Desk(shop(limits=(SHADOW, DAILY)), Watching())
    await desk.decided()
    commit = seen[0].checked()
    assert commit.limits == (DAILY,)
    assert {offer.contact.action: offer.limits for offer in commit.offers}["loan"] == (0,)
    assert all(offer.limits == () for offer in commit.offers if offer.contact.action == "receipt")


async def test_an_unreachable_store_is_an_error_for_all(desk: Desk) -> None:
    """No offer is ever given without its reservation."""
    desk.store.down = True
    results = await desk.decide([desk.command("ada"), desk.command("bob")])
    assert all(isinstance(result, StoreUnavailable) for result in results)


@pytest.mark.parametrize("slots", [1, 2])
async def test_alternates_rank_behind_the_slate(desk: Desk, slots: int) -> None:
    """Whoever takes a lone slot is first; in a slate the substitute comes after the choices."""
    result = await desk.decided(placements=(PlacementRequest("hero", slots=slots),))
    assert isinstance(result.decision, Decision)
    ranks = ranks_of(result.decision)
    chosen = [pick for pick in result.decision.picks if pick.position]
    assert ranks[: len(chosen)] == list(range(1, len(chosen) + 1))
    behind = ranks[len(chosen) :]
    assert behind == ([1] * len(behind) if slots == 1 else [slots + 1 + k for k in range(len(behind))])
