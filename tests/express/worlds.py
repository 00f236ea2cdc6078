"""Worlds from a seed: a catalogue with rules of every form, a model that reads every fact, customers with a past, requests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from random import Random

import lightgbm as lgb
import numpy as np

from nba_models import artifact, definition_file
from nba_models.artifact import Manifest
from nba_models.calibration import fit_isotonic, fit_sigmoid
from nba_models.definition import FeatureKind
from nba_models.encoder import Encoder
from nba_models.features import FeatureLayout, RawTable
from nba_models.scorer import LoadedModel, ModelScorer, PriorScorer
from nba_server.adapters.catalog.compiling import compile_text
from nba_server.adapters.model_scorer import DomainScorer
from nba_server.application.ports import Asked, Claim, CustomerRef, Stored
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import DecisionRequest, PlacementRequest
from nba_server.domain.profile import Scalar
from nba_server.domain.rollout import Arm
from tests.express.customers import NOW_MS, WORDS, record

GROUPS = ("cards", "loans", "notices")
_HEAD = """
catalog: {name: world, timezone: Europe/Berlin, currency: EUR, history: 400d}
attributes:
  age: {type: integer}
  income: {type: number}
  country: {type: string}
  vip: {type: boolean}
  tags: {type: strings}
  joined: {type: time}
context:
  reason: {type: string}
  basket: {type: number}
action_attributes:
  tier: {type: string}
  least: {type: number}
  family: {type: string}
  category: {type: strings}
"""
RULES = (
    "customer.age >= 18",
    "customer.age >= 18 && customer.income > 20.0",
    "!has(customer.vip) || customer.vip",
    "customer.country == 'gold' || customer.country == 'silver'",
    "customer.country != 'tin'",
    "'a' in customer.tags",
    "!('b' in customer.tags)",
    "'s1' in customer.segments",
    "customer.income >= action.least",
    "customer.income * 2.0 - 10.0 > action.least",
    "history.presented_30d < 3",
    "!history.holds_product",
    "history.rejected_90d == 0 || customer.age > 40",
    "contact.count_7d <= 4",
    "contact.no_response_streak < 6",
    "activity.spend < 500.0",
    "request.hour >= 6 && request.hour <= 22",
    "action.tier == 'gold' || customer.known",
    "customer.country == action.tier || customer.age < 60",
    "!has(context.basket) || context.basket > 5.0",
)
_DEFINITION = """
model: world
title: Every fact
features:
  - {name: request.channel, kind: category, scope: shared}
  - {name: request.hour, kind: number, scope: shared}
  - {name: request.weekday, kind: number, scope: shared}
  - {name: request.month, kind: number, scope: shared}
  - {name: context.reason, kind: category, scope: shared}
  - {name: context.basket, kind: number, scope: shared}
  - {name: customer.known, kind: number, scope: shared}
  - {name: customer.age, kind: number, scope: shared}
  - {name: customer.income, kind: number, scope: shared}
  - {name: customer.country, kind: category, scope: shared}
  - {name: customer.vip, kind: category, scope: shared}
  - {name: customer.tags, kind: category, scope: shared}
  - {name: customer.segments, kind: number, scope: shared}
  - {name: customer.products, kind: category, scope: shared}
  - {name: contact.count_7d, kind: number, scope: shared}
  - {name: contact.count_30d, kind: category, scope: shared}
  - {name: contact.count_90d, kind: number, scope: shared}
  - {name: contact.channel_count_30d, kind: number, scope: shared}
  - {name: contact.days_since_last, kind: number, scope: shared}
  - {name: contact.no_response_streak, kind: number, scope: shared}
  - {name: contact.positives_90d, kind: number, scope: shared}
  - {name: activity.purchases, kind: number, scope: shared}
  - {name: activity.days_since_purchase, kind: number, scope: shared}
  - {name: activity.spend, kind: number, scope: shared}
  - {name: activity.baskets, kind: number, scope: shared}
  - {name: action.id, kind: category, scope: pair}
  - {name: action.tier, kind: category, scope: pair}
  - {name: action.value, kind: number, scope: pair}
  - {name: history.presented_30d, kind: number, scope: pair}
  - {name: history.presented_365d, kind: number, scope: pair}
  - {name: history.days_since_presented, kind: number, scope: pair}
  - {name: history.rejected_90d, kind: number, scope: pair}
  - {name: history.positives_365d, kind: number, scope: pair}
  - {name: history.group_presented_90d, kind: number, scope: pair}
  - {name: history.group_positives_365d, kind: number, scope: pair}
  - {name: history.holds_product, kind: number, scope: pair}
  - {name: activity.category_spend, kind: number, scope: pair}
parameters: {num_leaves: 15, min_data_in_leaf: 5}
"""


@dataclass(frozen=True, slots=True)
class World:
    """A catalogue and a model that serve together, and requests of its customers."""

    catalog: Catalog
    scorer: DomainScorer
    asked: list[Asked]


def world(seed: int, requests: int = 40, longest: int = 25, actions: int = 24) -> World:
    """The world of a seed; ledgers have up to `longest` contacts, catalogues up to so many actions."""
    dice = Random(seed)
    catalog = compile_text(_HEAD + _shop(dice, actions)).catalog
    scorer = DomainScorer(
        ModelScorer(_model(seed % 4)) if seed % 3 else PriorScorer(definition_file.parse(_DEFINITION))
    )
    return World(catalog, scorer, [_asked(dice, catalog, number, longest) for number in range(requests)])


def _shop(dice: Random, actions: int) -> str:
    epsilon = dice.choice(("", ", exploration: {kind: epsilon, epsilon: 0.2}", ", exploration: {kind: none}"))
    lines = [
        "channels:",
        f"  web: {{direction: inbound, reservation: 5m, response_window: 1d, unknown_consent_allowed: {_flag(dice)}}}",
        "  mail: {direction: outbound, reservation: 1h, response_window: 7d, polarity: {clicked: neutral, delivered: positive}}",
        "placements:",
        f"  hero: {{channel: web, slots: {dice.randint(1, 4)}, width: 300{epsilon}}}",
        f"  post: {{channel: mail, slots: 1{epsilon}}}",
        "issues:",
        f"  - {{id: sales, title: Sales, weight: {dice.choice((0, 10, -20))}, "
        "groups: [{id: cards, title: Cards}, {id: loans, title: Loans}]}",
        "  - {id: care, title: Care, groups: [{id: notices, title: Notices}]}",
        "contact_policies:",
        f"  - {{id: a-day, cap: {dice.randint(2, 9)}, window: 1d, channels: [web]}}",
        f"  - {{id: a-month, cap: {dice.randint(3, 12)}, window: 30d}}",
        f"  - {{id: cards, cap: {dice.randint(1, 5)}, window: 60d, groups: [cards]}}",
        f"  - {{id: ads, cap: {dice.randint(4, 12)}, window: 90d, "
        "classes: [advertising], directions: [outbound], actions: [a1, a2]}",
        f"  - {{id: watched, cap: {dice.randint(5, 40)}, window: 90d, shadow: true}}",
    ]
    if dice.random() < 0.7:
        lines += [
            "suppressions:",
            "  - {id: no-once, outcomes: [rejected], pause: 30d}",
            "  - {id: no-group, outcomes: [complaint], pause: 90d, level: group, mute_channel_only: true}",
            "  - {id: no-family, outcomes: [rejected], count: 2, pause: forever, level: related, attribute: family}",
        ]
    if dice.random() < 0.5:
        lines += [
            "context_weights:",
            "  - {key: reason, value: move, scope: action, id: a1, percent: 100}",
            "  - {key: reason, value: move, scope: group, id: loans, percent: -30}",
            "  - {key: basket, value: 7.0, scope: issue, id: sales, percent: 12.5}",
        ]
    return "\n".join([*lines, "actions:", *(_action(dice, number) for number in range(dice.randint(3, actions)))])


def _action(dice: Random, number: int) -> str:
    draw = dice.random
    parts = [
        f"id: a{number}",
        f"group: {dice.choice(GROUPS)}",
        f"title: Action {number}",
        f"value: {round(0.5 + 3000 * draw() ** 4, 2)}",
        f"weight: {dice.choice((0, 0, 25, -10, 400))}",
        f"prior: {{propensity: {round(0.01 + 0.3 * draw(), 4)}, evidence: {dice.choice((1, 50, 400))}}}",
        f"attributes: {{tier: {dice.choice(('gold', 'silver'))}, least: {dice.randint(0, 90)}, family: f{dice.randint(0, 3)}"
        + (f", category: [c{dice.randint(0, 2)}, c3]}}" if draw() < 0.6 else "}"),
        "treatments: ["
        + ", ".join(
            f"{{id: {channel}, channel: {channel}, min_width: {dice.choice((0, 200, 600))}, content: {{text: Hello}}}}"
            for channel in ("web", "mail")
            if draw() < 0.95 or channel == "web"
        )
        + "]",
    ]
    if draw() < 0.1:
        parts.append("end: 2026-01-15")
    if draw() < 0.1:
        parts.append("start: 2026-01-10")
    if draw() < 0.3:
        parts.append(f"product: p{dice.randint(0, 2)}")
    if draw() < 0.2:
        parts.append("response_window: 14d")
    if draw() < 0.15:
        parts.append(dice.choice(("fallback: true", "transactional: true", "class: service")))
    elif draw() < 0.005:
        parts.append("mandatory: true")
    for stage in ("eligibility", "applicability", "suitability"):
        if draw() < 0.5:
            chosen = dice.sample(RULES, dice.randint(1, 2))
            rules = [
                f'{{id: {stage[:3]}-{number}-{i}, when: "{rule}", text: So it must be.}}'
                for i, rule in enumerate(chosen)
            ]
            parts.append(f"{stage}: [{', '.join(rules)}]")
    return "  - {" + ", ".join(parts) + "}"


def _flag(dice: Random) -> str:
    return dice.choice(("true", "false"))


@lru_cache
def _model(seed: int) -> LoadedModel:
    """Trees over all features, with missing values and unknown words; calibrated in both ways."""
    rng = np.random.default_rng(seed)
    definition = definition_file.parse(_DEFINITION)
    layout, rows = FeatureLayout(definition), 3_000
    vocabularies = tuple(
        _vocabulary(feature.name) for feature in definition.features if feature.kind is FeatureKind.CATEGORY
    )
    encoder = Encoder(layout.numbers, layout.categories, vocabularies)
    numbers = rng.random((rows, len(layout.numbers))) * rng.choice((3.0, 30.0, 100.0), len(layout.numbers))
    numbers[rng.random(numbers.shape) < 0.2] = np.nan if seed % 2 else 0.0
    texts = tuple([words[place] for place in rng.integers(len(words), size=rows)] for words in vocabularies)
    matrix = encoder.matrix(RawTable(numbers, texts))
    score = np.sin(np.nan_to_num(matrix) / 3.0) @ rng.normal(size=matrix.shape[1])
    labels = rng.random(rows) < 0.5 / (1.0 + np.exp(-score))
    options = {
        "objective": "binary",
        "verbosity": -1,
        "num_threads": 1,
        "deterministic": True,
        "zero_as_missing": seed == 2,
    }
    train = lgb.Dataset(matrix, labels.astype(float), categorical_feature=encoder.categorical, params={"verbosity": -1})
    leaves = 60 if seed == 3 else 15
    booster = lgb.train(options | {"num_leaves": leaves, "min_data_in_leaf": 5, "seed": seed}, train, 40)
    fit = fit_isotonic if seed % 2 else fit_sigmoid
    calibration = fit(np.asarray(booster.predict(matrix, raw_score=True)), labels)
    files = {
        artifact.MODEL: booster.model_to_string().encode(),
        artifact.CALIBRATION: calibration.to_json(),
        artifact.ENCODER: encoder.to_json(),
        artifact.DEFINITION: definition.text.encode(),
    }
    evidence = {f"a{number}": (100 * number, 5) for number in range(12)}
    manifest = Manifest("world", definition.hash, NOW_MS, 0, 0, 1, {}, evidence, {}, {"cards": (900, 30)})
    return LoadedModel(f"world-{seed}", manifest, files)


def _vocabulary(name: str) -> tuple[str, ...]:
    if name == "action.id":
        return tuple(f"a{number}" for number in range(10))
    return {
        "request.channel": ("web", "mail"),
        "customer.vip": ("true", "false"),
        "customer.tags": ("a", "a|b", "c"),
        "customer.products": ("", "p0", "p0|p1"),
        "contact.count_30d": ("0", "1", "2", "3"),
        "context.reason": ("move", "other"),
    }.get(name, WORDS[:4])


def _asked(dice: Random, catalog: Catalog, number: int, longest: int) -> Asked:
    channel, placement = dice.choice((("web", "hero"), ("web", "hero"), ("mail", "post")))
    anonymous = dice.random() < 0.05
    slots = dice.choice((0, 0, 2))
    place = PlacementRequest(placement, slots or catalog.placements[placement].slots, dice.choice((0, 0, 700, 100)))
    context: dict[str, Scalar] = {}
    if dice.random() < 0.4:
        context = {"reason": dice.choice(("move", "other")), "basket": dice.choice((7.0, 3.5, 7))}
    request = DecisionRequest("" if anonymous else f"c{number}", "", channel, (place,), context, f"r{number}")
    home = CustomerRef(f"{number:032x}", number % 256)
    claim = Claim(
        asked=home if dice.random() < 0.9 else CustomerRef("f" * 32, 3),
        customer=home,
        caller=dice.choice(("local", "site-1", "")),
        request_key="k" * 42,
        fingerprint="0123456789abcdef" * 2,
        anonymous=anonymous,
    )
    return Asked(
        request,
        claim,
        dice.getrandbits(64) if dice.random() < 0.98 else 0,
        Stored(record(dice, catalog, longest) if not anonymous else [None] * 13),
        NOW_MS,
        f"0{number % 16:x}a-0f1k2v9q0-" + "k" * 42,
        f"call/{number:x}",
        NOW_MS + 3_000,
        Arm("challenger", 0.05, challenged=bool(number % 2)) if dice.random() < 0.1 else None,
    )
