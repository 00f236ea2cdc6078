"""A small catalogue text, and a folder that holds it."""

from __future__ import annotations

from pathlib import Path

import pytest

HEAD = """\
catalog: {name: bank, timezone: Europe/Berlin, currency: EUR}
attributes:
  age: {type: integer}
  income: {type: number}
  since: {type: time}
  langs: {type: strings}
  vip: {type: boolean}
context:
  reason: {type: string}
action_attributes:
  tier: {type: string}
channels:
  web: {direction: inbound, reservation: 5m}
  email: {direction: outbound}
placements:
  hero: {channel: web, slots: 2}
  mail: {channel: email}
"""

BODY = """\
issues:
  - id: sales
    title: Sales
    weight: 10
    groups:
      - id: cards
        title: Cards
        weight: 5
        eligibility:
          - {id: adult, when: customer.age >= 18, text: Only adults.}
        actions:
          - id: gold
            title: Gold card
            value: 10
            treatments:
              - {id: w, channel: web, content: {title: Gold}}
          - id: silver
            title: Silver card
            value: 5
            weight: -3
            treatments:
              - {id: w, channel: web, content: {title: Silver}}
              - {id: m, channel: email, content: {subject: Silver}}
contact_policies:
  - {id: weekly, cap: 1, window: 7d, channels: [email]}
suppressions:
  - {id: rest, outcomes: [rejected], pause: 30d}
context_weights:
  - {key: reason, value: order, scope: group, id: cards, percent: 20}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A catalogue folder of two files."""
    (tmp_path / "head.yaml").write_text(HEAD, encoding="utf-8")
    (tmp_path / "body.yaml").write_text(BODY, encoding="utf-8")
    return tmp_path
