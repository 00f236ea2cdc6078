"""The catalogue and the model definition of the simulated shop: what a team would write, made from the world."""

from __future__ import annotations

from datetime import UTC, datetime

from nba_models import definition_file
from nba_models.definition import ModelDefinition
from nba_server.adapters.catalog.compiling import compile_text
from nba_server.domain.catalog import Catalog
from nba_training.simulate.world import ATTRIBUTES, DAY_MS, START_MS, World

PLACE = "hero"
TREES = """
fit: {rounds: 80, patience: 15, min_category_rows: 5, history_days: 90}
parameters:
  {num_leaves: 15, min_data_in_leaf: 20, learning_rate: 0.12, lambda_l2: 5.0, cat_smooth: 10.0, cat_l2: 5.0,
   max_cat_to_onehot: 12}
gates: {min_rows: 300, min_positives: 30, min_test_positives: 0}
"""
"""How LightGBM fits a few thousand contacts."""

REGRESSION = """
kind: regression
fit: {min_category_rows: 5, history_days: 90}
gates: {min_rows: 100, min_positives: 10, min_test_positives: 0}
"""
"""A regression instead, which forgets by itself."""


def catalogue(world: World, exploration: str) -> Catalog:
    """The compiled catalogue."""
    return compile_text(catalogue_text(world, exploration)).catalog


def catalogue_text(world: World, exploration: str) -> str:
    """One placement with the exploration (as in YAML), at most four contacts a customer in a week."""
    window = max(1, world.scenario.delay_days)
    actions = "\n".join(
        f"          - {{id: {name}, title: {name}, value: 1, {_start(day)}prior: {{propensity: {world.prior(name)}, "
        f"evidence: 20}}, treatments: [{{id: w, channel: web, content: {{t: x}}}}]}}"
        for name, day in zip(world.names, world.start_days, strict=True)
    )
    attributes = ", ".join(f"{name}: {{type: number}}" for name in ATTRIBUTES)
    return f"""
catalog: {{name: simulated, timezone: UTC, currency: EUR, profiling_requires_consent: false}}
attributes: {{{attributes}}}
channels:
  web: {{direction: inbound, reservation: 5m, response_window: {window}d, unknown_consent_allowed: true}}
placements:
  {PLACE}: {{channel: web, slots: 1, exploration: {exploration}}}
contact_policies:
  - {{id: four-a-week, cap: 4, window: 7d}}
issues:
  - id: sell
    title: Sell
    groups:
      - id: offers
        title: Offers
        actions:
{actions}
"""


def definition(fitted: str = TREES) -> ModelDefinition:
    """The definition, read."""
    return definition_file.parse(definition_text(fitted))


def definition_text(fitted: str = TREES) -> str:
    """A small model of the three attributes, the action and recent contacts; `fitted` says how."""
    shared = "\n".join(f"  - {{name: customer.{name}, kind: number, scope: shared}}" for name in ATTRIBUTES)
    return f"""
model: simulated
title: Simulated customers
features:
  - {{name: customer.known, kind: number, scope: shared}}
  - {{name: contact.count_7d, kind: number, scope: shared}}
{shared}
  - {{name: action.id, kind: category, scope: pair}}
{fitted}
"""


def _start(day: int) -> str:
    if not day:
        return ""
    moment = datetime.fromtimestamp((START_MS + day * DAY_MS) / 1000, UTC)
    return f"start: {moment:%Y-%m-%d}, "
