"""What an uplift run found: one JSON object, lines for the terminal, and one HTML page with the curves."""

from __future__ import annotations

from dataclasses import asdict
from html import escape
from typing import Any

from nba_training.plot import lines
from nba_training.uplift import Ranked, Uplift

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2430;background:#fff}"
    "td,th{padding:.25rem .8rem .25rem 0;text-align:right}td:first-child,th:first-child{text-align:left}svg{max-width:100%}"
    "@media(prefers-color-scheme:dark){body{color:#e3e7ee;background:#161a21}}"
)


def document(found: Uplift) -> dict[str, Any]:
    """For programs."""
    return {
        "n": found.n,
        "treated": found.treated,
        "chance": found.chance if found.chance == found.chance else None,
        "effect": asdict(found.effect) if found.effect is not None else None,
        "methods": {
            name: {
                "gain": asdict(method.gain),
                "above_random": method.above_random,
                "auuc": method.auuc,
                "qini": method.qini,
                "at": {f"{share:g}": value for share, value in method.at.items()},
                "curve": list(method.curve),
            }
            for name, method in found.methods.items()
        },
        "refused": found.refused,
    }


def told(found: Uplift, treatment: str, control: str) -> list[str]:
    """For people."""
    if found.refused is not None or found.effect is None:
        return [f"refused: {found.refused}"]
    effect = found.effect
    head = (
        f"{treatment} over {control or 'no offer'}: {effect.value:+.5f} [{effect.low:+.5f}, {effect.high:+.5f}] a customer, "
        f"{found.treated:,} of {found.n:,} choices treated"
    )
    return [head, *(f"{name.replace('_', ' ')}: {_words(method)}" for name, method in found.methods.items())]


def page(found: Uplift, treatment: str, control: str) -> bytes:
    """The page, UTF-8."""
    title = f"Uplift of {treatment} over {control or 'no offer'}"
    body = "".join(f"<p>{escape(line)}</p>" for line in told(found, treatment, control))
    if found.methods:
        end = next(iter(found.methods.values())).curve[-1]
        steps = len(next(iter(found.methods.values())).curve)
        curves = {name.replace("_", " "): method.curve for name, method in found.methods.items()}
        curves["random ranking"] = tuple(end * place / (steps - 1) for place in range(steps))
        body += lines(
            curves, across="best-ranked customers, %", up="uplift gathered, a customer", step=100 / (steps - 1)
        )
        body += _table(found)
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    head += f"<style>{_STYLE}</style>"
    return (
        f'<!doctype html><html lang="en"><head>{head}</head><body><h1>{escape(title)}</h1>{body}</body></html>'.encode()
    )


def _words(method: Ranked) -> str:
    verdict = "above" if method.above_random else "not above"
    areas = f", AUUC {method.auuc:.4f}, Qini {method.qini:.4f}" if method.auuc is not None else ""
    gain = method.gain
    return f"{verdict} a random ranking by {gain.value:+.6f} [{gain.low:+.6f}, {gain.high:+.6f}] a customer{areas}"


def _table(found: Uplift) -> str:
    names = list(found.methods)
    shares = list(next(iter(found.methods.values())).at)
    head = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in names)
    rows = "".join(
        f"<tr><td>best {share:.0%}</td>{''.join(f'<td>{found.methods[name].at[share]:+.5f}</td>' for name in names)}</tr>"
        for share in shares
    )
    return f"<table><tr><th>uplift among the</th>{head}</tr>{rows}</table>"
