"""Contributions in words."""

from __future__ import annotations

from nba_server.domain.contribution import ScoreParts, contributions, title_of
from tests.unit.training.world import catalogue


def test_words_name_the_fact_and_its_weight() -> None:
    """Strongest first, in the vocabulary's or the catalogue's words; what added nothing is left out, what is missing unknown."""
    shares = {"customer.age": 0.9, "customer.known": -0.02, "contact.days_since_last": -0.4, "action.id": 0.0}
    parts = ScoreParts(-2.0, shares, -1.52, 0.18)
    found = contributions(parts, {"customer.age": 41.0, "customer.known": 1.0}, catalogue().catalog)
    assert [item.text for item in found] == [
        "Age: 41 - speaks strongly for it (+0.90)",
        "days since the last contact that counts: unknown - speaks against it (-0.40)",
        "whether a profile exists: yes - speaks slightly against it (-0.02)",
    ]
    assert title_of("action.price_band", catalogue().catalog) == "price band of the action"
