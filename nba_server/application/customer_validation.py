"""Checks a patch of a customer against the catalogue; field paths are those of `nba.v1.CustomerPatch`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from nba_server.application.faults import Faults, shown
from nba_server.application.validation import fitted
from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import ANY_CHANNEL, Consent
from nba_server.domain.do_not_contact import DoNotContact
from nba_server.domain.profile import Scalar
from nba_server.domain.profile_patch import ProfilePatch

MAX_NAMES = 1000
"""Most segments or products in one patch."""


@dataclass(frozen=True, slots=True)
class UpsertCommand:
    """A patch as it arrived, unchecked: what is not named stays; an attribute of None is removed.

    `expected_version` None merges with whatever is there; 0 means that the customer must not exist yet. A consent's
    `valid_from_ms` 0 means the store's now. `do_not_contact` None leaves the list as it is,
    `household_id` None the household; empty means none. A repeat with the same `change_id` changes nothing.
    """

    customer_id: str
    expected_version: int | None = None
    attributes: Mapping[str, Scalar | None] = field(default_factory=dict)
    add_segments: tuple[str, ...] = ()
    remove_segments: tuple[str, ...] = ()
    add_products: tuple[str, ...] = ()
    remove_products: tuple[str, ...] = ()
    consents: tuple[Consent, ...] = ()
    do_not_contact: DoNotContact | None = None
    household_id: str | None = None
    change_id: str = ""

    @property
    def patch(self) -> ProfilePatch:
        """What it does to the profile."""
        return ProfilePatch(
            self.attributes, self.add_segments, self.remove_segments, self.add_products, self.remove_products
        )


def checked_patch(command: UpsertCommand, catalog: Catalog) -> UpsertCommand:
    """The patch with its attributes in their declared types. Raises `InvalidArgument` with all violations.

    An attribute that the catalogue no longer declares may still be removed.
    """
    faults = Faults()
    faults.identifier("customer_id", command.customer_id)
    faults.identifier("change_id", command.change_id, required=False)
    given = {name: value for name, value in command.attributes.items() if value is not None}
    attributes: dict[str, Scalar | None] = {name: None for name, value in command.attributes.items() if value is None}
    attributes |= fitted("attributes", "attribute", given, catalog.attributes, faults)
    for path in ("add_segments", "remove_segments", "add_products", "remove_products"):
        _names(path, getattr(command, path), faults)
    _both("segments", command.add_segments, command.remove_segments, faults)
    _both("products", command.add_products, command.remove_products, faults)
    for index, consent in enumerate(command.consents):
        _consent(f"consents[{index}]", consent, catalog, faults)
    _do_not_contact(command.do_not_contact, catalog, faults)
    faults.identifier("household_id", command.household_id or "", required=False)
    faults.raise_any()
    return replace(command, attributes=attributes)


def _both(path: str, added: tuple[str, ...], removed: tuple[str, ...], faults: Faults) -> None:
    both = sorted(set(added) & set(removed))
    if both:
        faults.add(f"remove_{path}", f"{', '.join(shown(name) for name in both)} cannot be added and removed at once")


def _names(path: str, names: tuple[str, ...], faults: Faults) -> None:
    if len(names) > MAX_NAMES:
        faults.add(path, f"must have at most {MAX_NAMES} entries, has {len(names)}")
    for index, name in enumerate(names[:MAX_NAMES]):
        faults.identifier(f"{path}[{index}]", name)


def _do_not_contact(entry: DoNotContact | None, catalog: Catalog, faults: Faults) -> None:
    if entry is None:
        return
    for channel in sorted(entry.channels):
        faults.known("do_not_contact.channels", channel, "channel", catalog.channels)
    if entry.channels and not entry.listed:
        faults.add("do_not_contact.channels", "must be empty when the customer is taken off the list")
    faults.identifier("do_not_contact.source", entry.source, required=False)


def _consent(path: str, consent: Consent, catalog: Catalog, faults: Faults) -> None:
    if consent.channel != ANY_CHANNEL:
        faults.known(f"{path}.channel", consent.channel, "channel", (*catalog.channels, ANY_CHANNEL))
    faults.identifier(f"{path}.purpose", consent.purpose)
    if consent.valid_to_ms and consent.valid_to_ms <= consent.valid_from_ms:
        faults.add(f"{path}.valid_to", "must be after valid_from")
