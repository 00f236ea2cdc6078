"""Matters."""

from __future__ import annotations

from nba_server.application.matters import CloseCommand, MatterChange, MatterList, OpenCommand
from nba_server.domain.happening import event_of
from nba_server.domain.matter import Closing, MatterKind
from nba_server.domain.matter_reading import MatterReading
from nba_server.pb import matter_pb2
from nba_server.transport.grpc.codec.values import timestamp

_KINDS = {kind: f"MATTER_KIND_{kind.name}" for kind in MatterKind}


def open_command(message: matter_pb2.OpenMatterRequest, caller: str) -> OpenCommand:
    """The matter to open."""
    return OpenCommand(
        customer_id=message.customer_id,
        rule=message.rule,
        caller=caller,
        event_id=message.event_id,
        channel=message.channel,
        text=message.text,
        case_id=message.case_id,
        category=message.category,
        agent=message.agent,
    )


def close_command(message: matter_pb2.CloseMatterRequest, caller: str) -> CloseCommand:
    """The matter to close."""
    return CloseCommand(message.customer_id, message.matter_id, message.note, caller, message.agent)


def to_list(found: MatterList) -> matter_pb2.ListMattersResponse:
    """The matters."""
    return matter_pb2.ListMattersResponse(
        at=timestamp(found.now_ms), matters=[to_matter(reading) for reading in found.matters]
    )


def to_opened(change: MatterChange) -> matter_pb2.OpenMatterResponse:
    """What opening did."""
    return matter_pb2.OpenMatterResponse(matter=to_matter(change.matter), opened=change.changed, effects=change.effects)


def to_closed(change: MatterChange) -> matter_pb2.CloseMatterResponse:
    """What closing did."""
    return matter_pb2.CloseMatterResponse(matter=to_matter(change.matter), closed=change.changed)


def to_matter(reading: MatterReading) -> matter_pb2.Matter:
    """One matter; several texts are one under the other."""
    matter = reading.matter
    first, scored = matter.entries[0], [entry for entry in matter.entries if entry.score is not None]
    closing = matter.closing
    earlier = [known for known in reversed(matter.closings) if known is not closing]
    return matter_pb2.Matter(
        matter_id=matter.id,
        rule=matter.rule,
        title=reading.title,
        kind=_KINDS[matter.kind],
        open=reading.open,
        opened_at=timestamp(matter.since_ms),
        opened_by=next((entry.by for entry in matter.entries if entry.at_ms == matter.since_ms), first.by),
        channel=next((entry.channel for entry in reversed(matter.entries) if entry.channel), ""),
        event_ids=[event_of(entry.key) for entry in matter.entries if entry.key],
        case_id=matter.case_id,
        category=next((entry.category for entry in reversed(matter.entries) if entry.category), ""),
        text="\n".join(entry.text for entry in matter.entries if entry.text),
        score=scored[-1].score if scored else None,
        until=timestamp(matter.until_ms) if matter.until_ms and closing is None else None,
        closed_at=timestamp(closing.at_ms) if closing else None,
        closed_by=closing.by if closing else "",
        note=closing.note if closing else "",
        advice=reading.advice,
        mutes=reading.mutes,
        muted_actions=reading.muted_actions,
        earlier_notes=[_note(known) for known in earlier if known.note],
    )


def _note(closing: Closing) -> matter_pb2.MatterNote:
    return matter_pb2.MatterNote(at=timestamp(closing.at_ms), by=closing.by, text=closing.note)
