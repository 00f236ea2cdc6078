"""What counts against a customer now, as messages."""

from __future__ import annotations

from nba_server.domain.contact import LimitScope
from nba_server.domain.contact_reading import ContactReading, LimitUse, PressureUse, QuietNow
from nba_server.domain.engagement import Contact, ContactState, Direction, Suppression
from nba_server.pb import contact_pb2
from nba_server.transport.grpc.codec.customer import to_do_not_contact
from nba_server.transport.grpc.codec.matter import to_matter
from nba_server.transport.grpc.codec.values import timestamp

_STATES = {state: f"CONTACT_STATE_{state.name}" for state in ContactState}


def to_contacts(reading: ContactReading, max_contacts: int) -> contact_pb2.GetContactsResponse:
    """The reading with at most so many contacts, the newest first."""
    newest = reading.contacts[::-1][:max_contacts]
    return contact_pb2.GetContactsResponse(
        at=timestamp(reading.now_ms),
        contacts=[_contact(contact, reading.now_ms) for contact in newest],
        total_contacts=len(reading.contacts),
        limits=[_limit(use, reading.now_ms) for use in reading.limits],
        pressures=[_pressure(use, reading.now_ms) for use in reading.pressures],
        suppressions=[_suppression(suppression) for suppression in reading.suppressions],
        quiet=[_quiet(quiet) for quiet in reading.quiet],
        do_not_contact=to_do_not_contact(reading.do_not_contact),
        matters=[to_matter(found) for found in reading.matters],
    )


def _contact(contact: Contact, now_ms: int) -> contact_pb2.LedgerContact:
    reserved = contact.state is ContactState.RESERVED
    return contact_pb2.LedgerContact(
        contact_id=contact.id,
        decision_id=contact.decision_id,
        channel=contact.channel,
        outbound=contact.direction is Direction.OUTBOUND,
        group=contact.group,
        action=contact.action,
        state=_STATES[contact.state],
        counts=contact.counts_at(now_ms),
        at=timestamp(contact.at_ms),
        reserved_until=timestamp(contact.expires_ms) if reserved else None,
        response_until=timestamp(contact.respond_until_ms),
        outcomes=[
            contact_pb2.LedgerOutcome(
                type=f"OUTCOME_TYPE_{reaction.type.upper()}",
                at=timestamp(reaction.at_ms),
                withdrawn=reaction.withdrawn,
                late=reaction.late,
            )
            for reaction in contact.reactions
        ],
        **{"class": contact.class_},
    )


def _limit(use: LimitUse, now_ms: int) -> contact_pb2.LimitUse:
    used_up = use.admits_from_ms != now_ms
    return contact_pb2.LimitUse(
        limit=use.limit.id,
        used=use.used,
        cap=use.limit.cap,
        window_seconds=use.limit.window_ms // 1000,
        shadow=use.limit.shadow,
        used_up=used_up,
        until=timestamp(use.admits_from_ms) if used_up else None,
        contact_ids=use.contacts,
        household=use.limit.scope is LimitScope.HOUSEHOLD,
    )


def _pressure(use: PressureUse, now_ms: int) -> contact_pb2.PressureUse:
    channels = [
        contact_pb2.ChannelPressure(
            channel=room.channel,
            weight=room.weight,
            used_up=room.admits_from_ms != now_ms,
            until=timestamp(room.admits_from_ms) if room.admits_from_ms != now_ms else None,
        )
        for room in use.channels
    ]
    return contact_pb2.PressureUse(
        pressure=use.pressure.id,
        level=use.level,
        budget=use.pressure.budget,
        shadow=use.pressure.shadow,
        channels=channels,
        household=use.pressure.scope is LimitScope.HOUSEHOLD,
    )


def _suppression(suppression: Suppression) -> contact_pb2.ActiveSuppression:
    return contact_pb2.ActiveSuppression(
        rule=suppression.rule,
        level=suppression.level.value,
        key=suppression.key,
        channel=suppression.channel,
        since=timestamp(suppression.since_ms),
        until=timestamp(suppression.until_ms),
        cause=suppression.cause,
    )


def _quiet(found: QuietNow) -> contact_pb2.QuietNow:
    return contact_pb2.QuietNow(
        quiet_hours=found.quiet.id,
        channels=found.channels,
        local_time=found.local_time,
        until=f"{found.quiet.end // 60:02d}:{found.quiet.end % 60:02d}",
    )
