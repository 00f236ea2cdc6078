"""One self-contained HTML page of a report: verdict, gates, numbers, calibration curve, features, actions.

It reads the report's data and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from nba_training.report_sections import (
    changes_section,
    funnel_section,
    health_section,
    tuning_section,
    value_model_section,
    value_table,
)

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2430;background:#fff}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}th,td{padding:.25rem .8rem .25rem 0;text-align:left}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}tr+tr td{border-top:1px solid #e3e7ee}
.yes{color:#17693a}.no{color:#a12622}svg{background:#f7f9fc;border-radius:4px}
@media(prefers-color-scheme:dark){body{color:#e3e7ee;background:#161a21}tr+tr td{border-color:#313a48}
svg{background:#1f2530}.yes{color:#6fd198}.no{color:#f0918d}}
"""
_SIZE = 320


def page(report: Mapping[str, Any]) -> bytes:
    """The page, UTF-8."""
    title = f"Training of {report['definition']['model']}: {report['status']}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(report['definition']['title'])}. Version {escape(report['version'] or 'none')}, "
        f"archive version {report['read']['archive_version']}, as of {_time(report['read']['as_of_ms'])}.</p>",
        "<h2>Gates</h2>",
        _gates(report["gate"]),
        "<h2>Rows</h2>",
        _rows(report),
    ]
    if "funnel" in report:
        parts += funnel_section(report["funnel"])
    if "test" in report:
        parts += [
            "<h2>On rows later than any it learned from</h2>",
            _metrics(report["test"]),
            "<h2>Calibration</h2>",
            _curve(report["calibration"]),
            "<h2>What the trees use</h2>",
            _table(("feature", "share of gain"), [(n, f"{v:.1%}") for n, v in report["importance"].items()]),
            _own(report.get("own_models", ())),
            "<h2>Actions</h2>",
            _table(
                ("action", "contacts", "claimed", "observed"),
                [
                    (a["action"], f"{a['rows']:,}", f"{a['claimed']:.4f}", f"{a['observed']:.4f}")
                    for a in report["actions"]
                ],
            ),
        ]
    if "tuning" in report:
        parts += tuning_section(report["tuning"])
    if "changes" in report:
        parts += changes_section(report["changes"])
    if "value_model" in report:
        parts += value_model_section(report["value_model"])
    if "value" in report:
        parts += ["<h2>What the policies would have earned</h2>", value_table(report["value"])]
    if "health" in report:
        parts += health_section(report["health"])
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    body = "".join(parts)
    return (
        f'<!doctype html><html lang="en"><head>{head}<style>{_STYLE}</style></head><body>{body}</body></html>'.encode()
    )


def _gates(checks: Iterable[Mapping[str, Any]]) -> str:
    lines = "".join(
        f'<tr><td class="{"yes" if check["passed"] else "no"}">{"passed" if check["passed"] else "failed"}</td>'
        f"<td>{escape(check['name'])}</td><td>{escape(check['found'])}</td><td>{escape(check['wanted'])}</td></tr>"
        for check in checks
    )
    return f"<table><tr><th></th><th>gate</th><th>found</th><th>wanted</th></tr>{lines}</table>"


def _rows(report: Mapping[str, Any]) -> str:
    read, split = report["read"], report["split"]
    parts = _table(
        ("part", "rows", "positive", "from", "to"),
        [
            (
                name,
                f"{split[name]['rows']:,}",
                f"{split[name]['positives']:,}",
                _time(split[name]["first_ms"]),
                _time(split[name]["last_ms"]),
            )
            for name in ("fit", "calibrate", "test")
        ],
    )
    skipped = ", ".join(f"{count:,} {reason}" for reason, count in read["skipped"].items()) or "none"
    return (
        f"{parts}<p>{read['contacts']:,} contacts read, {read['rows']:,} rows; no row: {escape(skipped)}; "
        f"{split['purged']:,} left out because their window reaches into the test.</p>"
    )


def _metrics(test: Mapping[str, Any]) -> str:
    names = ("auc", "log_loss", "brier", "calibration_error", "mean_propensity")
    columns = [
        ("challenger", test["challenger"]),
        (test["live_version"], test["live"]),
        ("base rate", test["base_rate"]),
    ]
    rows = [(name.replace("_", " "), *(_figure(metrics[name]) for _, metrics in columns)) for name in names]
    return _table(("", *(name for name, _ in columns)), rows)


def _own(names: Sequence[str]) -> str:
    return f"<p>With models of their own: {escape(', '.join(names))}.</p>" if names else ""


def _curve(bins: Sequence[Mapping[str, float]]) -> str:
    """Claimed (across) against observed (up); the diagonal is perfect."""
    top = max([0.01, *(max(part["claimed"], part["observed"]) for part in bins)]) * 1.05
    dots = "".join(
        f'<circle cx="{_SIZE * part["claimed"] / top:.1f}" cy="{_SIZE * (1 - part["observed"] / top):.1f}" r="4" fill="#2f6fdb">'
        f"<title>claimed {part['claimed']:.4f}, observed {part['observed']:.4f}, {part['rows']} rows</title></circle>"
        for part in bins
    )
    return (
        f'<svg width="{_SIZE}" height="{_SIZE}" role="img" aria-label="claimed against observed rate">'
        f'<line x1="0" y1="{_SIZE}" x2="{_SIZE}" y2="0" stroke="#8793a5"/>{dots}</svg>'
        f"<p>Across: claimed, up: observed, both from 0 to {top:.3f}.</p>"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{' class=n' if place else ''}>{escape(cell)}</{tag}>" for place, cell in enumerate(cells)
        )

    body = "".join(f"<tr>{line(row, 'td')}</tr>" for row in rows)
    return f"<table><tr>{line(head, 'th')}</tr>{body}</table>"


def _figure(value: float | None) -> str:
    return "–" if value is None or value != value else f"{value:.5f}"


def _time(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M} UTC" if ms else "–"
