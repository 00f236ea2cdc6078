"""What holds for every decision, whatever the catalogue, the customer and the seed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import allows, verdict
from nba_server.domain.decision import Decision, DecisionInput, decide
from nba_server.domain.engagement import SuppressionLevel
from nba_server.domain.funnel.stages import STAGES
from nba_server.domain.ledger import admits
from nba_server.domain.moment import Moment
from nba_server.domain.pair_facts import pair_facts
from nba_server.domain.reasons import Stage
from nba_server.domain.shared_facts import shared_facts
from nba_server.domain.trace import trace
from tests.property.worlds import requests, shops
from tests.unit.domain.builder import NOW_MS, Scorer

EXAMPLES = settings(max_examples=200, deadline=None, derandomize=True)


def decided(shop: Catalog, asked: DecisionInput, **options: object) -> Decision:
    """One traced decision, by the priors."""
    return decide([asked], shop, Scorer(), trace=True, **options)[0]  # type: ignore[arg-type]


@EXAMPLES
@given(shops(), requests())
def test_never_an_action_that_may_not_be_shown(shop: Catalog, asked: DecisionInput) -> None:
    """Every pick and alternate, checked again one rule at a time, may be shown; a fallback at least with consent."""
    decision = decided(shop, asked)
    for pick in decision.picks:
        index = decision.candidates[pick.candidate].action
        assert shop.actions[index].fallback is pick.fallback
        assert _permitted(shop, asked, index)
        assert pick.fallback or _qualified(shop, asked, index)


def _permitted(shop: Catalog, asked: DecisionInput, index: int) -> bool:
    """Approved, treated, not excluded, consented, not muted, within every limit."""
    action, state = shop.actions[index], asked.state
    muted = {
        SuppressionLevel.ACTION: action.id,
        SuppressionLevel.GROUP: action.group,
        SuppressionLevel.RELATED: f"line={action.attributes['line']}",
    }
    limits = [
        limit
        for limit in shop.limits
        if not limit.shadow and limit.covers_action(action, "web", shop.channels["web"].direction)
    ]
    return (
        action.approved
        and any(treatment.channel == "web" for treatment in action.treatments)
        and action.id not in asked.request.excluded_actions
        and allows(verdict(state.consents, "web", action.purpose, NOW_MS), action.purpose, unknown_allowed=False)
        and all(found.key != muted[found.level] or found.channel not in ("*", "web") for found in state.suppressions)
        and (action.transactional or all(admits(state.ledger, limit, NOW_MS, NOW_MS) for limit in limits))
    )


def _qualified(shop: Catalog, asked: DecisionInput, index: int) -> bool:
    """Inside its dates, every rule true, worth something, with a lever."""
    action = shop.actions[index]
    moment = Moment(asked.state, "web", asked.request.context, shop, NOW_MS)
    reads = frozenset(name for found in shop.rules for name in found.reads)
    facts = shared_facts(moment, reads) | pair_facts(moment, (index,), reads)[0]
    return (
        action.start_ms <= NOW_MS
        and (not action.end_ms or action.end_ms > NOW_MS)
        and all(found.predicate(facts) is True for found in shop.rules if index in found.actions)
        and (action.value > 0 or action.mandatory or action.class_ == "service")
        and (action.weights > -100 or action.mandatory)
    )


@EXAMPLES
@given(shops(), requests())
def test_chances_of_the_first_position_sum_to_one(shop: Catalog, asked: DecisionInput) -> None:
    """For each placement that shows something, the candidates' chances sum to 1 and the first pick has its own."""
    decision = decided(shop, asked)
    for funnel in decision.funnels:
        chances = [c.pick_probability for c in decision.candidates if c.placement == funnel.placement]
        firsts = [pick for pick in decision.picks if pick.position == 1]
        first = [p for p in firsts if decision.candidates[p.candidate].placement == funnel.placement]
        assert sum(chances) == pytest.approx(1.0 if first else 0.0)
        for pick in first:
            assert decision.candidates[pick.candidate].pick_probability == pytest.approx(pick.pick_probability)
            assert pick.pick_probability > 0


@EXAMPLES
@given(shops(), requests())
def test_every_action_is_accounted_for(shop: Catalog, asked: DecisionInput) -> None:
    """Each action is shown once at the most; removed ones have reasons of their stage; empty placements have a reason."""
    decision = decided(shop, asked)
    shown = [decision.candidates[pick.candidate].action for pick in decision.picks if pick.position]
    assert len(shown) == len(set(shown))
    for found in trace(decision, shop):
        index = shop.index[found.action]
        if found.stage is Stage.OFFERED:
            assert index in shown
        else:
            assert found.reasons
            assert {reason.stage for reason in found.reasons} == {found.stage}
    filled = {decision.candidates[pick.candidate].placement for pick in decision.picks}
    assert {funnel.placement for funnel in decision.funnels} == filled | set(decision.no_offer)
    assert not filled & set(decision.no_offer)


@EXAMPLES
@given(shops(), requests(), st.integers(0, 3))
def test_equal_arguments_give_equal_results(shop: Catalog, asked: DecisionInput, company: int) -> None:
    """The same input gives the same decision bit for bit, alone or in a batch, with or without trace."""
    first = decided(shop, asked)
    again = decide([asked] * (company + 1), shop, Scorer())[company]
    assert (first.candidates, first.picks, first.reasons) == (again.candidates, again.picks, again.reasons)
    assert (first.no_offer, first.propensities, first.evaluable) == (
        again.no_offer,
        again.propensities,
        again.evaluable,
    )
    assert all((a.stage == b.stage).all() for a, b in zip(first.funnels, again.funnels, strict=True))


@EXAMPLES
@given(shops(), requests(), st.sampled_from(STAGES[:6]))
def test_a_stage_only_removes(shop: Catalog, asked: DecisionInput, step: object) -> None:
    """Without any one of the filtering stages no regular candidate is lost."""
    whole = decided(shop, asked)
    fewer = decided(shop, asked, stages=tuple(found for found in STAGES if found is not step))
    regular = {(c.placement, c.action) for c in whole.candidates if not shop.actions[c.action].fallback}
    assert regular <= {(c.placement, c.action) for c in fewer.candidates}
