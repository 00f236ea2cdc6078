"""The words of the contact policy: which limit or budget is used up, how far, and until when; what is quiet.

Among several the tightest is named first: the one that lets go last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from nba_server.domain import ledger as windows
from nba_server.domain import pressure as weighing
from nba_server.domain.cap import CENTS, Cap
from nba_server.domain.contact import ContactLimit, LimitScope
from nba_server.domain.effects import moment
from nba_server.domain.engagement import Contact
from nba_server.domain.pressure import ContactPressure
from nba_server.domain.quiet_hours import QuietHours
from nba_server.domain.reasons import Reason, ReasonCode, Stage

Held = tuple[int, Reason]
"""When it lets go (0: never), and the reason."""

_NEVER = 1 << 62


def tightest_first(held: Iterable[Held]) -> tuple[Reason, ...]:
    """The reasons, the one that lets go last first; at the same time in the order of the catalogue."""
    return tuple(reason for _, reason in sorted(held, key=lambda pair: -(pair[0] or _NEVER)))


def limit_reason(ledger: Sequence[Contact], limit: ContactLimit, at_ms: int, now_ms: int) -> Held:
    """Of a limit that is used up for a contact at `at_ms`, by the ledger that it counts."""
    count = windows.used(ledger, limit, at_ms, now_ms)
    until_ms = windows.admits_from(ledger, limit, at_ms)
    whose = "The household's contact limit" if limit.scope is LimitScope.HOUSEHOLD else "The contact limit"
    used = f"{whose} is used up: {count} of {limit.cap} in {length(limit.window_ms)}"
    return until_ms, Reason(ReasonCode.CONTACT_LIMIT, Stage.CONTACT_POLICY, used + _until(until_ms), limit.id)


def pressure_reason(
    ledger: Sequence[Contact], pressure: ContactPressure, channel: str, weight: float, at_ms: int, now_ms: int
) -> Held:
    """Of a budget that leaves no room for a contact of this weight at `at_ms`. `pressure` has the customer's own budget."""
    carried = weighing.level(weighing.loads(ledger, pressure, now_ms), at_ms)
    until_ms = weighing.admits_from(ledger, pressure, channel, weight, at_ms)
    whose = "The household's contact pressure" if pressure.scope is LimitScope.HOUSEHOLD else "The contact pressure"
    text = f"{whose} is {carried:.2f} of {pressure.budget:g}, and this would add {weight:g}"
    return until_ms, Reason(ReasonCode.CONTACT_PRESSURE, Stage.CONTACT_POLICY, text + _until(until_ms), pressure.id)


def cap_reason(cap: Cap) -> Reason:
    """Of a cap of which nothing can be spent now."""
    amount = f"{cap.amount / CENTS:g}" if cap.money else f"{cap.amount} contacts"
    window = f" in {length(cap.window_ms)}" if cap.window_ms else ""
    text = f"Of {amount}{window} over all customers nothing can be spent here now."
    return Reason(ReasonCode.CAP_REACHED, Stage.CONTACT_POLICY, text, cap.id)


def quiet_reason(quiet: QuietHours, local: datetime) -> Reason:
    """Of quiet hours, with the customer's time."""
    text = f"It is {local:%H:%M} on {local:%A} for the customer, and quiet until {quiet.end // 60:02d}:{quiet.end % 60:02d}."
    return Reason(ReasonCode.QUIET_HOURS, Stage.CONTACT_POLICY, text, quiet.id)


def length(window_ms: int) -> str:
    """The length of a window, for people."""
    for unit, size in (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000)):
        if window_ms % size == 0:
            count = window_ms // size
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return f"{window_ms / 1000:g} seconds"


def _until(until_ms: int) -> str:
    return f", until {moment(until_ms)}." if until_ms else "."
