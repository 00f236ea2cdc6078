"""Profile patches: what is not named stays."""

from __future__ import annotations

from nba_server.domain.profile import Profile
from nba_server.domain.profile_patch import ProfilePatch, changed_names, patch_profile


def test_merges_into_what_is_there() -> None:
    """Named attributes are set or removed, lists grow and shrink without doubles, the rest stays."""
    before = Profile({"age": 40, "city": "Bonn", "vip": True}, ("a", "b"), ("gold",), known=True)
    patch = ProfilePatch({"age": 41, "city": None, "score": 0.5}, ("b", "c"), ("a",), ("silver",), ("tin",))
    after = patch_profile(before, patch)
    assert after == Profile({"age": 41, "vip": True, "score": 0.5}, ("b", "c"), ("gold", "silver"), known=True)
    assert before.attributes["city"] == "Bonn"
    assert changed_names(before, after) == ("age", "city", "score", "segments", "products")


def test_empty_patch_makes_known() -> None:
    """Even an empty patch makes a customer known; nothing else changes."""
    after = patch_profile(Profile(), ProfilePatch())
    assert after == Profile(known=True)
    assert changed_names(Profile(), after) == ()
