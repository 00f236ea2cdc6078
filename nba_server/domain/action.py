"""The catalogue's things: channels, placements, issues, groups, actions, treatments.

Pure records; loading and checking them is the catalogue adapter's work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from nba_server.domain.engagement import Direction
from nba_server.domain.profile import Scalar

ADVERTISING = "advertising"


class Polarity(StrEnum):
    """What an outcome means for learning on a channel."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    NEUTRAL = "neutral"


class ExplorationKind(StrEnum):
    """How a placement learns: not at all, uniformly now and then, by priority's odds, or by what is uncertain."""

    NONE = "none"
    EPSILON = "epsilon"
    SOFTMAX = "softmax"
    THOMPSON = "thompson"


@dataclass(frozen=True, slots=True)
class Exploration:
    """How a placement explores; exploration.py has the chances.

    `epsilon`: the chance of a uniform pick. `temperature` divides log priorities before the softmax. `floor`: the share that
    softmax and Thompson sampling give to all candidates alike, so that no weight exceeds k / floor. `draws`: Monte-Carlo draws
    of Thompson sampling. `new_share`: what actions with fewer than `mature_after` trials get together while others are there;
    0: they compete as all do. With `new_within_ms` only those are new that started so short a time ago.
    """

    kind: ExplorationKind = ExplorationKind.NONE
    epsilon: float = 0.0
    temperature: float = 1.0
    floor: float = 0.0
    draws: int = 256
    new_share: float = 0.0
    mature_after: int = 1000
    new_within_ms: int = 0


NO_EXPLORATION = Exploration()


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to reach customers.

    `unknown_consent_allowed` is False unless the catalogue says so: unknown consent is no for advertising.
    `polarity` maps outcome type values to their meaning for learning.
    """

    id: str
    direction: Direction
    reservation_ms: int
    response_window_ms: int
    unknown_consent_allowed: bool = False
    polarity: Mapping[str, Polarity] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Placement:
    """A place on a channel: how many actions it shows, its size in pixels (0: any), and how it explores."""

    id: str
    channel: str
    slots: int = 1
    width: int = 0
    height: int = 0
    exploration: Exploration = NO_EXPLORATION


@dataclass(frozen=True, slots=True)
class Treatment:
    """How an action looks on a channel. `placements` empty: all placements of the channel."""

    id: str
    channel: str
    placements: tuple[str, ...]
    content: Mapping[str, str]
    min_width: int = 0
    min_height: int = 0
    approved: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """A group of actions under an issue, with its lever weight in per cent."""

    id: str
    issue: str
    title: str
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be proposed.

    `start_ms` and `end_ms` bound its validity (start <= now < end; 0: open). `value` is money a positive outcome is
    worth. `weights` is the sum of issue, group and action weight in per cent. `prior_propensity` and
    `prior_evidence` are p0 and SE of the smoothed cold start. `class_` is the communication class; `transactional`
    actions are exempt from contact limits but not from suppressions. `fallback` actions are used only when nothing
    else qualifies. `legal` ones are demanded by the law: they pass the do-not-contact list. `response_window_ms` 0: the
    channel's. `cost` is money that one contact costs. `attributes` are facts of the action for rules, features and
    related-by-attribute suppressions.
    """

    id: str
    group: str
    issue: str
    title: str
    approved: bool
    start_ms: int
    end_ms: int
    value: float
    weights: float
    class_: str
    purpose: str
    treatments: tuple[Treatment, ...]
    prior_propensity: float = 0.05
    prior_evidence: float = 100.0
    mandatory: bool = False
    transactional: bool = False
    fallback: bool = False
    legal: bool = False
    response_window_ms: int = 0
    cost: float = 0.0
    product: str = ""
    attributes: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContextWeight:
    """Raises or lowers the priority of an action, group or issue while a context field has a value; `percent` is added to C."""

    key: str
    value: Scalar
    scope: str
    id: str
    percent: float
