"""What a simulation was like, as data and as one HTML page with the plots of regret and contact volume."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from nba_training.plot import lines
from nba_training.simulate.run import WEEK, Told
from nba_training.simulate.world import World

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2430;background:#fff}"
    "td,th{padding:.25rem .8rem .25rem 0;text-align:right}td:first-child,th:first-child{text-align:left}svg{max-width:100%}"
    "@media(prefers-color-scheme:dark){body{color:#e3e7ee;background:#161a21}}"
)


def summary(world: World, runs: Sequence[Told]) -> dict[str, Any]:
    """The figures of a simulation, the lowest regret first."""
    return {
        "world": world.scenario.name,
        "seed": world.seed,
        "days": world.days,
        "policies": [
            {
                "policy": run.policy,
                "regret": run.total,
                "expected_positives": float(np.sum(run.reward)),
                "contacts": int(np.sum(run.contacts)),
                "decisions": int(np.sum(run.decisions)),
                "regret_by_week": _weekly(run.regret),
                "contacts_by_week": _weekly(run.contacts),
                "offers": dict(run.offers.most_common()),
            }
            for run in sorted(runs, key=lambda run: run.total)
        ],
    }


def page(world: World, runs: Sequence[Told]) -> bytes:
    """The page, UTF-8."""
    found = summary(world, runs)
    regret = {run.policy: np.cumsum(run.regret).tolist() for run in runs}
    volume = {run.policy: [float(count) for count in _weekly(run.contacts)] for run in runs}
    title = f"Simulated world “{world.scenario.name}”, seed {world.seed}"
    rows = "".join(
        f"<tr><td>{escape(item['policy'])}</td><td>{item['regret']:,.1f}</td><td>{item['expected_positives']:,.1f}</td>"
        f"<td>{item['contacts']:,}</td><td>{item['decisions']:,}</td></tr>"
        for item in found["policies"]
    )
    body = (
        f"<h1>{escape(title)}</h1><p>Regret: expected positive answers that the best choice among the same candidates would "
        f"have had more.</p><h2>Cumulative regret</h2>{lines(regret, across='day', up='regret')}"
        f"<h2>Contacts a week</h2>{lines(volume, across='week', up='contacts')}"
        "<h2>Totals</h2><table><tr><th>policy</th><th>regret</th><th>expected positives</th><th>contacts</th>"
        f"<th>decisions</th></tr>{rows}</table>"
    )
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    page_ = f'<!doctype html><html lang="en"><head>{head}<style>{_STYLE}</style></head><body>{body}</body></html>'
    return page_.encode()


def _weekly(days: Sequence[float]) -> list[float]:
    return [sum(days[start : start + WEEK]) for start in range(0, len(days), WEEK)]
