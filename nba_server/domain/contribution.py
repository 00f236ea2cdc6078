"""What spoke for and against a proposed action in its model: shares of the score by feature, in words.

Pure; how the shares are worked out (TreeSHAP) is the model's affair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nba_server.domain.catalog import Catalog, FieldType
from nba_server.domain.facts import FACTS
from nba_server.domain.profile import Scalar

_STRONG, _SLIGHT = 0.6931, 0.1
"""Log odds: the odds doubled, and a tenth."""


@dataclass(frozen=True, slots=True)
class ScoreParts:
    """One candidate's score as its model has it, in log odds before calibration: `base` + all of `log_odds` = `raw_score`.

    `base` is the mean over the rows that the trees were grown on; `predicted` the calibrated probability of `raw_score`.
    """

    base: float
    log_odds: Mapping[str, float]
    raw_score: float
    predicted: float


@dataclass(frozen=True, slots=True)
class ScoreAccount:
    """The parts of some candidates, in the order they were asked for; none, and `missing` says why, where there can be none."""

    parts: tuple[ScoreParts, ...] = ()
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Contribution:
    """One feature's share of a score. `value` is None where the fact was missing; `text` says it all in words."""

    feature: str
    title: str
    value: Scalar | None
    log_odds: float
    text: str


@dataclass(frozen=True, slots=True)
class ActionScore:
    """Why the model scored a proposed action as it did; the strongest contribution first, none that is zero."""

    placement: str
    action: str
    explored: bool
    parts: ScoreParts
    contributions: tuple[Contribution, ...] = field(default=())


def contributions(
    parts: ScoreParts, features: Mapping[str, Scalar], catalog: Catalog, least: float = 1e-12
) -> tuple[Contribution, ...]:
    """The parts with their facts in words. `features` are the facts that were present."""
    ranked = sorted(parts.log_odds.items(), key=lambda item: (-abs(item[1]), item[0]))
    return tuple(_worded(name, features.get(name), share, catalog) for name, share in ranked if abs(share) > least)


def title_of(feature: str, catalog: Catalog) -> str:
    """What a fact means, for people: the vocabulary's words, or the catalogue's own for its attributes and context fields."""
    if feature in FACTS:
        return FACTS[feature].meaning.partition(";")[0]
    scope, _, name = feature.partition(".")
    notes = {"customer": catalog.attribute_notes, "context": catalog.context_notes}.get(scope, {})
    words = name.replace("_", " ")
    described = notes[name].description if name in notes else ""
    return described or {"action": f"{words} of the action"}.get(scope, words)


def _worded(feature: str, value: Scalar | None, share: float, catalog: Catalog) -> Contribution:
    title = title_of(feature, catalog)
    how = "strongly " if abs(share) >= _STRONG else "slightly " if abs(share) < _SLIGHT else ""
    said = f"{title}: {_shown(feature, value, catalog)} - speaks {how}{'for' if share > 0 else 'against'} it ({share:+.2f})"
    return Contribution(feature, title, value, share, said)


def _shown(feature: str, value: Scalar | None, catalog: Catalog) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, float):
        return ("no", "yes")[bool(value)] if _type(feature, catalog) is FieldType.BOOLEAN else f"{value:.6g}"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _type(feature: str, catalog: Catalog) -> FieldType | None:
    if feature in FACTS:
        return FACTS[feature].type
    scope, _, name = feature.partition(".")
    declared = {"customer": catalog.attributes, "context": catalog.context, "action": catalog.action_attributes}
    return declared.get(scope, {}).get(name)
