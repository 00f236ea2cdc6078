"""Stage 1: approved, inside its dates, not excluded by the caller, with a treatment that fits the place."""

from __future__ import annotations

import numpy as np

from nba_server.domain.effects import moment
from nba_server.domain.funnel.batch import Batch
from nba_server.domain.funnel.work import Site, Work
from nba_server.domain.plan import Mask, Screen
from nba_server.domain.reasons import Reason, ReasonCode, Stage


def run(works: Batch) -> None:
    """Removes per placement. A fallback needs approval and a fitting treatment, but no dates."""
    for work in works:
        common = _excluded(work) | ~work.catalog.approved | (_outside_dates(work) & work.plan.regular)
        for site in work.sites:
            site.remove(Stage.AVAILABILITY, common | ~_fitting(_screen(work, site), site))


def explain(work: Work, site: Site, action: int) -> tuple[Reason, ...]:
    """All reasons of this stage for one action."""
    catalog = work.catalog
    screen = _screen(work, site)
    found: list[tuple[ReasonCode, str]] = []
    if not catalog.approved[action]:
        found.append((ReasonCode.NOT_APPROVED, "It is not approved."))
    if work.plan.regular[action]:
        if catalog.start_ms[action] > work.contact_ms:
            found.append((ReasonCode.NOT_STARTED, f"It starts on {moment(int(catalog.start_ms[action]))}."))
        if 0 < catalog.end_ms[action] <= work.contact_ms:
            ends = "ended" if catalog.end_ms[action] <= work.now_ms else "ends"
            found.append((ReasonCode.ENDED, f"It {ends} on {moment(int(catalog.end_ms[action]))}."))
    if catalog.actions[action].id in work.input.request.excluded_actions:
        found.append((ReasonCode.EXCLUDED_BY_CALLER, "The request excludes it."))
    if screen is None or not screen.treated[action]:
        found.append((ReasonCode.NO_TREATMENT, f"It has no approved treatment for {site.id} on {work.channel.id}."))
    elif not _fitting(screen, site)[action]:
        needs = f"{screen.min_width[action]} x {screen.min_height[action]}"
        found.append((ReasonCode.DOES_NOT_FIT, f"Its treatment needs {needs} pixels."))
    return tuple(Reason(code, Stage.AVAILABILITY, text) for code, text in found)


def _excluded(work: Work) -> Mask:
    excluded = np.zeros(len(work.catalog.actions), dtype=np.bool_)
    for name in work.input.request.excluded_actions:
        if name in work.catalog.index:
            excluded[work.catalog.index[name]] = True
    return excluded


def _outside_dates(work: Work) -> Mask:
    catalog = work.catalog
    ended = (catalog.end_ms != 0) & (catalog.end_ms <= work.contact_ms)
    return np.asarray((catalog.start_ms > work.contact_ms) | ended)


def _screen(work: Work, site: Site) -> Screen | None:
    return work.plan.screens.get((work.channel.id, site.id))


def _fitting(screen: Screen | None, site: Site) -> Mask:
    if screen is None:
        return np.zeros(site.stage.shape, dtype=np.bool_)
    return screen.fitting(site.width, site.height)
