"""Interactions of a campaign history as choices: the same files and mappings that `nba interactions import` takes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nba_server.commands.interaction import Interaction, read_interactions
from nba_server.commands.table_rows import BadRow
from nba_server.domain.action import Polarity
from nba_server.domain.outcome import DEFAULT_POLARITY, OutcomeType
from nba_training.logs.builder import ChoicesBuilder
from nba_training.logs.choice import LoggedCandidate, LoggedChoice, LogUnreadable
from nba_training.logs.lines import hashed
from nba_training.logs.plain import PlainChoice, with_features


def read_table(path: Path, mapping: Path | None) -> ChoicesBuilder:
    """All rows of a file. Raises `LogUnreadable` with every bad row, `MappingInvalid`, `TableUnreadable`."""
    return of_interactions(read_interactions(path, mapping))


def of_interactions(rows: Iterable[Interaction | BadRow]) -> ChoicesBuilder:
    """Interactions as choices; those without a pick probability are counted by the builder."""
    found: list[PlainChoice] = []
    faults: list[str] = []
    for row in rows:
        if isinstance(row, BadRow):
            faults.append(f"line {row.line}: {row.error}")
        else:
            found.append(_choice(row))
    if faults:
        raise LogUnreadable(faults)
    choices, layouts = with_features(found)
    builder = ChoicesBuilder(layouts)
    builder.collect(choices)
    return builder


def reward_of(row: Interaction) -> float:
    """The row's reward, else its revenue, else 1 for a positive outcome."""
    for given in (row.reward, row.revenue):
        if given is not None:
            return given
    positive = bool(row.outcome) and DEFAULT_POLARITY.get(OutcomeType(row.outcome)) is Polarity.POSITIVE
    return float(positive)


def _choice(row: Interaction) -> PlainChoice:
    names = list(row.candidates) if row.candidates else [row.action]
    if row.action not in names:
        names.insert(0, row.action)
    facts = [{"action.id": name} for name in names]
    candidates = tuple(LoggedCandidate(name, row=place, facts=facts[place]) for place, name in enumerate(names))
    chance = row.pick_probability
    choice = LoggedChoice(
        customer=hashed(row.customer_id),
        at_ms=int(row.time.timestamp() * 1000),
        slate=row.contact_id,
        position=1,
        candidates=candidates,
        chosen=names.index(row.action),
        pick_probability=chance if chance is not None else float("nan"),
        reward=reward_of(row),
        site=f"{row.channel}/{row.placement}",
        open_set=not row.candidates,
    )
    shared = {f"context.{name}": value for name, value in row.context.items()}
    return PlainChoice(choice, {**shared, "request.channel": row.channel}, facts)
