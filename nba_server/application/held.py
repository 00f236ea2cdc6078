"""What is held for a customer by a decision: the kinds of contacts of a catalogue, and until when they are reserved."""

from __future__ import annotations

from nba_server.application.ports import ContactKind
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import Decision, Pick


class Kinds:
    """The kinds of contacts, each made once a catalogue."""

    def __init__(self) -> None:
        self._catalog: Catalog | None = None
        self._made: dict[tuple[str, str, int, int], ContactKind] = {}

    def of(self, decision: Decision, pick: Pick, catalog: Catalog) -> ContactKind:
        """The kind of a pick's contact."""
        if catalog is not self._catalog:
            self._catalog, self._made = catalog, {}
        candidate, channel = decision.candidates[pick.candidate], decision.input.request.channel
        place = (channel, candidate.placement, candidate.action, candidate.treatment)
        kind = self._made.get(place)
        if kind is None:
            action = catalog.actions[candidate.action]
            kind = ContactKind.of(action, candidate.treatment, catalog.channels[channel], candidate.placement)
            self._made[place] = kind
        return kind


def held_until(decision: Decision, catalog: Catalog) -> int:
    """Told from the read's time. Where the customer had changed by the commit it is a moment less than the store holds it."""
    return decision.input.contact_ms + catalog.channels[decision.input.request.channel].reservation_ms
