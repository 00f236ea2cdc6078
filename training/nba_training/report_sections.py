"""Sections of the report's page: the value of the policies, drift and health. They read the report's data and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from nba_training.plot import lines

_SHOWN = 12


def value_table(value: Mapping[str, Any]) -> str:
    """Estimates and differences by estimator, or why there are none."""
    if not value["judged"]:
        return f"<p>The log could not tell: {escape(value['why_not'])}.</p>"
    rows = [
        (name, *(_interval(part.get(name)) for part in (value["estimates"], value["difference"])))
        for name in value["estimates"]
    ]
    said = (
        f"<p>{value['choices']:,} choices, effective sample size {value['diagnostics']['ess']:,.0f}; intervals leave "
        f"{value['alpha']:.3g} on each side.</p>"
    )
    return _table(("estimator", "challenger", "challenger minus live"), rows) + said


def funnel_section(funnel: Mapping[str, Any]) -> list[str]:
    """What is left of the catalogue after each stage, and of the contacts on their way to rows."""
    parts = ["<h2>Funnel</h2>"]
    if funnel["decisions"]:
        parts += [
            f"<p>Actions a decision, {funnel['decisions']:,} sampled decisions.</p>",
            _bars(funnel["left"], "{:,.2f}"),
        ]
    if funnel.get("freshness"):
        states = ("fresh", "stale", "missing")
        rows = [(name, *(f"{found[state]:,}" for state in states)) for name, found in funnel["freshness"].items()]
        parts += ["<p>How good the attributes were that may grow stale.</p>", _table(("attribute", *states), rows)]
    return [*parts, "<p>Contacts on their way to rows.</p>", _bars(funnel["rows"], "{:,.0f}")]


def changes_section(changes: Mapping[str, Any]) -> list[str]:
    """Gain curves, and what the challenger would do otherwise."""
    curves = {
        **changes["gain"],
        "by chance": [at / (len(changes["gain"]["live"]) - 1) for at in range(len(changes["gain"]["live"]))],
    }
    parts = ["<h2>Gain</h2>", lines(curves, across="best-ranked contacts, %", up="share of positives found", step=5.0)]
    parts.append("<h2>What changes</h2>")
    if changes["same"] is not None and changes["same"] == changes["same"]:
        parts.append(f"<p>In {changes['same']:.1%} of the later choices both models prefer the same.</p>")
    for title, what in (("action", "actions"), ("feature, by share of gain", "features")):
        if changes[what]:
            parts.append(_table((title, "live", "challenger"), [_shift(item) for item in changes[what][:_SHOWN]]))
    return parts


def value_model_section(found: Mapping[str, Any]) -> list[str]:
    """What the model claims that a positive answer is worth, and what came in."""
    said = (
        f"On {found['rows']:,} later positive answers it claims {found['claimed']:.4g} on average, {found['observed']:.4g} came "
        f"in; it is off by {found['error']:.4g} (root mean square), the catalogue's values by {found['catalogue_error']:.4g}."
    )
    curves = {name: [part[name] for part in found["calibration"]] for name in ("claimed", "observed")}
    return [
        "<h2>What a positive answer is worth</h2>",
        f"<p>{said}</p>",
        lines(curves, across="slice by claim", up="money"),
    ]


def tuning_section(tuning: Mapping[str, Any]) -> list[str]:
    """What the search for parameters found."""
    rows = [(name, f"{value:.6g}") for name, value in tuning["parameters"].items()]
    said = (
        f"{tuning['trials']:,} trials in {tuning['seconds']:,.0f} s, {tuning['pruned']:,} ended early. On later stretches of the "
        f"rows to fit on the definition's own lose {tuning['own_loss']:.5f} nats a row, the best {tuning['best_loss']:.5f}."
    )
    found = _table(("parameter", "chosen"), rows) if rows else "<p>The definition's own were the best.</p>"
    return ["<h2>Parameters</h2>", f"<p>{said}</p>", found]


def health_section(health: Mapping[str, Any]) -> list[str]:
    """Drift of features and score, calibration over time, what nobody gets."""
    moved = list(health["psi"].items())[:_SHOWN]
    drift = _table(("feature", "PSI"), [("score", f"{health['psi_score']:.4f}"), *((n, f"{v:.4f}") for n, v in moved)])
    parts = ["<h2>Drift between the rows it learned from and the later ones</h2>", drift]
    slices = health["over_time"]
    if slices:
        curves = {name: [part[name] for part in slices] for name in ("claimed", "observed")}
        began = f"{datetime.fromtimestamp(slices[0]['first_ms'] / 1000, UTC):%Y-%m-%d}"
        parts += ["<h2>Calibration over time</h2>", lines(curves, across=f"stretch from {began}", up="rate")]
    words = []
    if health["no_offer"] is not None and health["no_offer"] == health["no_offer"]:
        words.append(f"{health['no_offer']:.1%} of the later decisions offered nothing.")
    never = ", ".join(f"{name} ({count:,} times a candidate)" for name, count in list(health["never"].items())[:_SHOWN])
    words.append(f"Nobody got: {never}." if never else "Every candidate was shown to somebody.")
    return [*parts, f"<p>{escape(' '.join(words))}</p>"]


def _shift(item: Mapping[str, Any]) -> tuple[str, str, str]:
    return item["name"], f"{item['live']:.1%}", f"{item['challenger']:.1%}"


def _bars(steps: Sequence[Sequence[Any]], form: str) -> str:
    """One bar a step, as long as its number; the number stands beside it."""
    top = max([1e-9, *(count for _, count in steps)])
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td><svg width='320' height='14' aria-hidden='true'><rect width='{320 * count / top:.1f}' "
        f"height='14' fill='#2f6fdb'/></svg></td><td>{form.format(count)}</td></tr>"
        for name, count in steps
    )
    return f"<table>{rows}</table>"


def _interval(found: Mapping[str, float] | None) -> str:
    return "–" if found is None else f"{found['value']:.5f} [{found['low']:.5f}, {found['high']:.5f}]"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        return "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells)

    body = "".join(f"<tr>{line(row, 'td')}</tr>" for row in rows)
    return f"<table><tr>{line(head, 'th')}</tr>{body}</table>"
