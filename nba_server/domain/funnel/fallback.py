"""Last step: where nothing qualified, the catalogue's fallback actions, by priority.

They passed consent, contact policy and the availability of an approved treatment, but neither dates nor rules. They are
forced (not evaluable) and never explore.
"""

from __future__ import annotations

from dataclasses import replace

from nba_server.domain.funnel.batch import Batch
from nba_server.domain.funnel.slate import fill
from nba_server.domain.funnel.work import Site, Work
from nba_server.domain.reasons import Stage


def run(works: Batch) -> None:
    """Fills empty placements; marks the fallbacks that are not needed."""
    if not works.plan.fallback.any():
        return
    for work in works:
        for place, site in enumerate(work.sites):
            waiting = (site.stage == 0) & work.plan.fallback
            if not waiting.any():
                continue
            if not site.picks:
                _add(work, site, place, [row for row, action in enumerate(work.scored) if waiting[action]])
                for pick in site.picks:
                    waiting[work.scored[site.rows[pick.candidate]]] = False
            site.remove(Stage.SLATE, waiting)


def _add(work: Work, site: Site, place: int, rows: list[int]) -> None:
    """Lets the fallbacks fill the positions; only those that do join the candidates."""
    regular = len(site.rows)
    site.rows = [*site.rows, *rows]
    site.first = [*site.first, *([0.0] * len(rows))]
    fill(work, site, place, fallback=True)
    used = (pick.candidate for pick in site.picks)
    order = sorted((*range(regular), *used), key=lambda i: site.rows[i])
    site.picks = [replace(pick, candidate=order.index(pick.candidate)) for pick in site.picks]
    site.rows, site.first = [site.rows[i] for i in order], [site.first[i] for i in order]
