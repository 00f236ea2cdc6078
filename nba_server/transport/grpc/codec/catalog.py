"""Catalogue snapshots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nba_server.application.ports import SnapshotInfo
from nba_server.domain.cap import CENTS, CapUse
from nba_server.domain.catalog import Catalog, FieldNote, FieldType
from nba_server.domain.engagement import Direction
from nba_server.pb import catalog_pb2
from nba_server.transport.grpc.codec.values import timestamp


def to_catalog_version(info: SnapshotInfo) -> catalog_pb2.CatalogVersion:
    """A snapshot as a message."""
    return catalog_pb2.CatalogVersion(
        hash=info.hash,
        name=info.name,
        actions=info.actions,
        published_at=timestamp(info.published_ms),
        live=info.live,
    )


def to_caps(catalog: Catalog, now_ms: int, uses: Iterable[CapUse]) -> catalog_pb2.GetCapsResponse:
    """How far caps are used, in contacts or money."""
    return catalog_pb2.GetCapsResponse(at=timestamp(now_ms), caps=[_cap(catalog, use) for use in uses])


def _cap(catalog: Catalog, use: CapUse) -> catalog_pb2.CapUse:
    unit = CENTS if use.cap.money else 1
    return catalog_pb2.CapUse(
        cap=use.cap.id,
        amount=use.cap.amount / unit,
        money=use.cap.money,
        spent=use.spent / unit,
        held=use.held / unit,
        left=use.left / unit,
        since=timestamp(use.period.since_ms),
        until=timestamp(use.period.until_ms),
        actions=[action.id for action in catalog.actions if use.cap.units(action)],
    )


def to_description(catalog: Catalog) -> catalog_pb2.DescribeCatalogResponse:
    """What the catalogue speaks of, for screens."""
    return catalog_pb2.DescribeCatalogResponse(
        catalog_hash=catalog.hash,
        name=catalog.name,
        timezone=catalog.timezone,
        currency=catalog.currency,
        channels=[
            catalog_pb2.DescribedChannel(channel=channel.id, outbound=channel.direction is Direction.OUTBOUND)
            for channel in catalog.channels.values()
        ],
        placements=[
            catalog_pb2.DescribedPlacement(placement=place.id, channel=place.channel, slots=place.slots)
            for place in catalog.placements.values()
        ],
        context=_fields(catalog.context, catalog.context_notes),
        attributes=_fields(catalog.attributes, catalog.attribute_notes),
        actions=[
            catalog_pb2.DescribedAction(
                action=action.id,
                title=action.title,
                group=action.group,
                product=action.product,
                **{"class": action.class_},  # a word of Python
            )
            for action in catalog.actions
        ],
        groups={group.id: group.title for group in catalog.groups.values()},
    )


def _fields(types: Mapping[str, FieldType], notes: Mapping[str, FieldNote]) -> list[catalog_pb2.DescribedField]:
    return [
        catalog_pb2.DescribedField(name=name, type=type_.value, description=note.description, values=note.values)
        for name, type_, note in ((name, type_, notes.get(name, FieldNote())) for name, type_ in types.items())
    ]
