"""What an outcome does to a customer: `apply()` finds the contact, records the event, and works out what follows.

Pure: the state goes in, the changed parts come out. Writing them and the journal is the use case's work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nba_server.domain.action import ADVERTISING, Polarity
from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import Consent, ConsentStatus, merge_consents
from nba_server.domain.effects import described, muting_changes
from nba_server.domain.engagement import Contact, ContactState, CustomerState, Reaction, Suppression
from nba_server.domain.ledger import replaced, trimmed
from nba_server.domain.muting import suppressions_after
from nba_server.domain.outcome import OutcomeEvent, OutcomeType, polarity, state_after
from nba_server.errors import InvalidArgument, NotFound, Violation

CLOCK_TOLERANCE_MS = 5_000
"""How far a caller's clock may be ahead; such times are taken as now."""

EXTERNAL_PREFIX = "x:"
_OPT_OUT_SOURCE = "opted_out"


@dataclass(frozen=True, slots=True)
class Reacted:
    """What an outcome changed.

    `contact` is the ledger entry after it, `event` the outcome as applied (time, decision, action filled in; None when a timer
    only released a reservation). `consents` is None when they stay. `guard_changed` says that consents or suppressions
    differ. `suppression_hash` names the rule set that they were worked out with. `muted` are suppressions that it
    started or changed, `lifted` those that it ended.
    """

    contact: Contact
    event: OutcomeEvent | None
    ledger: Sequence[Contact]
    suppressions: tuple[Suppression, ...]
    consents: tuple[Consent, ...] | None
    repeated: bool
    late: bool
    guard_changed: bool
    effects: tuple[str, ...]
    suppression_hash: str = ""
    muted: tuple[Suppression, ...] = ()
    lifted: tuple[Suppression, ...] = ()


def apply(state: CustomerState, event: OutcomeEvent, catalog: Catalog, now_ms: int) -> Reacted:
    """Applies one outcome.

    Raises `NotFound` for a decision, contact or earlier outcome that the ledger does not have, `InvalidArgument` for an
    ambiguous action, a time in the future, or a withdrawal that names nothing.
    """
    contact = find_contact(state.ledger, event)
    event = replace(
        event,
        occurred_ms=_occurred(event, now_ms),
        decision_id=contact.decision_id,
        action=event.action or contact.action,
    )
    if event.type is OutcomeType.WITHDRAWN:
        return _withdraw(state, contact, event, catalog, now_ms)
    if _known(contact, event):
        return concluded(state, contact, event, catalog, now_ms, repeated=True)
    late = _late(contact, event, catalog)
    reaction = Reaction(event.type.value, event.occurred_ms, event.event_id, event.value, late=late)
    after = replace(contact, reactions=(*contact.reactions, reaction))
    consents = _opted_out(state, contact, event, catalog) if event.type is OutcomeType.OPTED_OUT else None
    return concluded(
        state, replace(after, state=state_after(after)), event, catalog, now_ms, consents=consents, late=late
    )


def find_contact(ledger: Sequence[Contact], event: OutcomeEvent) -> Contact:
    """The ledger entry that the event is about. Raises `NotFound`, `InvalidArgument` (which action?)."""
    if event.contact_id:
        named = {contact.id: contact for contact in ledger}
        for name in (EXTERNAL_PREFIX + event.contact_id, event.contact_id):
            if name in named:
                return named[name]
        raise NotFound(f"contact {event.contact_id!r} is not in the customer's ledger", reason="CONTACT_NOT_FOUND")
    offered = [contact for contact in ledger if contact.decision_id and contact.decision_id == event.decision_id]
    if not offered:
        raise NotFound(f"decision {event.decision_id!r} is unknown, or offered nothing", reason="DECISION_NOT_FOUND")
    if not event.action:
        if len(offered) == 1 or event.type is OutcomeType.OPTED_OUT:
            return offered[0]
        names = ", ".join(contact.action for contact in offered)
        raise InvalidArgument([Violation("action", f"the decision offered several actions, name one of {names}")])
    for contact in offered:
        if contact.action == event.action:
            return contact
    raise NotFound(f"decision {event.decision_id!r} did not offer {event.action!r}", reason="ACTION_NOT_OFFERED")


def concluded(
    state: CustomerState,
    contact: Contact,
    event: OutcomeEvent | None,
    catalog: Catalog,
    now_ms: int,
    *,
    consents: tuple[Consent, ...] | None = None,
    repeated: bool = False,
    late: bool = False,
) -> Reacted:
    """Puts the changed contact back and works out suppressions and words. A repeat changes nothing."""
    if repeated:
        return Reacted(contact, event, state.ledger, state.suppressions, None, True, late, False, ())
    ledger = replaced(state.ledger, contact)
    suppressions = suppressions_after(state.suppressions, ledger, catalog, now_ms)
    muted, lifted = muting_changes(state.suppressions, suppressions, now_ms)
    return Reacted(
        contact=contact,
        event=event,
        ledger=trimmed(ledger, catalog.ledger_retention_ms, now_ms),
        suppressions=suppressions,
        consents=consents,
        repeated=False,
        late=late,
        guard_changed=consents is not None or suppressions != state.suppressions,
        effects=described(state, suppressions, consents, now_ms),
        suppression_hash=catalog.suppression_hash,
        muted=muted,
        lifted=lifted,
    )


def _occurred(event: OutcomeEvent, now_ms: int) -> int:
    if event.occurred_ms > now_ms + CLOCK_TOLERANCE_MS:
        raise InvalidArgument([Violation("occurred_at", "lies in the future; leave it empty for now")])
    return min(event.occurred_ms, now_ms) or now_ms


def _known(contact: Contact, event: OutcomeEvent) -> bool:
    """A repeat: the same event id, or without one the same type, unless that was withdrawn."""
    if event.event_id:
        return any(reaction.event_id == event.event_id for reaction in contact.reactions)
    return any(reaction.type == event.type and not reaction.withdrawn for reaction in contact.reactions)


def _late(contact: Contact, event: OutcomeEvent, catalog: Catalog) -> bool:
    """A response behind its window, or the first sign of a contact whose slot was given back before."""
    if event.type is OutcomeType.NO_RESPONSE:
        return False
    if polarity(catalog.channels.get(contact.channel), event.type) is not Polarity.NEUTRAL:
        return 0 < contact.respond_until_ms < event.occurred_ms
    given_back = contact.state is ContactState.RELEASED or (contact.state is ContactState.RESERVED and contact.lapses)
    return given_back and contact.expires_ms <= event.occurred_ms


def _opted_out(state: CustomerState, contact: Contact, event: OutcomeEvent, catalog: Catalog) -> tuple[Consent, ...]:
    index = catalog.index.get(event.action)
    purpose = ADVERTISING if index is None else catalog.actions[index].purpose
    revoked = Consent(
        channel=contact.channel,
        purpose=purpose,
        status=ConsentStatus.REVOKED,
        valid_from_ms=event.occurred_ms,
        source=_OPT_OUT_SOURCE,
        proof_id=contact.id,
    )
    return merge_consents(state.consents, (revoked,))


def _withdraw(state: CustomerState, contact: Contact, event: OutcomeEvent, catalog: Catalog, now_ms: int) -> Reacted:
    name = event.withdraws
    if not name:
        raise InvalidArgument([Violation("withdraws", "name the event id or the type of the outcome to take back")])
    type_ = name.lower().removeprefix("outcome_type_")
    positions = [i for i, r in enumerate(contact.reactions) if r.event_id == name] or [
        i for i, r in enumerate(contact.reactions) if r.type == type_
    ]
    if not positions:
        raise NotFound(f"there is no outcome {name!r} to take back on this contact", reason="OUTCOME_NOT_FOUND")
    standing_ones = [i for i in positions if not contact.reactions[i].withdrawn]
    if not standing_ones:
        return concluded(state, contact, event, catalog, now_ms, repeated=True)
    taken_back = contact.reactions[standing_ones[-1]]
    reactions = tuple(replace(r, withdrawn=True) if r is taken_back else r for r in contact.reactions)
    after = replace(contact, reactions=reactions)
    consents = _restored(state, contact, taken_back) if taken_back.type == OutcomeType.OPTED_OUT else None
    return concluded(state, replace(after, state=state_after(after)), event, catalog, now_ms, consents=consents)


def _restored(state: CustomerState, contact: Contact, taken_back: Reaction) -> tuple[Consent, ...]:
    """Without the revocation that the opt-out wrote."""
    return tuple(
        record
        for record in state.consents
        if (record.source, record.proof_id, record.valid_from_ms) != (_OPT_OUT_SOURCE, contact.id, taken_back.at_ms)
    )
