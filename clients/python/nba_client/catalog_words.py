"""The words of the live catalogue: places, live facts, titles of actions. For screens and forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nba_client.call import Call
from nba_client.pb import catalog_pb2


@dataclass(frozen=True, slots=True)
class DescribedPlacement:
    """A place that a decision can fill, its channel, and how many actions it shows."""

    placement: str
    channel: str
    slots: int


@dataclass(frozen=True, slots=True)
class DescribedField:
    """A field: `type` is string, integer, number, boolean, strings or time; `values` are those that people choose from."""

    name: str
    type: str
    description: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DescribedAction:
    """An action; drafts are described too, since a customer's history may name them."""

    action: str
    title: str
    group: str
    action_class: str
    product: str


@dataclass(frozen=True, slots=True)
class CatalogWords:
    """What the catalogue speaks of. `outbound` names the channels on which we open the contact; `groups` gives titles by id."""

    hash: str
    name: str
    timezone: str
    currency: str
    channels: tuple[str, ...]
    outbound: frozenset[str]
    placements: tuple[DescribedPlacement, ...]
    context: tuple[DescribedField, ...]
    attributes: tuple[DescribedField, ...]
    actions: Mapping[str, DescribedAction]
    groups: Mapping[str, str]

    def title(self, action: str) -> str:
        """The action's title, or its id where the catalogue does not have it any more."""
        return self.actions[action].title if action in self.actions else action


def describe_call() -> Call[CatalogWords]:
    """The call of `DescribeCatalog`."""
    request, answer = catalog_pb2.DescribeCatalogRequest(), catalog_pb2.DescribeCatalogResponse
    return Call("CatalogService", "DescribeCatalog", request, answer, _words, "read")


def _words(message: Any) -> CatalogWords:
    return CatalogWords(
        hash=message.catalog_hash,
        name=message.name,
        timezone=message.timezone,
        currency=message.currency,
        channels=tuple(item.channel for item in message.channels),
        outbound=frozenset(item.channel for item in message.channels if item.outbound),
        placements=tuple(DescribedPlacement(p.placement, p.channel, p.slots) for p in message.placements),
        context=tuple(_field(item) for item in message.context),
        attributes=tuple(_field(item) for item in message.attributes),
        actions={item.action: _action(item) for item in message.actions},
        groups=dict(message.groups),
    )


def _field(item: Any) -> DescribedField:
    return DescribedField(item.name, item.type, item.description, tuple(item.values))


def _action(item: Any) -> DescribedAction:
    return DescribedAction(item.action, item.title, item.group, getattr(item, "class"), item.product)
