"""An attribute is fresh, stale or missing; what is stale is as good as missing to rules and model."""

from __future__ import annotations

from dataclasses import replace

from nba_server.adapters.redis.codec import decode_profile, encode_profile
from nba_server.domain.decision import decide
from nba_server.domain.freshness import Freshness, freshness, usable
from nba_server.domain.identification import _profile
from nba_server.domain.profile import Profile
from nba_server.domain.profile_patch import ProfilePatch, patch_profile
from tests.unit.domain.builder import NOW_MS, Scorer, action, asking, catalog, customer, rule

DAY_MS = 86_400_000
AGES = {"balance": 30 * DAY_MS}
KNOWN = Profile({"balance": 10, "age": 40}, known=True, reported_ms={"balance": NOW_MS - 20 * DAY_MS})


def test_three_states() -> None:
    """Within its age fresh, after it stale, without a time stale, not there missing; others are never stale."""
    later = NOW_MS + 11 * DAY_MS
    assert freshness(KNOWN, "balance", AGES["balance"], NOW_MS) is Freshness.FRESH
    assert freshness(KNOWN, "balance", AGES["balance"], later) is Freshness.STALE
    assert freshness(replace(KNOWN, reported_ms={}), "balance", AGES["balance"], NOW_MS) is Freshness.STALE
    assert freshness(Profile(known=True), "balance", AGES["balance"], NOW_MS) is Freshness.MISSING
    assert usable(KNOWN, AGES, NOW_MS) == KNOWN.attributes
    assert usable(KNOWN, AGES, later) == {"age": 40}


def test_a_report_renews_and_a_removal_forgets() -> None:
    """The same value again is a report; None takes value and time; attributes without an age have no times."""
    renewed = patch_profile(KNOWN, ProfilePatch({"balance": 10, "age": 41}), NOW_MS, AGES)
    assert renewed.reported_ms == {"balance": NOW_MS}
    assert patch_profile(renewed, ProfilePatch({"balance": None}), NOW_MS, AGES).reported_ms == {}
    assert patch_profile(renewed, ProfilePatch({"age": 42}), NOW_MS + 1, AGES).reported_ms == {"balance": NOW_MS}


def test_times_are_stored_and_merged() -> None:
    """The record has times only where there are any; a visitor's come along with the values that the customer had not."""
    assert decode_profile(encode_profile(KNOWN)) == KNOWN
    plain = replace(KNOWN, reported_ms={})
    assert decode_profile(encode_profile(plain)) == plain
    assert len(encode_profile(plain)) < len(encode_profile(KNOWN))
    visitor = Profile({"balance": 1, "score": 5}, known=True, reported_ms={"balance": 1, "score": 2})
    assert _profile(KNOWN, visitor).reported_ms == {"balance": KNOWN.reported_ms["balance"], "score": 2}


def test_stale_facts_are_missing_to_rules_and_model() -> None:
    """A rule on a stale attribute fails closed and the model is not told; fresh, both see it."""
    enough = rule("enough", lambda facts: facts["customer.balance"] > 5 if "customer.balance" in facts else None, [0],
                  "customer.balance")  # fmt: skip
    shop = catalog(action("a"), action("b"), rules=(enough,), attributes={}, max_ages=AGES)
    for age_days, offered in ((20, {0, 1}), (40, {1})):
        scorer = Scorer(reads=frozenset({"action.id", "customer.balance", "customer.age"}))
        profile = replace(KNOWN, reported_ms={"balance": NOW_MS - age_days * DAY_MS})
        found = decide([asking(customer(profile=profile))], shop, scorer)[0]
        assert {candidate.action for candidate in found.candidates} == offered
        assert scorer.asked[0][0].shared.get("customer.balance") == (10 if 0 in offered else None)
        assert scorer.asked[0][0].shared["customer.age"] == 40
