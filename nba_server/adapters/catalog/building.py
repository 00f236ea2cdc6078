"""Builds the domain's compiled catalogue from the canonical document: records, rules, and read-only arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from nba_server.adapters.catalog.canonical import Document
from nba_server.adapters.catalog.compiled_rules import compile_rules
from nba_server.adapters.catalog.event_records import event_rules, matter_rules
from nba_server.adapters.catalog.expressions import ExpressionCompiler, Vocabulary
from nba_server.adapters.catalog.records import (
    action_record,
    cap_record,
    channel_record,
    limit_record,
    placement_record,
    pressure_record,
    quiet_record,
    suppression_record,
    weight_record,
)
from nba_server.adapters.catalog.time_words import DAY_MS
from nba_server.domain.action import Action, Placement
from nba_server.domain.action import Group as GroupRecord
from nba_server.domain.catalog import Catalog, FieldNote, FieldType
from nba_server.domain.pressure import HORIZON

GRACE_MS = 90 * DAY_MS
"""How long after its response window an outcome still finds its contact in the ledger."""

_K = TypeVar("_K")
_V = TypeVar("_V")


def build(document: Document, hash_: str, compiler: ExpressionCompiler | None = None) -> Catalog:
    """The compiled catalogue. `compiler` may bring expressions that are compiled already, for the same vocabulary."""
    fields = {name: _fields(document[name]) for name in ("attributes", "context", "action_attributes")}
    expressions = compiler or ExpressionCompiler(Vocabulary.of(**fields))
    head = document["catalog"]
    actions = tuple(action_record(id_, document) for id_ in sorted(document["actions"]))
    index = {action.id: row for row, action in enumerate(actions)}
    placements = {id_: placement_record(id_, data) for id_, data in sorted(document["placements"].items())}
    return Catalog(
        name=head["name"],
        hash=hash_,
        timezone=head["timezone"],
        currency=head["currency"],
        channels=_frozen({id_: channel_record(id_, data) for id_, data in sorted(document["channels"].items())}),
        placements=_frozen(placements),
        groups=_frozen(_groups(document)),
        issues=_frozen({id_: data["title"] for id_, data in sorted(document["issues"].items())}),
        actions=actions,
        index=_frozen(index),
        attributes=_frozen(fields["attributes"]),
        context=_frozen(fields["context"]),
        action_attributes=_frozen(fields["action_attributes"]),
        rules=compile_rules(document, index, expressions),
        limits=tuple(limit_record(id_, data) for id_, data in sorted(document["contact_policies"].items())),
        suppressions=tuple(suppression_record(id_, data) for id_, data in sorted(document["suppressions"].items())),
        context_weights=tuple(weight_record(data) for data in document["context_weights"]),
        treatments=_frozen(_treatments(actions, placements)),
        approved=_array((action.approved for action in actions), np.bool_),
        start_ms=_array((action.start_ms for action in actions), np.int64),
        end_ms=_array((action.end_ms for action in actions), np.int64),
        values=_array((action.value for action in actions), np.float64),
        levers=_array((1.0 + action.weights / 100.0 for action in actions), np.float64),
        prior_propensity=_array((action.prior_propensity for action in actions), np.float64),
        prior_evidence=_array((action.prior_evidence for action in actions), np.float64),
        ledger_retention_ms=ledger_retention_ms(document),
        profiling_requires_consent=head["profiling_requires_consent"],
        quiet_hours=tuple(quiet_record(id_, data) for id_, data in sorted(document.get("quiet_hours", {}).items())),
        customer_timezone=head.get("customer_timezone", ""),
        caps=tuple(cap_record(id_, data, actions) for id_, data in sorted(document.get("caps", {}).items())),
        matters=matter_rules(document),
        events=event_rules(document),
        pressures=tuple(
            pressure_record(id_, data) for id_, data in sorted(document.get("contact_pressure", {}).items())
        ),
        context_notes=_frozen(_notes(document["context"])),
        attribute_notes=_frozen(_notes(document["attributes"])),
        max_ages=_frozen({n: data["max_age_ms"] for n, data in document["attributes"].items() if "max_age_ms" in data}),
    )


def ledger_retention_ms(document: Document) -> int:
    """How long a ledger entry is kept: as long as anything may look at it.

    That is the longest of: the catalogue's `history`, every limit's window, ten half-lives of every pressure, every
    suppression's window and pause, and every response or conversion window with 90 days of grace for late answers.
    """
    spans: list[int] = [document["catalog"]["history_ms"]]
    spans += [limit["window_ms"] for limit in document["contact_policies"].values()]
    for pressure in document.get("contact_pressure", {}).values():
        spans += [HORIZON * rate["half_life_ms"] for rate in pressure["channels"].values()]
    spans += [rule["window_ms"] + rule["pause_ms"] for rule in document["suppressions"].values()]
    windows = (*document["channels"].values(), *document["actions"].values())
    spans += [item["response_window_ms"] + GRACE_MS for item in windows]
    spans += [conversion["window_ms"] + GRACE_MS for conversion in document.get("conversions", {}).values()]
    return max(spans)


def _fields(section: Mapping[str, Any]) -> dict[str, FieldType]:
    return {name: FieldType(data["type"]) for name, data in sorted(section.items())}


def _notes(section: Mapping[str, Any]) -> dict[str, FieldNote]:
    return {name: FieldNote(data["description"], tuple(data.get("values", ()))) for name, data in section.items()}


def _groups(document: Document) -> dict[str, GroupRecord]:
    return {
        id_: GroupRecord(id_, data["issue"], data["title"], data["weight"])
        for id_, data in sorted(document["groups"].items())
    }


def _treatments(
    actions: tuple[Action, ...], placements: Mapping[str, Placement]
) -> dict[tuple[str, str], npt.NDArray[np.int32]]:
    rows = {(place.channel, place.id): np.full(len(actions), -1, dtype=np.int32) for place in placements.values()}
    by_channel: dict[str, list[str]] = {}
    for place in placements.values():
        by_channel.setdefault(place.channel, []).append(place.id)
    for row, action in enumerate(actions):
        for number, treatment in enumerate(action.treatments):
            if not treatment.approved:
                continue
            for name in treatment.placements or by_channel.get(treatment.channel, ()):
                column = rows.get((treatment.channel, name))
                if column is not None and column[row] < 0:
                    column[row] = number
    for column in rows.values():
        column.flags.writeable = False
    return rows


def _array(values: Iterable[object], dtype: type[np.generic]) -> npt.NDArray[Any]:
    array = np.array(list(values), dtype=dtype)
    array.flags.writeable = False
    return array


def _frozen(mapping: dict[_K, _V]) -> Mapping[_K, _V]:
    return MappingProxyType(mapping)
