"""Stage 6: suppressions after outcomes, then contact limits. It fails closed and binds fallbacks too.

Transactional actions are exempt from limits, not from suppressions. Shadow limits never remove.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from nba_server.domain.consent import ANY_CHANNEL
from nba_server.domain.contact import ContactLimit
from nba_server.domain.effects import until
from nba_server.domain.engagement import Suppression, SuppressionLevel
from nba_server.domain.funnel.work import Site, Work
from nba_server.domain.ledger import admits, used
from nba_server.domain.plan import Mask
from nba_server.domain.reasons import Reason, ReasonCode, Stage


def run(works: Sequence[Work]) -> None:
    """Removes what is muted, and what one more contact now would put over a limit."""
    for work in works:
        for suppression in _live(work):
            muted = _muted(work, suppression)
            if muted is not None:
                work.remove(Stage.CONTACT_POLICY, muted)
        for _, held_back in _exhausted(work):
            work.remove(Stage.CONTACT_POLICY, held_back)


def explain(work: Work, site: Site, action: int) -> tuple[Reason, ...]:
    """All suppressions and limits that hold the action back."""
    found = []
    for suppression in _live(work):
        muted = _muted(work, suppression)
        if muted is not None and muted[action]:
            text = f"Muted {until(suppression)} after what the customer did."
            found.append(Reason(ReasonCode.SUPPRESSED, Stage.CONTACT_POLICY, text, suppression.rule))
    for limit, held_back in _exhausted(work):
        if held_back[action]:
            count = used(work.state.ledger, limit, work.now_ms, work.now_ms)
            text = f"The contact limit is used up: {count} of {limit.cap} in {_length(limit.window_ms)}."
            found.append(Reason(ReasonCode.CONTACT_LIMIT, Stage.CONTACT_POLICY, text, limit.id))
    return tuple(found)


def _live(work: Work) -> Iterator[Suppression]:
    for suppression in work.state.suppressions:
        holds = suppression.until_ms == 0 or suppression.until_ms > work.now_ms
        if holds and suppression.channel in (work.channel.id, ANY_CHANNEL):
            yield suppression


def _muted(work: Work, suppression: Suppression) -> Mask | None:
    plan = work.plan
    if suppression.level is SuppressionLevel.GROUP:
        return plan.groups.get(suppression.key)
    if suppression.level is SuppressionLevel.RELATED:
        return plan.related.get(suppression.key)
    index = work.catalog.index.get(suppression.key)
    if index is None:
        return None
    muted = np.zeros(len(work.catalog.actions), dtype=np.bool_)
    muted[index] = True
    return muted


def _exhausted(work: Work) -> Iterator[tuple[ContactLimit, Mask]]:
    for limit, held_back in work.plan.limits[work.channel.id]:
        if not limit.shadow and not admits(work.state.ledger, limit, work.now_ms, work.now_ms):
            yield limit, held_back


def _length(window_ms: int) -> str:
    for unit, size in (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000)):
        if window_ms % size == 0:
            count = window_ms // size
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return f"{window_ms / 1000:g} seconds"
