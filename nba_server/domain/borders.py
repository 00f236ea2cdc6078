"""Until when a decision may be made good: time that passes before the commit must not carry it over a border of the clock.

The borders are those that a caller sees on a clock: quiet hours that begin, and an action's last moment.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from nba_server.domain.catalog import Catalog
from nba_server.domain.decided import Decision
from nba_server.domain.quiet_hours import local_time

MINUTE_MS = 60_000
"""Quiet hours begin at full minutes, in every time zone."""


def good_until(decision: Decision, catalog: Catalog, latest_ms: int) -> int:
    """The last moment, at most `latest_ms`, at which everything that the decision may propose is still allowed."""
    given = decision.input
    ahead = given.contact_ms - given.now_ms
    crossed = [border - ahead - 1 for border in _borders(decision, catalog, latest_ms + ahead)]
    return min((latest_ms, *crossed))


def _borders(decision: Decision, catalog: Catalog, last_ms: int) -> Iterator[int]:
    """Borders behind the time of the contact and up to `last_ms`; cheap when there are none, as nearly always."""
    begin, plan = decision.input.contact_ms, catalog.plan
    place = bisect_right(plan.ends, begin)
    if place < len(plan.ends) and plan.ends[place] <= last_ms:
        ends = (int(catalog.end_ms[action]) for action in _proposed(decision) if plan.regular[action])
        yield from (end for end in ends if begin < end <= last_ms)
    quiet = plan.quiet.get(decision.input.request.channel, ())
    for minute in range((begin // MINUTE_MS + 1) * MINUTE_MS, last_ms + 1, MINUTE_MS) if quiet else ():
        profile = decision.input.state.profile
        local = local_time(profile, catalog.customer_timezone, plan.zone, minute)
        bound = [mask for hours, mask in quiet if hours.hold(local)]
        if any(mask[action] for mask in bound for action in _proposed(decision)):
            yield minute


def _proposed(decision: Decision) -> set[int]:
    return {decision.candidates[pick.candidate].action for pick in decision.picks}
