"""What follows from a change of a customer: matters that a word of theirs opens, and planned contacts that are called off.

Everything joins the same write, so that the very next decision sees it, and nothing of it is ever half done.
"""

from __future__ import annotations

from nba_server.application.attributing import settle
from nba_server.application.ports import EventRecord, MatterRecord
from nba_server.application.reacting import Reactions
from nba_server.domain.calling_off import called_off
from nba_server.domain.casework import SERVER, Handled, handled
from nba_server.domain.catalog import Catalog
from nba_server.domain.effects import moment
from nba_server.domain.engagement import CustomerState
from nba_server.domain.happening import Happening, HappeningKind
from nba_server.domain.outcome import OutcomeEvent, OutcomeType
from nba_server.domain.outcome_matters import told
from nba_server.domain.reaction import Reacted, apply
from nba_server.errors import FailedPrecondition

CALLED_OFF = "called_off"
"""The reason of the outcome `delivery_failed` that releases a planned contact; the rule that mutes it follows a colon."""


MOST_OPEN = 100
"""Open matters of a customer: more is a fault of whoever sends them."""


def after_outcome(
    reactions: Reactions, before: CustomerState, reacted: Reacted, catalog: Catalog, now_ms: int, caller: str
) -> tuple[str, ...]:
    """What follows from an outcome that was added, in words."""
    words = _told(reactions, reacted, catalog, now_ms, caller)
    words += settle(reactions, catalog, now_ms)
    return (*words, *call_off(reactions, before, catalog, now_ms))


def take_in(
    reactions: Reactions, what: Happening, catalog: Catalog, now_ms: int, *, event_id: str, caller: str
) -> Handled:
    """Takes in a happening: its matters are opened and closed, and journaled with it. A repeat changes nothing.

    Raises `FailedPrecondition` when the customer has far too many open matters; nothing is changed then.
    """
    found = handled(reactions.state.file, what, catalog.matters, now_ms)
    _check_room(reactions.state, found)
    if not found.repeated:
        if what.kind is not HappeningKind.BY_HAND:
            record = EventRecord(reactions.customer, event_id, what, caller)
            reactions.note("event", reactions.journal.event(record))
        put_matters(reactions, found, now_ms, event_id=event_id, channel=what.channel, caller=caller)
    return found


def put_matters(
    reactions: Reactions, found: Handled, now_ms: int, *, event_id: str = "", channel: str = "", caller: str = SERVER
) -> None:
    """Takes over changed matters, and journals those that were opened or closed."""
    reactions.put_file(found.file, now_ms)
    for move in found.moves:
        if move.opened is not None:
            matter = move.matter
            closing = matter.closing
            at_ms = matter.last_ms if move.opened or closing is None else closing.at_ms
            record = MatterRecord(reactions.customer, matter, move.opened, at_ms, event_id, channel, caller)
            reactions.note("matter", reactions.journal.matter(record))


def in_words(found: Handled, catalog: Catalog) -> tuple[str, ...]:
    """What became of the matters, one sentence each."""
    words = []
    for move in found.moves:
        rule = catalog.matter_masks.get(move.matter.rule)
        title = rule[0].title if rule else move.matter.rule
        verb = {True: "opened", False: "closed", None: "added to"}[move.opened]
        mutes = f": mutes {', '.join(rule[0].mutes.words())}" if move.opened and rule else ""
        words.append(f"{verb} matter {move.matter.id} ({title}){mutes}")
    return tuple(words)


def call_off(reactions: Reactions, before: CustomerState, catalog: Catalog, now_ms: int) -> tuple[str, ...]:
    """Releases the planned contacts that what changed since `before` mutes: they must not go out any more."""
    words = []
    for found in called_off(before, reactions.state, catalog, now_ms):
        contact = found.contact
        event = OutcomeEvent(
            type=OutcomeType.DELIVERY_FAILED,
            contact_id=contact.id,
            event_id=f"{CALLED_OFF}:{now_ms}",
            reason=f"{CALLED_OFF}:{found.rule}",
        )
        reactions.add(apply(reactions.state, event, catalog, now_ms), SERVER)
        words.append(f"called off {contact.action} on {contact.channel}, planned for {moment(contact.at_ms)}")
    return tuple(words)


def _check_room(state: CustomerState, found: Handled) -> None:
    if any(move.opened for move in found.moves) and len(state.matters) >= MOST_OPEN:
        text = f"the customer has {MOST_OPEN} open matters already; close some, or mend what opens them"
        raise FailedPrecondition(text, reason="TOO_MANY_MATTERS")


def _told(reactions: Reactions, reacted: Reacted, catalog: Catalog, now_ms: int, caller: str) -> tuple[str, ...]:
    event, contact = reacted.event, reacted.contact
    if event is None:
        return ()
    found = told(reactions.state.file, contact, event, catalog.matters, now_ms, caller)
    if found.file is reactions.state.file:
        return ()
    put_matters(reactions, found, now_ms, event_id=event.event_id, channel=contact.channel, caller=caller)
    return in_words(found, catalog)
