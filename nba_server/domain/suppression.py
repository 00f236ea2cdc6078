"""Outcome-triggered suppressions: the catalogue's rules of when an outcome mutes actions, and for how long.

Evaluated when an outcome is written; at decision time a suppression is one lookup.
"""

from __future__ import annotations

from dataclasses import dataclass

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
