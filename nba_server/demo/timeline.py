"""The order in which the year is replayed: one step a day, mailings in the morning, baskets and redemptions by night.

Pure: turns a Journey into steps; knows neither server nor clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from nba_server.demo.source import DAY_MS, Basket, Campaign, Journey, Mailing, Redemption

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Day:
    """What happened on one day that starts at `start_ms`. Mailings go out at its start: their features know only earlier days."""

    start_ms: int
    campaigns: tuple[Campaign, ...]
    mailings: tuple[Mailing, ...]
    redemptions: tuple[Redemption, ...]
    baskets: tuple[Basket, ...]

    @property
    def end_ms(self) -> int:
        """Last millisecond of the day."""
        return self.start_ms + DAY_MS - 1


def days(journey: Journey) -> Iterator[Day]:
    """All days on which something happened, in order."""
    mailings: dict[int, list[Mailing]] = {}
    for mailing in journey.mailings:
        mailings.setdefault(mailing.campaign, []).append(mailing)
    starting = _by_day((campaign.start_ms, campaign) for campaign in journey.campaigns)
    redemptions = _by_day((redemption.at_ms, redemption) for redemption in journey.redemptions)
    baskets = _by_day((basket.at_ms, basket) for basket in journey.baskets)
    for start in sorted(starting.keys() | redemptions.keys() | baskets.keys()):
        campaigns = tuple(starting.get(start, ()))
        yield Day(
            start_ms=start,
            campaigns=campaigns,
            mailings=tuple(m for campaign in campaigns for m in mailings.get(campaign.id, ())),
            redemptions=tuple(redemptions.get(start, ())),
            baskets=tuple(baskets.get(start, ())),
        )


def _by_day(items: Iterator[tuple[int, T]]) -> dict[int, list[T]]:
    grouped: dict[int, list[T]] = {}
    for at_ms, item in items:
        grouped.setdefault(at_ms - at_ms % DAY_MS, []).append(item)
    return grouped
