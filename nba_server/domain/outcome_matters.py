"""Outcomes that are complaints or scores move matters, and one that is withdrawn takes back what it opened."""

from __future__ import annotations

from collections.abc import Sequence

from nba_server.domain.case_file import CaseFile
from nba_server.domain.casework import Handled, handled, taken_back
from nba_server.domain.engagement import Contact
from nba_server.domain.happening import Happening, HappeningKind, key_of
from nba_server.domain.matter_rule import MatterRule
from nba_server.domain.outcome import OutcomeEvent, OutcomeType, standing

_KINDS = {OutcomeType.COMPLAINT: HappeningKind.COMPLAINT, OutcomeType.SCORE: HappeningKind.SCORE}


def told(
    file: CaseFile, contact: Contact, event: OutcomeEvent, rules: Sequence[MatterRule], now_ms: int, by: str = ""
) -> Handled:
    """What an applied outcome does to the matters; `contact` is the ledger entry after it."""
    if event.type is OutcomeType.WITHDRAWN:
        return _withdrawn(file, contact, now_ms)
    kind = _KINDS.get(event.type)
    if kind is None or not rules:
        return Handled(file)
    what = Happening(
        kind=kind,
        key=key_of(event.event_id or event.type, contact.id),
        at_ms=event.occurred_ms,
        by=by,
        channel=contact.channel,
        text=event.reason,
        value=event.value if kind is HappeningKind.SCORE else None,
    )
    return handled(file, what, rules, now_ms)


def _withdrawn(file: CaseFile, contact: Contact, now_ms: int) -> Handled:
    """Matters that only outcomes of the contact opened which do not stand any more are closed."""
    stands = {key_of(reaction.event_id or reaction.type, contact.id) for reaction in standing(contact.reactions)}
    said = {entry.key for matter in file.matters for entry in matter.entries}
    found = Handled(file)
    for key in sorted(key for key in said - stands if key.startswith(key_of(" ", contact.id)[:-1])):
        after = taken_back(found.file, key, now_ms)
        found = Handled(after.file, (*found.moves, *after.moves))
    return found
