"""What the ledger tells at a moment: contacts that counted, responses, by action and by group.

A decision's contacts are one contact, except where an action or a group is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from nba_server.domain.action import Channel, Polarity
from nba_server.domain.engagement import Contact, ContactState
from nba_server.domain.outcome import OutcomeType, answered, polarity, standing


@dataclass(slots=True)
class Record:
    """Times of one action's or one group's contacts, rejections and positive contacts."""

    presented: list[int] = field(default_factory=list)
    rejected: list[int] = field(default_factory=list)
    positive: list[int] = field(default_factory=list)


class History:
    """Read-only view of a ledger at `now_ms`; planned contacts are not history yet."""

    def __init__(self, ledger: Sequence[Contact], channels: Mapping[str, Channel], now_ms: int) -> None:
        self._ledger = ledger
        self._channels = channels
        self._now_ms = now_ms

    @cached_property
    def counting(self) -> list[Contact]:
        """Contacts that count and have happened, oldest first."""
        return [entry for entry in self._ledger if entry.at_ms <= self._now_ms and entry.counts_at(self._now_ms)]

    def contacts(self, window_ms: int, channel: str = "") -> int:
        """Contacts of the window that ends now, each decision once; on one channel where it is named."""
        since = self._now_ms - window_ms
        return len(
            {
                entry.decision_id or entry.id
                for entry in self.counting
                if entry.at_ms > since and (not channel or entry.channel == channel)
            }
        )

    @property
    def last_ms(self) -> int | None:
        """Time of the last contact that counts."""
        return self.counting[-1].at_ms if self.counting else None

    def positive_ms(self, entry: Contact) -> int | None:
        """Time of the contact's latest positive outcome."""
        channel = self._channels.get(entry.channel)
        times = [
            reaction.at_ms
            for reaction in standing(entry.reactions)
            if polarity(channel, reaction.type) is Polarity.POSITIVE
        ]
        return max(times, default=None)

    def positives(self, window_ms: int) -> int:
        """Contacts with a positive outcome in the window that ends now."""
        times = (self.positive_ms(entry) for entry in self._ledger if entry.reactions)
        return sum(1 for time in times if time is not None and self._now_ms - window_ms < time <= self._now_ms)

    @property
    def no_response_streak(self) -> int:
        """How many of the latest contacts, newest first, ended without a response; those still open are passed over."""
        ended: dict[str, bool] = {}
        for entry in self.counting:
            if entry.state is ContactState.RELEASED or not self._ended(entry):
                continue
            responded = any(reaction.type != OutcomeType.NO_RESPONSE for reaction in standing(entry.reactions))
            responded = responded and answered(entry.reactions)
            key = entry.decision_id or entry.id
            ended[key] = ended.get(key, False) or responded
        streak = 0
        for responded in reversed(ended.values()):
            if responded:
                break
            streak += 1
        return streak

    def _ended(self, entry: Contact) -> bool:
        return answered(entry.reactions) or entry.respond_until_ms <= self._now_ms

    @cached_property
    def by_action(self) -> dict[str, Record]:
        """Records of the actions that occur in the ledger."""
        return self._records(lambda entry: entry.action)

    @cached_property
    def by_group(self) -> dict[str, Record]:
        """Records of the groups that occur in the ledger."""
        return self._records(lambda entry: entry.group)

    def _records(self, name: Callable[[Contact], str]) -> dict[str, Record]:
        records: dict[str, Record] = {}
        for entry in self.counting:
            record = records.setdefault(name(entry), Record())
            record.presented.append(entry.at_ms)
            if entry.reactions:
                self._add_reactions(record, entry)
        return records

    def _add_reactions(self, record: Record, entry: Contact) -> None:
        positive = self.positive_ms(entry)
        if positive is not None:
            record.positive.append(positive)
        rejected = [r.at_ms for r in standing(entry.reactions) if r.type == OutcomeType.REJECTED]
        if rejected:
            record.rejected.append(max(rejected))


def within(times: Sequence[int], now_ms: int, window_ms: int) -> int:
    """How many of the times lie in (now - window, now]."""
    return sum(1 for time in times if now_ms - window_ms < time <= now_ms)
