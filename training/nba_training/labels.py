"""From the reactions on one contact to a label, or to none.

The same rules as in the ledger: which reactions stand, and whether the contact was made, is the domain's word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from nba_models.definition import Label
from nba_server.domain.action import Channel, Polarity
from nba_server.domain.engagement import Contact, ContactState, Direction, Reaction
from nba_server.domain.outcome import OutcomeType, polarity, standing, state_after

_DAY_MS = 86_400_000


class NoLabel(StrEnum):
    """Why a contact is no row."""

    IMMATURE = "immature"
    NOT_MADE = "not made"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Labelled:
    """A label, and when it was known for good. `value` is the money of the conversions in the same time."""

    positive: bool
    known_ms: int
    value: float = 0.0


@dataclass(frozen=True, slots=True)
class Exposure:
    """A contact as far as labels need it. `ours`: an offer of a decision, which must be shown or sent to count."""

    ours: bool
    channel_id: str
    channel: Channel | None
    respond_until_ms: int


def label(exposure: Exposure, reactions: Sequence[Reaction], rules: Label, as_of_ms: int) -> Labelled | NoLabel:
    """What the contact teaches as of a time.

    Nothing before its window has closed, whatever has come in: early answers alone would flatter. Positive with a
    standing positive reaction, also a late one within the grace. Otherwise negative when the contact was made: with a negative
    reaction, or without any if the channel takes silence for a no.
    """
    if exposure.respond_until_ms > as_of_ms:
        return NoLabel.IMMATURE
    kept = standing(reactions)
    end = exposure.respond_until_ms + rules.grace_days * _DAY_MS
    positives = [
        reaction.at_ms for reaction in kept if reaction.at_ms <= end and _is_positive(exposure, reaction, rules)
    ]
    if positives:
        return Labelled(True, max(exposure.respond_until_ms, min(positives)), money(kept, end))
    if state_after(_contact(exposure, reactions)) is not ContactState.CONFIRMED:
        return NoLabel.NOT_MADE
    means = [polarity(exposure.channel, reaction.type) for reaction in kept]
    if Polarity.NEGATIVE in means or polarity(exposure.channel, OutcomeType.NO_RESPONSE) is Polarity.NEGATIVE:
        return Labelled(False, exposure.respond_until_ms)
    return NoLabel.NEUTRAL


def money(kept: Sequence[Reaction], end_ms: int) -> float:
    """What the standing conversions up to a time were worth."""
    return float(sum(r.value or 0.0 for r in kept if r.type == OutcomeType.CONVERTED and r.at_ms <= end_ms))


def _is_positive(exposure: Exposure, reaction: Reaction, rules: Label) -> bool:
    if rules.positive:
        return reaction.type in rules.positive
    return polarity(exposure.channel, reaction.type) is Polarity.POSITIVE


def _contact(exposure: Exposure, reactions: Sequence[Reaction]) -> Contact:
    """The contact as the ledger would hold it, as far as its state depends on reactions."""
    return Contact(
        id="",
        at_ms=0,
        expires_ms=0,
        state=ContactState.RESERVED,
        channel=exposure.channel_id,
        direction=exposure.channel.direction if exposure.channel is not None else Direction.INBOUND,
        class_="",
        group="",
        action="",
        decision_id="ours" if exposure.ours else "",
        reactions=tuple(reactions),
    )
