"""Line charts as SVG, by hand: a few curves with their names, axes, and a description for those who cannot see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

COLOURS = ("#2f6fdb", "#c2571a", "#17803d", "#8a3ffc", "#a12622", "#5b6472", "#0a7d8c")
_WIDTH, _HEIGHT, _LEFT, _BELOW, _RIGHT = 640, 300, 56, 34, 130


def lines(curves: Mapping[str, Sequence[float]], *, across: str, up: str, step: float = 1.0) -> str:
    """One curve a name, its points `step` apart; values from 0 (or the least) up. Needs at least one point."""
    count = max(len(points) for points in curves.values())
    top = max(0.0, *(value for points in curves.values() for value in points)) or 1.0
    low = min(0.0, *(value for points in curves.values() for value in points))
    wide, high = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _BELOW - 10

    def place(number: int, value: float) -> str:
        x = _LEFT + wide * number / max(1, count - 1)
        return f"{x:.1f},{10 + high * (1 - (value - low) / (top - low)):.1f}"

    parts = [_axes(low, top, (count - 1) * step, across, up)]
    ends = sorted((points[-1], name) for name, points in curves.items())
    for number, (name, points) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(place(at, value) for at, value in enumerate(points))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        rank = ends.index((points[-1], name))
        y = _HEIGHT - _BELOW - 8 - 17 * rank
        parts.append(f'<text x="{_WIDTH - _RIGHT + 8}" y="{y}" fill="{colour}">{escape(name)}</text>')
    said = f"{up} over {across}: " + ", ".join(f"{name} ends at {value:,.4g}" for value, name in reversed(ends))
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" role="img" aria-label="{escape(said)}">{"".join(parts)}</svg>'


def _axes(low: float, top: float, last: float, across: str, up: str) -> str:
    floor = _HEIGHT - _BELOW
    right = _WIDTH - _RIGHT
    return (
        f'<path d="M{_LEFT} 10V{floor}H{right}" fill="none" stroke="#8793a5"/>'
        f'<g fill="currentColor" font-size="12"><text x="{_LEFT - 6}" y="18" text-anchor="end">{top:,.4g}</text>'
        f'<text x="{_LEFT - 6}" y="{floor}" text-anchor="end">{low:,.4g}</text>'
        f'<text x="{right}" y="{floor + 16}" text-anchor="end">{last:,.4g}</text>'
        f'<text x="{_LEFT}" y="{floor + 30}">{escape(across)}</text>'
        f'<text x="{_LEFT + 6}" y="20">{escape(up)}</text></g>'
    )
