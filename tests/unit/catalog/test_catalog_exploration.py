"""Exploration in the catalogue: its words become the domain's rule, its faults are named, and old catalogues keep their hash."""

from __future__ import annotations

import pytest

from nba_server.adapters.catalog.compiling import CatalogFaulty, compile_snapshot, compile_text
from nba_server.domain.action import Exploration, ExplorationKind

HEAD = """
catalog: {name: shop, timezone: UTC, currency: EUR}
channels: {web: {direction: inbound}}
placements: {hero: {channel: web, exploration: %s}}
issues: [{id: sell, title: Sell, groups: [{id: things, title: Things, actions: [
  {id: a, title: A, value: 1, treatments: [{id: w, channel: web, content: {t: x}}]}]}]}]
"""


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("{kind: none}", Exploration()),
        ("{kind: epsilon}", Exploration(ExplorationKind.EPSILON, epsilon=0.05)),
        ("{kind: softmax, temperature: 0.5}", Exploration(ExplorationKind.SOFTMAX, temperature=0.5, floor=0.02)),
        ("{kind: thompson, floor: 0.1, draws: 512}", Exploration(ExplorationKind.THOMPSON, floor=0.1, draws=512)),
        (
            "{kind: epsilon, epsilon: 0.1, new_actions: {share: 0.2, mature_after: 50}}",
            Exploration(ExplorationKind.EPSILON, epsilon=0.1, new_share=0.2, mature_after=50),
        ),
        ("{kind: none, new_actions: {}}", Exploration(new_share=0.1, mature_after=1000)),
        (
            "{kind: none, new_actions: {mature_after: 40, within: 4w}}",
            Exploration(new_share=0.1, mature_after=40, new_within_ms=28 * 86_400_000),
        ),
    ],
)
def test_words_become_the_rule(words: str, rule: Exploration) -> None:
    """Each kind with its keys and defaults, from the folder and from the snapshot alike."""
    compiled = compile_text(HEAD % words)
    assert compiled.catalog.placements["hero"].exploration == rule
    assert compile_snapshot(compiled.canonical).placements["hero"].exploration == rule
    older = b'"format":1' in compiled.canonical
    assert older == (rule.kind in (ExplorationKind.NONE, ExplorationKind.EPSILON) and not rule.new_share)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("{kind: none, epsilon: 0.1}", "`epsilon` without exploration"),
        ("{kind: softmax, epsilon: 0.1}", "`epsilon` is not read by `kind: softmax`"),
        ("{kind: epsilon, temperature: 1}", "`temperature` is not read by `kind: epsilon`"),
        ("{kind: softmax, draws: 256}", "`draws` is not read by `kind: softmax`"),
        ("{kind: thompson, draws: 8}", "out of range"),
        ("{kind: none, new_actions: {share: 0.9}}", "out of range"),
        ("{kind: thomson}", "not possible here"),
    ],
)
def test_faults_are_named(words: str, what: str) -> None:
    """A key that the kind does not read, and a number that cannot be, are faults."""
    with pytest.raises(CatalogFaulty, match=what.replace("`", ".")):
        compile_text(HEAD % words)
