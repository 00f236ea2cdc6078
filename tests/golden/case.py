"""The golden cases: decisions as data. Reads them; knows nothing of how they are run.

A case is a catalogue, a customer, a request and what is wanted. The customer's past is told in events that the API takes
too (contacts made elsewhere with their outcomes, purchases), so that the same cases run in the core and over the wire.
See `README.md` beside this file for the keys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from nba_server.adapters.catalog.compiling import compile_text
from nba_server.domain.catalog import Catalog

HERE = Path(__file__).parent
NOW_MS = int(datetime.fromisoformat("2026-01-15T12:00:00+00:00").timestamp() * 1000)
"""The time of every decision: a Thursday, 13:00 in Berlin."""

GRANTED = (
    {"channel": "*", "purpose": "advertising", "status": "granted", "from": "-100d"},
    {"channel": "*", "purpose": "profiling", "status": "granted", "from": "-100d"},
)
"""The consents of a customer whose case says nothing of them."""

_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


@dataclass(frozen=True, slots=True)
class GoldenCase:
    """One case. `stage` is the step of the funnel that it is about (the name of its file)."""

    stage: str
    name: str
    says: str
    catalog_texts: tuple[str, str]
    customer: Mapping[str, Any] | None
    request: Mapping[str, Any]
    want: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.stage}-{self.name}"

    def catalog(self) -> Catalog:
        """The compiled catalogue."""
        return compile_text(*self.catalog_texts).catalog

    @property
    def placements(self) -> tuple[str, ...]:
        """The placements of the request, in order."""
        return tuple(place["placement"] for place in self.request["placements"])


def moment(text: str) -> int:
    """`-3d`, `+2h`, `now` as milliseconds since 1970."""
    if text == "now":
        return NOW_MS
    matched = re.fullmatch(r"([+-]\d+)([smhd])", text)
    if matched is None:
        raise ValueError(f"{text!r} is no time such as -3d or +2h")
    return NOW_MS + int(matched[1]) * _UNITS[matched[2]]


def load_cases() -> list[GoldenCase]:
    """All cases, in the order of their files."""
    shared = (HERE / "catalog.yaml").read_text(encoding="utf-8")
    files = sorted((HERE / "cases").glob("*.yaml"))
    return [
        _case(path.stem, data, shared)
        for path in files
        for data in yaml.safe_load(path.read_text(encoding="utf-8"))["cases"]
    ]


def _case(stage: str, data: Mapping[str, Any], shared: str) -> GoldenCase:
    request = dict(data.get("request", {}))
    request.setdefault("channel", "web")
    request.setdefault("placements", [{"placement": "hero"}])
    customer = data.get("customer")
    if customer is not None:
        customer = {"consents": list(GRANTED), **customer}
    return GoldenCase(
        stage=stage,
        name=data["name"],
        says=data["says"],
        catalog_texts=(shared, json.dumps(data["catalogue"], default=str)),
        customer=customer,
        request=request,
        want=data["want"],
    )
