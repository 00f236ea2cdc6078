"""What events change in a profile, as the catalogue declares: attributes take parts of the newest event, products are held.

A customer without a profile gets none by an event: who is known is the importer's word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nba_server.application.ports import CustomerRecord
from nba_server.application.reacting import Reactions
from nba_server.domain.catalog import Catalog
from nba_server.domain.event_rule import EventKind, EventPart, EventRule
from nba_server.domain.happening import Happening, HappeningKind
from nba_server.domain.profile import Scalar
from nba_server.domain.profile_patch import ProfilePatch, changed_names, patch_profile

_KINDS = {
    HappeningKind.COMPLAINT: EventKind.COMPLAINT,
    HappeningKind.CASE_OPENED: EventKind.SERVICE_CASE,
    HappeningKind.SCORE: EventKind.SCORE,
}


class ProfileEvents:
    """Applies events to the profile in `reactions`."""

    def __init__(self, reactions: Reactions, catalog: Catalog) -> None:
        self._reactions = reactions
        self._rules = catalog.events.profile
        self._aged = catalog.max_ages

    def happened(self, what: Happening) -> tuple[str, ...]:
        """Takes in a complaint, an opened service case or a score."""
        kind = _KINDS.get(what.kind)
        if kind is None:
            return ()
        parts: dict[EventPart, Scalar] = {EventPart.OCCURRED_AT: what.at_ms}
        if what.value is not None:
            parts[EventPart.VALUE] = what.value
        named = (
            (EventPart.CHANNEL, what.channel),
            (EventPart.CATEGORY, what.category),
            (EventPart.MEASURE, what.measure),
        )
        parts |= {part: text for part, text in named if text}
        return self.take(kind, parts, what.at_ms, remembered=what.kind.value)

    def take(
        self,
        kind: EventKind,
        parts: Mapping[EventPart, Scalar],
        at_ms: int,
        *,
        add: tuple[str, ...] = (),
        remove: tuple[str, ...] = (),
        remembered: str = "",
    ) -> tuple[str, ...]:
        """Takes in an event with these parts; what changed, in words."""
        state, rule = self._reactions.state, self._rules.get(kind, EventRule())
        newest = at_ms >= state.file.latest.get(remembered or kind.value, 0)
        patch = ProfilePatch(
            attributes=rule.attributes(parts) if newest else {},
            add_products=add if rule.products else (),
            remove_products=remove if rule.products else (),
        )
        if not state.profile.known or patch == ProfilePatch():
            return ()
        profile = patch_profile(state.profile, patch, at_ms, self._aged)
        changed = changed_names(state.profile, profile)
        if not changed and profile.reported_ms == state.profile.reported_ms:
            return ()
        self._reactions.state = replace(state, profile=profile)
        record = CustomerRecord(self._reactions.customer, state.profile_version + 1, False, changed, ())
        self._reactions.note("customer", self._reactions.journal.customer(record))
        return (f"changed {', '.join(changed)}",) if changed else ()
