"""Matters as people read them: with the rule's words, what is muted now, and the note of the last closing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nba_server.domain.case_file import CaseFile
from nba_server.domain.catalog import Catalog
from nba_server.domain.matter import Matter


@dataclass(frozen=True, slots=True)
class MatterReading:
    """A matter at a moment. `mutes` are words, `muted_actions` ids; both are empty where the catalogue has no such rule."""

    matter: Matter
    open: bool
    title: str
    advice: str = ""
    mutes: tuple[str, ...] = ()
    muted_actions: tuple[str, ...] = ()


def read_matter(matter: Matter, catalog: Catalog, now_ms: int) -> MatterReading:
    """One matter."""
    is_open = matter.open_at(now_ms)
    known = catalog.matter_masks.get(matter.rule)
    if known is None:
        return MatterReading(matter, is_open, matter.rule)
    rule, mask = known
    actions = tuple(catalog.actions[index].id for index in np.flatnonzero(mask)) if is_open else ()
    return MatterReading(matter, is_open, rule.title, rule.advice, rule.mutes.words(), actions)


def read_matters(
    file: CaseFile, catalog: Catalog, now_ms: int, *, open_only: bool = False
) -> tuple[MatterReading, ...]:
    """The open ones, then the closed ones, each newest first."""
    readings = [read_matter(matter, catalog, now_ms) for matter in file.matters]
    found = list(_newest_first(readings, is_open=True))
    return tuple(found if open_only else [*found, *_newest_first(readings, is_open=False)])


def _newest_first(readings: list[MatterReading], *, is_open: bool) -> Iterator[MatterReading]:
    chosen = (reading for reading in readings if reading.open is is_open)
    yield from sorted(chosen, key=lambda reading: (-_moment(reading), reading.matter.id))


def _moment(reading: MatterReading) -> int:
    closing = reading.matter.closing
    return reading.matter.since_ms if reading.open or closing is None else closing.at_ms
