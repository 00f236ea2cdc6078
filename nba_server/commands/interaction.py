"""A past contact with what became of it, from a row of a campaign history.

{"customer_id": "c-1", "contact_id": "mail-7/c-1", "time": "2026-02-03T09:00:00Z", "channel": "email", "placement": "newsletter",
 "action": "second-sim", "pick_probability": 0.25, "candidates": ["second-sim", "unlimited"], "outcome": "converted",
 "outcome_time": "2026-02-05T18:12:00Z", "revenue": 60.0, "product": "sim", "context": {"reason": "billing"}}
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from nba_client import OutcomeType
from nba_server.commands.column_mapping import Section, SectionReader, mapped
from nba_server.commands.table_rows import BadRow, read_rows

_REQUIRED = ("customer_id", "time", "channel")


@dataclass(frozen=True, slots=True)
class Interaction:
    """One row. `action` is empty where nothing was offered. `outcome` is an outcome type's value, or empty.

    `pick_probability` is the chance of what was chosen, nothing being one of the choices; `offer_probability` that of any
    offer at all. Rows without an offer are no contacts: among contacts the chance of an action is the one over the other.

    `reward` is for evaluation alone: what the row was worth, when that is neither its revenue nor a positive outcome.
    """

    line: int
    customer_id: str
    contact_id: str
    time: datetime
    channel: str
    action: str
    placement: str = ""
    pick_probability: float | None = None
    offer_probability: float = 1.0
    candidates: tuple[str, ...] = ()
    outcome: str = ""
    outcome_time: datetime | None = None
    revenue: float | None = None
    product: str = ""
    reward: float | None = None
    context: Mapping[str, Any] = field(default_factory=dict)


def read_interactions(path: Path, mapping: Path | None) -> Iterator[Interaction | BadRow]:
    """All rows of a file that the mapping does not skip. Raises `MappingInvalid`, `TableUnreadable`, `OSError`."""
    return mapped(read_rows(path), SectionReader(mapping, "interactions"), _interaction)


def _interaction(line: int, found: Mapping[str, Any], _section: Section) -> Interaction:
    faults = [f"{name}: is missing" for name in _REQUIRED if found.get(name) is None]
    outcome, revenue = found.get("outcome") or "", found.get("revenue")
    for name in ("pick_probability", "offer_probability"):
        chance = found.get(name)
        if chance is not None and not 0 < chance <= 1:
            faults.append(f"{name}: {chance!r} is not in (0, 1]")
    if outcome and outcome not in tuple(OutcomeType):
        faults.append(f"outcome: {outcome!r} is not one of {', '.join(OutcomeType)}")
    candidates, action = tuple(found.get("candidates") or ()), found.get("action") or ""
    if candidates and action and action not in candidates:
        faults.append(f"candidates: {action!r} is not among them")
    if faults:
        raise ValueError("; ".join(faults))
    if revenue and not outcome:
        outcome = OutcomeType.CONVERTED.value
    return Interaction(
        line=line,
        customer_id=str(found["customer_id"]),
        contact_id=str(found.get("contact_id") or _made_id(found)),
        time=found["time"],
        channel=str(found["channel"]),
        action=str(action),
        placement=str(found.get("placement") or ""),
        pick_probability=found.get("pick_probability"),
        offer_probability=found.get("offer_probability") or 1.0,
        candidates=candidates,
        outcome=outcome,
        outcome_time=found.get("outcome_time"),
        revenue=revenue,
        product=str(found.get("product") or ""),
        reward=found.get("reward"),
        context=found.get("context", {}),
    )


def _made_id(found: Mapping[str, Any]) -> str:
    """The same row gives the same id, so that a second import changes nothing."""
    parts = [str(found.get(name)) for name in ("customer_id", "time", "channel", "placement", "action")]
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=12).hexdigest()
