"""Stage 6: suppressions after outcomes, quiet hours, contact limits and pressure, caps. It fails closed and binds fallbacks.

All of it is judged at the time at which the contact will be made. Transactional actions are exempt from all but suppressions
and caps. Shadow limits are counted, never applied.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nba_server.domain.cap import Cap
from nba_server.domain.consent import ANY_CHANNEL
from nba_server.domain.contact import ContactLimit
from nba_server.domain.effects import until
from nba_server.domain.engagement import Suppression, SuppressionLevel
from nba_server.domain.funnel import contact_words
from nba_server.domain.funnel.batch import Batch
from nba_server.domain.funnel.work import Site, Work
from nba_server.domain.ledger import admits
from nba_server.domain.plan import Mask, Weights
from nba_server.domain.pressure import ContactPressure, loads, room
from nba_server.domain.quiet_hours import QuietHours
from nba_server.domain.reasons import Reason, ReasonCode, Stage


def run(works: Batch) -> None:
    """Removes what is muted, and what one more contact now would put over a limit or budget."""
    _judge(works)
    for work in works:
        work.shadows = list(_held_back(work, shadow=True))
        for suppression in _live(work):
            muted = _muted(work, suppression)
            if muted is not None:
                work.remove(Stage.CONTACT_POLICY, muted)
        for _, bound in _quiet(work):
            work.remove(Stage.CONTACT_POLICY, bound)
        for _, held_back in _held_back(work):
            work.remove(Stage.CONTACT_POLICY, held_back)
        for _, unaffordable in _reached(work):
            work.remove(Stage.CONTACT_POLICY, unaffordable)


def _judge(works: Batch) -> None:
    """The limits of all works at once; those that this cannot tell are judged one by one when they are asked for."""
    channels = {work.channel.id for work in works}
    limits = {limit.id: limit for channel in channels for limit, _ in works.plan.limits[channel]}
    for limit in limits.values():
        admitted, told = works.histories.admits(limit, works.contact_ms)
        for work, admits_, known in zip(works, admitted.tolist(), told.tolist(), strict=True):
            if known:
                work.admitted[limit.id] = admits_


def _admits(work: Work, limit: ContactLimit) -> bool:
    known = work.admitted.get(limit.id)
    return admits(limit.counted(work.state), limit, work.contact_ms, work.now_ms) if known is None else known


def explain(work: Work, site: Site, action: int) -> tuple[Reason, ...]:
    """Suppressions, quiet hours, then limits and budgets that hold the action back, the tightest (last to let go) first."""
    found = []
    for suppression in _live(work):
        muted = _muted(work, suppression)
        if muted is not None and muted[action]:
            text = f"Muted {until(suppression)} after what the customer did."
            found.append(Reason(ReasonCode.SUPPRESSED, Stage.CONTACT_POLICY, text, suppression.rule))
    found += [contact_words.quiet_reason(quiet, work.customer_time) for quiet, bound in _quiet(work) if bound[action]]
    reached = (contact_words.cap_reason(cap) for cap, unaffordable in _reached(work) if unaffordable[action])
    return (*found, *contact_words.tightest_first(_reasons(work, action, shadow=False)), *reached)


def shadowed(work: Work, site: Site, action: int) -> tuple[Reason, ...]:
    """The shadow limits and budgets that would have held back an action which came as far as this stage."""
    if not work.shadows or 0 < site.stage[action] < Stage.CONTACT_POLICY:
        return ()
    return contact_words.tightest_first(_reasons(work, action, shadow=True))


def _reasons(work: Work, action: int, *, shadow: bool) -> Iterator[contact_words.Held]:
    now_ms, at_ms = work.now_ms, work.contact_ms
    for limit, held_back in _exhausted(work, shadow=shadow):
        if held_back[action]:
            yield contact_words.limit_reason(limit.counted(work.state), limit, at_ms, now_ms)
    for pressure, weights, held_back in _heavy(work, shadow=shadow):
        if held_back[action]:
            ledger, weight = pressure.counted(work.state), float(weights[action])
            yield contact_words.pressure_reason(ledger, pressure, work.channel.id, weight, at_ms, now_ms)


def _held_back(work: Work, *, shadow: bool = False) -> Iterator[tuple[str, Mask]]:
    for limit, held_back in _exhausted(work, shadow=shadow):
        yield limit.id, held_back
    for pressure, _, held_back in _heavy(work, shadow=shadow):
        yield pressure.id, held_back


def _reached(work: Work) -> Iterator[tuple[Cap, Mask]]:
    """Caps of which less is left here than an offer takes. They bind transactional actions too."""
    if work.input.caps is None:
        return
    for cap, units in work.plan.caps:
        unaffordable = units > work.input.caps.get(cap.key, 0)
        if unaffordable.any():
            yield cap, unaffordable


def _live(work: Work) -> Iterator[Suppression]:
    for suppression in work.state.suppressions:
        holds = suppression.until_ms == 0 or suppression.until_ms > work.contact_ms
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


def _quiet(work: Work) -> Iterator[tuple[QuietHours, Mask]]:
    for quiet, bound in work.plan.quiet[work.channel.id]:
        if quiet.hold(work.customer_time):
            yield quiet, bound


def _exhausted(work: Work, *, shadow: bool) -> Iterator[tuple[ContactLimit, Mask]]:
    for limit, held_back in work.plan.limits[work.channel.id]:
        if limit.shadow is shadow and not _admits(work, limit):
            yield limit, held_back


def _heavy(work: Work, *, shadow: bool) -> Iterator[tuple[ContactPressure, Weights, Mask]]:
    for named, weights in work.plan.pressures[work.channel.id]:
        if named.shadow is shadow:
            pressure = named.of(work.state.profile.segments)
            carried = loads(pressure.counted(work.state), pressure, work.now_ms)
            most = room(carried, pressure.budget, pressure.half_life_ms(work.channel.id), work.contact_ms)
            held_back = (weights > 0.0) & (weights > most)
            if held_back.any():
                yield pressure, weights, held_back
