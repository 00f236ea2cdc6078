"""Which suppressions the ledger's outcomes cause: every rule replayed over the events that are kept.

A replay from the start makes order, repeats and withdrawals harmless: equal events give equal suppressions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import ANY_CHANNEL
from nba_server.domain.contact_table import reacted
from nba_server.domain.engagement import Contact, CustomerState, Suppression, SuppressionLevel
from nba_server.domain.muting_keys import attribute_keys
from nba_server.domain.outcome import standing
from nba_server.domain.suppression import SuppressionRule

_FOREVER = 0


def _keys(rule: SuppressionRule, contact: Contact, catalog: Catalog) -> tuple[str, ...]:
    if rule.level is SuppressionLevel.ACTION:
        return (contact.action,) if contact.action else ()
    if rule.level is SuppressionLevel.GROUP:
        return (contact.group,) if contact.group else ()
    index = catalog.index.get(contact.action)
    return (
        () if index is None else attribute_keys(rule.attribute, catalog.actions[index].attributes.get(rule.attribute))
    )


def _tracks(rule: SuppressionRule, contact: Contact) -> bool:
    return (
        (not rule.channels or contact.channel in rule.channels)
        and (not rule.groups or contact.group in rule.groups)
        and (not rule.actions or contact.action in rule.actions)
    )


def _events(rule: SuppressionRule, ledger: Sequence[Contact], catalog: Catalog) -> dict[str, list[tuple[int, Contact]]]:
    """By key, the times of the rule's outcomes in order."""
    events: dict[str, list[tuple[int, Contact]]] = {}
    for contact in ledger:
        if contact.reactions and _tracks(rule, contact):
            times = [reaction.at_ms for reaction in standing(contact.reactions) if reaction.type in rule.outcomes]
            for key in _keys(rule, contact, catalog) if times else ():
                events.setdefault(key, []).extend((time, contact) for time in times)
    for found in events.values():
        found.sort(key=lambda event: (event[0], event[1].id))
    return events


def _replay(
    rule: SuppressionRule, key: str, events: Sequence[tuple[int, Contact]], kept: Sequence[Suppression]
) -> Iterator[Suppression]:
    """The last pause of each muted channel. `kept` are pauses whose events have left the ledger."""
    pauses = {pause.channel: pause for pause in kept if pause.rule == rule.id and pause.key == key}
    counts_from: dict[str, int] = {}
    for time, contact in events:
        channel = contact.channel if rule.mute_channel_only else ANY_CHANNEL
        pause = pauses.get(channel)
        over = pause is not None and pause.until_ms != _FOREVER and pause.until_ms <= time
        if pause is not None and over and rule.reset_after_pause:
            counts_from[channel] = pause.until_ms
        since = max(counts_from.get(channel, 0), time - rule.window_ms + 1 if rule.window_ms else 0)
        if sum(1 for at, _ in events if since <= at <= time) >= rule.count:
            pauses[channel] = _extended(rule, key, channel, time, contact, None if over else pause)
    yield from pauses.values()


def _extended(
    rule: SuppressionRule, key: str, channel: str, time: int, contact: Contact, running: Suppression | None
) -> Suppression:
    until = time + rule.pause_ms if rule.pause_ms else _FOREVER
    if running is not None:
        until = _FOREVER if _FOREVER in (until, running.until_ms) else max(until, running.until_ms)
        if until == running.until_ms:
            return running
    since = running.since_ms if running is not None else time
    return Suppression(rule.level, key, channel, since, until, rule.id, contact.id)


def suppressions_after(
    existing: Sequence[Suppression], ledger: Sequence[Contact], catalog: Catalog, now_ms: int
) -> tuple[Suppression, ...]:
    """The suppressions that hold at `now_ms`, given all outcomes in the ledger.

    Those whose cause is still in the ledger are worked out anew, so that a withdrawn outcome lifts what it caused; the
    others stay as long as the catalogue has their rule.
    """
    present = {contact.id for contact in ledger}
    rules = {rule.id for rule in catalog.suppressions}
    kept = [pause for pause in existing if pause.cause not in present and pause.rule in rules]
    found = {(pause.rule, pause.key, pause.channel): pause for pause in kept}
    for rule in catalog.suppressions:
        for key, events in _events(rule, ledger, catalog).items():
            found.update(((pause.rule, pause.key, pause.channel), pause) for pause in _replay(rule, key, events, kept))
    live = [pause for pause in found.values() if pause.until_ms == _FOREVER or pause.until_ms > now_ms]
    return tuple(sorted(live, key=lambda pause: (pause.rule, pause.key, pause.channel)))


def up_to_date(state: CustomerState, catalog: Catalog, now_ms: int) -> CustomerState:
    """The customer with the suppressions of today's rules, when those in store were worked out with others."""
    if state.suppression_hash == catalog.suppression_hash:
        return state
    suppressions = state.suppressions
    if suppressions or (catalog.suppressions and reacted(state.ledger)):
        suppressions = suppressions_after(suppressions, state.ledger, catalog, now_ms)
    return replace(state, suppressions=suppressions, suppression_hash=catalog.suppression_hash)
