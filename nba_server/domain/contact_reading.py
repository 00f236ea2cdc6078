"""What counts against a customer now: every limit and budget with how far it is used and until when, and what is muted.

Read-only; it applies the very functions that decide, so that what people read is what binds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from nba_server.domain import ledger as windows
from nba_server.domain import pressure as weighing
from nba_server.domain.catalog import Catalog
from nba_server.domain.contact import ContactLimit
from nba_server.domain.do_not_contact import DoNotContact
from nba_server.domain.engagement import Contact, CustomerState, Suppression
from nba_server.domain.matter_reading import MatterReading, read_matters
from nba_server.domain.pressure import ContactPressure
from nba_server.domain.quiet_hours import QuietHours, local_time


@dataclass(frozen=True, slots=True)
class LimitUse:
    """`used` of the cap in the fullest window that holds now, by `contacts` (ids of the customer's own, in order of time).

    `admits_from_ms` is now where one more fits, 0 where none ever does.
    """

    limit: ContactLimit
    used: int
    admits_from_ms: int
    contacts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChannelRoom:
    """Whether a contact of the channel's own weight fits: `admits_from_ms` is now, later, or 0 for never."""

    channel: str
    weight: float
    admits_from_ms: int


@dataclass(frozen=True, slots=True)
class PressureUse:
    """The pressure now, against the customer's own budget."""

    pressure: ContactPressure
    level: float
    channels: tuple[ChannelRoom, ...]


@dataclass(frozen=True, slots=True)
class QuietNow:
    """Quiet hours that hold, the channels they bind, and the customer's time of day as `22:15`."""

    quiet: QuietHours
    channels: tuple[str, ...]
    local_time: str


@dataclass(frozen=True, slots=True)
class ContactReading:
    """All of it at `now_ms`. `contacts` are in order of time."""

    now_ms: int
    contacts: tuple[Contact, ...]
    limits: tuple[LimitUse, ...]
    pressures: tuple[PressureUse, ...]
    suppressions: tuple[Suppression, ...]
    quiet: tuple[QuietNow, ...]
    do_not_contact: DoNotContact
    matters: tuple[MatterReading, ...] = ()


def read_contacts(state: CustomerState, catalog: Catalog, now_ms: int) -> ContactReading:
    """The reading of a customer under a catalogue."""
    ledger = windows.trimmed(state.ledger, catalog.ledger_retention_ms, now_ms)
    trimmed, segments = replace(state, ledger=ledger), state.profile.segments
    return ContactReading(
        now_ms=now_ms,
        contacts=ledger,
        limits=tuple(_limit(trimmed, limit, now_ms) for limit in catalog.limits),
        pressures=tuple(_pressure(trimmed, pressure.of(segments), now_ms) for pressure in catalog.pressures),
        suppressions=tuple(s for s in state.suppressions if not s.until_ms or s.until_ms > now_ms),
        quiet=tuple(_quiet(state, catalog, now_ms)) if catalog.quiet_hours else (),
        do_not_contact=state.do_not_contact,
        matters=read_matters(state.file, catalog, now_ms, open_only=True),
    )


def _limit(state: CustomerState, limit: ContactLimit, now_ms: int) -> LimitUse:
    ledger = limit.counted(state)
    near = (
        contact.id
        for contact in state.ledger
        if abs(contact.at_ms - now_ms) < limit.window_ms and contact.counts_at(now_ms) and limit.covers_contact(contact)
    )
    used = windows.used(ledger, limit, now_ms, now_ms)
    return LimitUse(limit, used, windows.admits_from(ledger, limit, now_ms), tuple(near))


def _pressure(state: CustomerState, pressure: ContactPressure, now_ms: int) -> PressureUse:
    ledger = pressure.counted(state)
    carried = weighing.loads(ledger, pressure, now_ms)
    channels = (
        ChannelRoom(
            rate.channel, rate.weight, weighing.admits_from(ledger, pressure, rate.channel, rate.weight, now_ms)
        )
        for rate in pressure.rates
        if rate.weight > 0
    )
    return PressureUse(pressure, weighing.level(carried, now_ms), tuple(channels))


def _quiet(state: CustomerState, catalog: Catalog, now_ms: int) -> list[QuietNow]:
    local = local_time(state.profile, catalog.customer_timezone, catalog.plan.zone, now_ms)
    found = []
    for quiet in catalog.quiet_hours:
        bound = tuple(c.id for c in catalog.channels.values() if quiet.covers(c.id, c.direction))
        if bound and quiet.hold(local):
            found.append(QuietNow(quiet, bound, f"{local:%H:%M}"))
    return found
