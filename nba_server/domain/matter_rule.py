"""The catalogue's rules of matters: what opens one, what closes it, and what it mutes while it is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nba_server.domain.action import Action
from nba_server.domain.happening import Happening, HappeningKind
from nba_server.domain.matter import MatterKind
from nba_server.domain.muting_keys import attribute_keys

Mask = npt.NDArray[np.bool_]

KINDS = {
    HappeningKind.COMPLAINT: MatterKind.COMPLAINT,
    HappeningKind.CASE_OPENED: MatterKind.SERVICE_CASE,
    HappeningKind.CASE_UPDATED: MatterKind.SERVICE_CASE,
    HappeningKind.SCORE: MatterKind.SCORE,
    HappeningKind.BY_HAND: MatterKind.BY_HAND,
}
"""What kind of matter a happening opens."""


@dataclass(frozen=True, slots=True)
class Mutes:
    """Which actions are muted: those named, and those of a named issue, group, class or attribute value (`name=value`)."""

    actions: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    issues: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()

    def covers(self, action: Action) -> bool:
        """Whether the action is muted. What the law demands never is."""
        if action.legal:
            return False
        named = action.id in self.actions or action.group in self.groups or action.issue in self.issues
        return named or action.class_ in self.classes or self._related(action)

    def words(self) -> tuple[str, ...]:
        """What is muted, for people: `issue sell`, `actions with family=mobile`."""
        named = (
            ("action", self.actions),
            ("group", self.groups),
            ("issue", self.issues),
            ("class", self.classes),
            ("actions with", self.attributes),
        )
        return tuple(f"{kind} {name}" for kind, names in named for name in sorted(names))

    def _related(self, action: Action) -> bool:
        names = {key.partition("=")[0] for key in self.attributes}
        return any(self.attributes & set(attribute_keys(name, action.attributes.get(name))) for name in names)


@dataclass(frozen=True, slots=True)
class MatterRule:
    """One rule. `kinds` are what opens it; `below` is the bar that a score must miss.

    `categories` and `measures` empty: all. `closes_on_case`: the end of its service case closes it. `closes_on_score`: a score
    at or above the bar does. `lasts_ms` 0: it stays open until it is closed.
    """

    id: str
    title: str
    kinds: frozenset[MatterKind]
    mutes: Mutes
    below: float = 0.0
    categories: frozenset[str] = frozenset()
    measures: frozenset[str] = frozenset()
    closes_on_case: bool = True
    closes_on_score: bool = False
    lasts_ms: int = 0
    advice: str = ""

    def opened_by(self, what: Happening) -> bool:
        """Whether it opens a matter of this rule."""
        if what.kind is HappeningKind.BY_HAND:
            return what.rule == self.id
        if KINDS.get(what.kind) not in self.kinds:
            return False
        if what.kind is HappeningKind.SCORE:
            return self._measures(what) and what.value is not None and what.value < self.below
        return not self.categories or what.category in self.categories

    def closed_by(self, what: Happening) -> bool:
        """Whether it closes matters of this rule: all of its case, or all that a score opened."""
        if what.kind is HappeningKind.CASE_CLOSED:
            return self.closes_on_case
        good = what.value is not None and what.value >= self.below
        return what.kind is HappeningKind.SCORE and self.closes_on_score and self._measures(what) and good

    def _measures(self, what: Happening) -> bool:
        return not self.measures or what.measure in self.measures


MatterMask = tuple[MatterRule, Mask]
"""A rule, and the actions that it mutes, in catalogue order."""


def matter_masks(rules: Sequence[MatterRule], actions: Sequence[Action]) -> Mapping[str, MatterMask]:
    """The rules by id, each with what it mutes."""
    return {
        rule.id: (rule, np.array([rule.mutes.covers(action) for action in actions], dtype=np.bool_)) for rule in rules
    }
