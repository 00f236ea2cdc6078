"""What an outcome did, in words for the caller.

Compares what held before with what holds after; it decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from nba_server.domain.consent import ANY_CHANNEL, Consent, ConsentStatus
from nba_server.domain.engagement import CustomerState, Suppression, SuppressionLevel

_SUBJECT = {
    SuppressionLevel.ACTION: "action",
    SuppressionLevel.GROUP: "group",
    SuppressionLevel.RELATED: "actions with",
}


def moment(ms: int) -> str:
    """A time as people read it, in UTC to the second."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def until(suppression: Suppression) -> str:
    """How long it mutes."""
    return f"until {moment(suppression.until_ms)}" if suppression.until_ms else "for good"


def _subject(suppression: Suppression) -> str:
    channel = "all channels" if suppression.channel == ANY_CHANNEL else suppression.channel
    return f"{_SUBJECT[suppression.level]} {suppression.key} on {channel}"


def muting_changes(
    before: Iterable[Suppression], after: Iterable[Suppression], now_ms: int
) -> tuple[tuple[Suppression, ...], tuple[Suppression, ...]]:
    """Suppressions that are new or changed, and those that were lifted; one that has run out by itself is neither."""
    old = {(s.rule, s.key, s.channel): s for s in before if not s.until_ms or s.until_ms > now_ms}
    new = {(s.rule, s.key, s.channel): s for s in after}
    started = tuple(s for key, s in new.items() if old.get(key) != s)
    return started, tuple(s for key, s in old.items() if key not in new)


def described(
    before: CustomerState, suppressions: tuple[Suppression, ...], consents: tuple[Consent, ...] | None, now_ms: int
) -> tuple[str, ...]:
    """One sentence for each suppression caused, changed or lifted, and for each consent revoked or restored."""
    started, lifted = muting_changes(before.suppressions, suppressions, now_ms)
    words = [f"muted {_subject(s)} {until(s)} (rule {s.rule})" for s in started]
    words += [f"lifted: {_subject(s)} (rule {s.rule})" for s in lifted]
    if consents is not None:
        words += [_revoked(record) for record in consents if record not in before.consents]
        words += [f"restored consent for {r.purpose} on {r.channel}" for r in before.consents if r not in consents]
    return tuple(words)


def _revoked(record: Consent) -> str:
    verb = "revoked" if record.status is ConsentStatus.REVOKED else str(record.status)
    return f"{verb} consent for {record.purpose} on {record.channel}"
