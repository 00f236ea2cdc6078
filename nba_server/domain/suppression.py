"""Outcome-triggered suppressions: the catalogue's rules of when an outcome mutes actions, and for how long.

Evaluated when an outcome is written; at decision time a suppression is one lookup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from hashlib import blake2b

from nba_server.domain.action import Action
from nba_server.domain.engagement import SuppressionLevel


@dataclass(frozen=True, slots=True)
class SuppressionRule:
    """`count` outcomes of the `outcomes` set within `window_ms` mute for `pause_ms` (0: for ever).

    `window_ms` 0 counts all that is kept. `channels` empty counts all channels. `mute_channel_only` mutes only the
    channel of the outcome, else every channel. `groups` and `actions` restrict which actions' outcomes are tracked
    (empty: all). `attribute` names the action attribute for level RELATED.
    """

    id: str
    outcomes: frozenset[str]
    count: int
    window_ms: int
    pause_ms: int
    level: SuppressionLevel
    channels: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()
    attribute: str = ""
    mute_channel_only: bool = False
    reset_after_pause: bool = True


def rules_hash(rules: Sequence[SuppressionRule], actions: Sequence[Action]) -> str:
    """Names a rule set, with the attributes that make actions related: 16 hex characters, empty without rules.

    Suppressions that were worked out under another name are worked out anew.
    """
    if not rules:
        return ""
    words = [[_word(getattr(rule, field.name)) for field in fields(rule)] for rule in rules]
    related = sorted({rule.attribute for rule in rules if rule.attribute})
    kin = [(action.id, name, repr(action.attributes.get(name))) for name in related for action in actions]
    return blake2b(repr((sorted(words), sorted(kin))).encode(), digest_size=8).hexdigest()


def _word(value: object) -> str:
    return repr(sorted(value)) if isinstance(value, frozenset) else str(value)
