"""Matters: what is open between a customer and us, which proposals wait for it, and the note that it was closed with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nba_client.call import Call, word
from nba_client.pb import matter_pb2
from nba_client.value import optional_moment


@dataclass(frozen=True, slots=True)
class MatterNote:
    """A closing note of an earlier time."""

    at: datetime | None
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Matter:
    """A matter. While it is `open`, `muted_actions` are not proposed on any channel. `kind` is what opened it: `complaint`,
    `service_case`, `score` or `by_hand`. `until`: when it closes by itself; None: when somebody or an event closes it.
    """

    matter_id: str
    rule: str
    title: str
    kind: str
    open: bool
    opened_at: datetime | None
    opened_by: str
    channel: str
    event_ids: tuple[str, ...]
    case_id: str
    category: str
    text: str
    score: float | None
    until: datetime | None
    closed_at: datetime | None
    closed_by: str
    note: str
    advice: str
    mutes: tuple[str, ...]
    muted_actions: tuple[str, ...]
    earlier_notes: tuple[MatterNote, ...] = ()


@dataclass(frozen=True, slots=True)
class MatterOpened:
    """The matter; `opened` is False when it was open already. `effects` in words: contacts that were called off."""

    matter: Matter
    opened: bool
    effects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MatterClosed:
    """The matter; `closed` is False when it was closed already, and keeps its first note."""

    matter: Matter
    closed: bool


def list_call(customer_id: str, open_only: bool) -> Call[list[Matter]]:
    """The call of `ListMatters`."""
    request = matter_pb2.ListMattersRequest(customer_id=customer_id, open_only=open_only)
    return Call("MatterService", "ListMatters", request, matter_pb2.ListMattersResponse, _matters, "read")


def open_call(
    customer_id: str, rule: str, *, event_id: str, channel: str, text: str, case_id: str, category: str, agent: str
) -> Call[MatterOpened]:
    """The call of `OpenMatter`."""
    request = matter_pb2.OpenMatterRequest(
        customer_id=customer_id,
        rule=rule,
        event_id=event_id,
        channel=channel,
        text=text,
        case_id=case_id,
        category=category,
        agent=agent,
    )
    return Call("MatterService", "OpenMatter", request, matter_pb2.OpenMatterResponse, _opened, "write")


def close_call(customer_id: str, matter_id: str, note: str, agent: str) -> Call[MatterClosed]:
    """The call of `CloseMatter`."""
    request = matter_pb2.CloseMatterRequest(customer_id=customer_id, matter_id=matter_id, note=note, agent=agent)
    return Call("MatterService", "CloseMatter", request, matter_pb2.CloseMatterResponse, _closed, "write")


def matter_of(item: Any) -> Matter:
    """A matter from its message."""
    return Matter(
        matter_id=item.matter_id,
        rule=item.rule,
        title=item.title,
        kind=word(matter_pb2.MatterKind.Name(item.kind), "MATTER_KIND_"),
        open=item.open,
        opened_at=optional_moment(item, "opened_at"),
        opened_by=item.opened_by,
        channel=item.channel,
        event_ids=tuple(item.event_ids),
        case_id=item.case_id,
        category=item.category,
        text=item.text,
        score=item.score if item.HasField("score") else None,
        until=optional_moment(item, "until"),
        closed_at=optional_moment(item, "closed_at"),
        closed_by=item.closed_by,
        note=item.note,
        advice=item.advice,
        mutes=tuple(item.mutes),
        muted_actions=tuple(item.muted_actions),
        earlier_notes=tuple(MatterNote(optional_moment(n, "at"), n.by, n.text) for n in item.earlier_notes),
    )


def _matters(message: Any) -> list[Matter]:
    return [matter_of(item) for item in message.matters]


def _opened(message: Any) -> MatterOpened:
    return MatterOpened(matter_of(message.matter), message.opened, tuple(message.effects))


def _closed(message: Any) -> MatterClosed:
    return MatterClosed(matter_of(message.matter), message.closed)
