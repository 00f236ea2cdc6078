"""`decide()` as a whole: batches, profiling, exploration over a slate, ties, alternates, words, trace."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from nba_server.domain.action import ContextWeight, Treatment
from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import Consent, ConsentStatus
from nba_server.domain.decision import Decision, PlacementRequest, contact_features, decide
from nba_server.domain.engagement import CustomerState, Suppression, SuppressionLevel
from nba_server.domain.exploration import pick_probabilities
from nba_server.domain.profile import Profile
from nba_server.domain.propensity import FeatureColumns
from nba_server.domain.reasons import ReasonCode, Stage
from nba_server.domain.trace import FeatureNames, trace
from tests.unit.domain.builder import GRANTED, NOW_MS, Scorer, action, asking, catalog, customer, rule

ABC = catalog(action("a", value=3.0), action("b", value=2.0), action("c", value=1.0))


def shown(decision: Decision, shop: Catalog, placement: str = "") -> list[str]:
    """The actions picked, in order."""
    picked = [decision.candidates[pick.candidate] for pick in decision.picks if pick.position]
    return [shop.actions[found.action].id for found in picked if placement in ("", found.placement)]


def test_batch_is_one_call_of_the_scorer_and_changes_nothing() -> None:
    """A batch asks the scorer once, and every decision is as if it had been made alone."""
    inputs = [asking(seed=seed, places=places) for seed, places in ((1, ("hero",)), (2, ("side", "hero")), (3, ()))]
    scorer = Scorer()
    together = decide(inputs, ABC, scorer)
    assert len(scorer.asked) == 1
    for given, found in zip(inputs, together, strict=True):
        alone = decide([given], ABC, Scorer())[0]
        assert (alone.picks, alone.candidates, alone.reasons) == (found.picks, found.candidates, found.reasons)


def test_no_call_without_candidates() -> None:
    """Where nothing reaches scoring, the scorer is not asked."""
    scorer = Scorer()
    decision = decide([asking(CustomerState())], ABC, scorer)[0]
    assert scorer.asked == []
    assert decision.no_offer["hero"].code is ReasonCode.CONSENT_UNKNOWN


def test_empty_catalogue() -> None:
    """A catalogue without actions gives no offer, with a reason."""
    decision = decide([asking()], catalog(), Scorer())[0]
    assert decision.no_offer["hero"].code is ReasonCode.NO_ACTIONS


def test_no_placements_means_all_of_the_channel() -> None:
    """A request without placements fills all of its channel."""
    decision = decide([asking(places=())], ABC, Scorer())[0]
    assert [funnel.placement for funnel in decision.funnels] == ["hero", "side"]


def test_profiling_needs_consent() -> None:
    """Without consent to profiling the scorer sees no personal fact, rules still do, and nothing is learned."""
    adult = rule("adult", lambda facts: facts["customer.age"] >= 18, (0,), "customer.age")  # type: ignore[operator]
    shop = catalog(action("a"), rules=(adult,))
    state = customer(profile=Profile({"age": 40}, known=True), consents=GRANTED[:1])
    scorer = Scorer(reads=frozenset({"customer.age", "request.hour", "action.id", "history.presented_30d", "now"}))
    decision = decide([asking(state)], shop, scorer)[0]
    case = scorer.asked[0][0]
    assert dict(case.shared) == {"request.hour": 13}
    assert [dict(pair) for pair in case.pairs] == [{"action.id": "a"}]
    assert shown(decision, shop) == ["a"]
    assert not decision.evaluable
    with_consent = decide([asking(replace(state, consents=GRANTED))], shop, scorer)[0]
    assert scorer.asked[1][0].shared["customer.age"] == 40
    assert with_consent.evaluable


def test_profiling_of_a_catalogue_that_needs_no_consent() -> None:
    """The catalogue may say that profiling needs no consent."""
    shop = replace(ABC, profiling_requires_consent=False)
    scorer = Scorer(reads=frozenset({"customer.known"}))
    decide([asking(customer(consents=GRANTED[:1]))], shop, scorer)
    assert scorer.asked[0][0].shared == {"customer.known": True}


def test_slate_chances_equal_enumeration() -> None:
    """Over many seeds, slates appear as often as the product of the conditional chances of their picks says."""
    epsilon = 0.5
    shop = catalog(
        *(action(name, value=value) for name, value in (("a", 3.0), ("b", 2.0), ("c", 2.0))), epsilon=epsilon, slots=2
    )
    seeds = 4000
    decisions = decide([asking(seed=seed) for seed in range(seeds)], shop, Scorer())
    counts = Counter(tuple(shown(decision, shop)) for decision in decisions)
    values = {"a": 3.0, "b": 2.0, "c": 2.0}
    for first, second, third in permutations("abc"):
        rest = [name for name in "abc" if name != first]
        chance = _chance("abc", first, values, epsilon) * _chance("".join(rest), second, values, epsilon)
        spread = (seeds * chance * (1 - chance)) ** 0.5
        assert abs(counts[first, second] - seeds * chance) < 4 * spread, (first, second, third)
    for decision in decisions[:200]:
        one, two = (pick for pick in decision.picks if pick.position)
        names = shown(decision, shop)
        assert one.pick_probability == pytest.approx(_chance("abc", names[0], values, epsilon))
        left = "".join(name for name in "abc" if name != names[0])
        assert two.pick_probability == pytest.approx(_chance(left, names[1], values, epsilon))


def _chance(names: str, name: str, values: dict[str, float], epsilon: float) -> float:
    priorities = np.log([values[item] for item in names])
    return float(pick_probabilities(priorities, epsilon)[names.index(name)])


def test_ties_are_broken_by_the_seed() -> None:
    """Of equals each comes first about as often, and never by its place in the catalogue."""
    shop = catalog(*(action(name) for name in "abcd"))
    counts = Counter(
        shown(decision, shop)[0] for decision in decide([asking(seed=s) for s in range(800)], shop, Scorer())
    )
    assert all(150 < counts[name] < 250 for name in "abcd")


def test_second_placement_is_conditional_on_the_first() -> None:
    """What the first placement shows is no candidate of chance for the second."""
    shop = catalog(*(action(name, value=value) for name, value in (("a", 3.0), ("b", 2.0), ("c", 1.0))), epsilon=0.3)
    decision = decide([asking(places=("hero", "side"), seed=5)], shop, Scorer())[0]
    first = shown(decision, shop, "hero")[0]
    side = {shop.actions[c.action].id: c.pick_probability for c in decision.candidates if c.placement == "side"}
    left = "".join(name for name in "abc" if name != first)
    values = {"a": 3.0, "b": 2.0, "c": 1.0}
    assert side == pytest.approx({first: 0.0} | {name: _chance(left, name, values, 0.3) for name in left})


def test_alternates_are_ordered_and_bounded() -> None:
    """Five alternates at the most, by priority, none that is shown anywhere."""
    shop = catalog(*(action(f"a{i}", value=float(i + 1)) for i in range(9)))
    decision = decide([asking(places=("hero", "side"))], shop, Scorer())[0]
    behind = [decision.candidates[p.candidate] for p in decision.picks if not p.position]
    assert [(c.placement, shop.actions[c.action].id) for c in behind] == [
        (place, f"a{i}") for place in ("hero", "side") for i in (6, 5, 4, 3, 2)
    ]
    assert [decision.candidates[p.candidate].placement for p in decision.picks] == ["hero"] * 6 + ["side"] * 6
    assert len(decision.reasons) == len(decision.picks)


def test_unusable_propensity_removes() -> None:
    """An action without a usable propensity is removed by scoring; the others are decided."""
    shop = catalog(action("a"), action("b"), action("c"))
    scorer = Scorer({"a": float("nan"), "b": 0.0})
    decision = decide([asking()], shop, scorer, trace=True)[0]
    assert shown(decision, shop) == ["c"]
    assert [found.stage for found in trace(decision, shop)] == [Stage.SCORING, Stage.SCORING, Stage.OFFERED]


def test_rule_that_cannot_be_evaluated_removes_with_its_own_code() -> None:
    """None with all data present is an error of the rule, not missing data."""
    broken = rule("broken", lambda facts: None, (0,), "customer.known")
    decision = decide([asking()], catalog(action("a"), rules=(broken,)), Scorer())[0]
    assert decision.no_offer["hero"].code is ReasonCode.RULE_ERROR
    assert decision.no_offer["hero"].subject == "broken"


def test_suppressions_of_things_that_are_gone() -> None:
    """Suppressions of actions, groups and values the catalogue no longer has, or of another channel, mute nothing."""
    levels = (SuppressionLevel.ACTION, SuppressionLevel.GROUP, SuppressionLevel.RELATED)
    gone = tuple(Suppression(level, "x=y", "*", 0, 0, "r") for level in levels)
    ended = Suppression(SuppressionLevel.ACTION, "a", "*", 0, NOW_MS, "r")
    elsewhere = Suppression(SuppressionLevel.ACTION, "a", "email", 0, 0, "r")
    shop = catalog(action("a"))
    decision = decide([asking(customer(suppressions=(*gone, ended, elsewhere)))], shop, Scorer())[0]
    assert shown(decision, shop) == ["a"]


def test_words_for_an_agent() -> None:
    """The reasons name what lifted the pick, strongest first, in whole sentences."""
    shop = catalog(
        action("a", value=30.0, weights=20.0),
        action("b", value=10.0),
        context_weights=(ContextWeight("reason", "card_lost", "action", "a", 60.0),),
    )
    given = asking(context={"reason": "card_lost"})
    decision = decide([given], shop, Scorer({"a": 0.06, "b": 0.05}))[0]
    assert [reason.text for reason in decision.reasons[0]] == [
        "It fits this moment: reason is card lost.",
        "Worth more than the others: 30.00 EUR.",
        "The business gives it +20 %.",
        "Likely to be welcome: 6.0 %, others here 5.5 % on average.",
        "It has the highest priority of all that qualify.",
    ]


def test_explored_pick_says_so() -> None:
    """A pick that was explored says that it is shown to learn; it is not called the best."""
    shop = catalog(action("a", value=100.0), action("b", value=1.0), epsilon=1.0)
    decisions = decide([asking(seed=seed) for seed in range(40)], shop, Scorer())
    explored = [d for d in decisions if d.picks[0].explored]
    assert 5 < len(explored) < 35
    for decision in explored:
        assert shown(decision, shop) == ["b"]
        assert decision.reasons[0][0].code is ReasonCode.SHOWN_TO_LEARN
        assert ReasonCode.BEST_PRIORITY not in {reason.code for reason in decision.reasons[0]}


def test_trace_tells_every_action_with_numbers_and_features() -> None:
    """Each action once a placement: stage, reasons, and what the model saw where it got that far."""

    class Featured(Scorer):
        def score(self, cases):  # type: ignore[no-untyped-def]
            scores = super().score(cases)
            numbers = np.array([1.0, np.nan, 2.0, 3.0], dtype="<f8")
            columns = FeatureColumns("x", numbers[:2].tobytes(), ("de",), numbers[2:].tobytes(), ("", "b"))
            return [replace(score, features=columns) for score in scores]

    shop = catalog(action("a"), action("b", value=20.0), action("c", treatments=(Treatment("m", "email", (), {}),)))
    names = FeatureNames(("age", "income"), ("country",), ("presented",), ("id",))
    decision = decide([asking()], shop, Featured(), trace=True)[0]
    a, b, c = trace(decision, shop, names)
    assert (a.stage, a.propensity, a.priority) == (Stage.SLATE, 0.05, 0.5)
    assert (b.stage, b.propensity, b.priority) == (Stage.OFFERED, 0.05, 1.0)
    assert a.features == {"age": 1.0, "country": "de", "presented": 2.0}
    assert b.features == {"age": 1.0, "country": "de", "presented": 3.0, "id": "b"}
    assert (c.stage, c.propensity, c.priority, c.features) == (Stage.AVAILABILITY, None, None, {})
    assert [reason.code for reason in c.reasons] == [ReasonCode.NO_TREATMENT]
    assert b.reasons == decision.reasons[0]


def test_tracing_changes_no_decision() -> None:
    """With and without trace the decision is the same, only the reasons of removals differ."""
    given = asking(customer(consents=(Consent("*", "advertising", ConsentStatus.GRANTED, 0),)), places=("hero", "side"))
    plain, traced = (decide([given], ABC, Scorer(), trace=flag)[0] for flag in (False, True))
    assert (plain.picks, plain.candidates, plain.no_offer) == (traced.picks, traced.candidates, traced.no_offer)
    assert plain.funnels[0].reasons == {}
    assert set(traced.funnels[0].reasons) == {1, 2}


def test_slots_of_the_request_win() -> None:
    """The request's own number of slots holds over the placement's."""
    given = asking()
    request = given.request._replace(placements=(PlacementRequest("hero", slots=3),))
    assert shown(decide([replace(given, request=request)], ABC, Scorer())[0], ABC) == ["a", "b", "c"]


def test_features_of_a_contact_made_elsewhere() -> None:
    """The features are those a decision would have used, without context, and respect the consent to profiling."""
    scorer = Scorer(reads=frozenset({"customer.age", "request.channel", "action.id", "context.page"}))
    state = customer(profile=Profile({"age": 40}, known=True))
    assert contact_features(state, "email", 1, ABC, scorer, NOW_MS).definition_hash == "test"
    contact_features(replace(state, consents=()), "email", 1, ABC, scorer, NOW_MS)
    allowed, restricted = (asked[0] for asked in scorer.asked)
    assert dict(allowed.shared) == {"customer.age": 40, "request.channel": "email"}
    assert dict(restricted.shared) == {"request.channel": "email"}
    assert [dict(pair) for pair in restricted.pairs] == [{"action.id": "b"}]
