"""An anonymous visitor turns out to be a known customer: two records become one, and the stricter of the two wins.

Pure: both states go in, the one state comes out. Writing it in one atomic step is the store's work.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from nba_server.domain.activity import RECENT, decay
from nba_server.domain.case_file import CaseFile, merged_files
from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import ANY_CHANNEL, Consent, ConsentStatus, ConsentVerdict, merge_consents, verdict
from nba_server.domain.do_not_contact import DoNotContact
from nba_server.domain.engagement import Activity, Contact, CustomerState, Suppression
from nba_server.domain.ledger import inserted, trimmed
from nba_server.domain.muting import suppressions_after, up_to_date
from nba_server.domain.profile import Profile

_REFUSED = (ConsentVerdict.DENIED, ConsentVerdict.REVOKED)
RESTATED = "identified"
"""The source of a refusal that is said again, because a later grant of the other record would have lifted it."""


@dataclass(frozen=True, slots=True)
class Identified:
    """The customer after it. `contacts` are the visitor's contacts that came along."""

    profile: Profile
    consents: tuple[Consent, ...]
    ledger: Sequence[Contact]
    suppressions: tuple[Suppression, ...]
    activity: Activity
    do_not_contact: DoNotContact
    file: CaseFile
    contacts: tuple[Contact, ...]


def identified(customer: CustomerState, visitor: CustomerState, catalog: Catalog, now_ms: int) -> Identified:
    """The two records as one.

    Contacts and purchases: each id once. Consents: a refusal of either holds. Suppressions: worked out anew over all outcomes,
    never ending earlier than in either record. The do-not-contact list: the channels of both. Matters: what is open in either is
    open. What the customer's profile says stands.
    """
    known = {contact.id for contact in customer.ledger}
    brought = {contact.id: contact for contact in visitor.ledger if contact.id not in known}
    ledger = customer.ledger
    for contact in brought.values():
        ledger = inserted(ledger, contact)
    ledger = trimmed(ledger, catalog.ledger_retention_ms, now_ms)
    return Identified(
        profile=_profile(customer.profile, visitor.profile),
        consents=_consents(customer.consents, visitor.consents, now_ms),
        ledger=ledger,
        suppressions=_suppressions((customer, visitor), ledger, catalog, now_ms),
        activity=_activity(customer.activity, visitor.activity),
        do_not_contact=_do_not_contact(customer.do_not_contact, visitor.do_not_contact),
        file=merged_files(customer.file, visitor.file) if visitor.file != CaseFile() else customer.file,
        contacts=tuple(contact for contact in ledger if contact.id in brought),
    )


def _profile(customer: Profile, visitor: Profile) -> Profile:
    if not visitor.known:
        return customer
    return Profile(
        attributes={**visitor.attributes, **customer.attributes},
        segments=tuple(dict.fromkeys((*customer.segments, *visitor.segments))),
        products=tuple(dict.fromkeys((*customer.products, *visitor.products))),
        known=True,
        reported_ms={
            **{name: at for name, at in visitor.reported_ms.items() if name not in customer.attributes},
            **customer.reported_ms,
        },
    )


def _consents(customer: Sequence[Consent], visitor: Sequence[Consent], now_ms: int) -> tuple[Consent, ...]:
    """All records, and a refusal said again where the records together would be laxer than one of the two alone."""
    merged = merge_consents(customer, visitor)
    named = {(channel, record.purpose) for record in merged for channel in (record.channel, ANY_CHANNEL)}
    again = []
    for channel, purpose in sorted(named):
        refusals = [_refusal(side, channel, purpose, now_ms) for side in (customer, visitor)]
        standing = [record for record in refusals if record is not None]
        if standing and verdict(merged, channel, purpose, now_ms) not in _REFUSED:
            longest = max(standing, key=lambda record: record.valid_to_ms or float("inf"))
            again.append(replace(longest, channel=channel, valid_from_ms=now_ms, source=RESTATED))
    return merge_consents(merged, again)


def _refusal(records: Sequence[Consent], channel: str, purpose: str, now_ms: int) -> Consent | None:
    """The record by which a channel is refused, if it is."""
    if verdict(records, channel, purpose, now_ms) not in _REFUSED:
        return None
    standing = (
        record
        for record in records
        if record.purpose == purpose
        and record.channel in (channel, ANY_CHANNEL)
        and record.status is not ConsentStatus.GRANTED
        and record.valid_from_ms <= now_ms
        and (not record.valid_to_ms or record.valid_to_ms > now_ms)
    )
    return max(standing, key=lambda record: record.valid_from_ms)


def _suppressions(
    sides: Sequence[CustomerState], ledger: Sequence[Contact], catalog: Catalog, now_ms: int
) -> tuple[Suppression, ...]:
    """Worked out over all outcomes together; what a record alone would mute for longer stays, detached from its outcome."""
    before = [pause for side in sides for pause in up_to_date(side, catalog, now_ms).suppressions]
    rules = {rule.id for rule in catalog.suppressions}
    live = [pause for pause in before if pause.rule in rules and (not pause.until_ms or pause.until_ms > now_ms)]
    found = {_place(pause): pause for pause in suppressions_after(_longest(live), ledger, catalog, now_ms)}
    for pause in _longest(live):
        if _place(pause) not in found or _end(found[_place(pause)]) < _end(pause):
            found[_place(pause)] = replace(pause, cause="")
    return tuple(sorted(found.values(), key=_place))


def _longest(pauses: Iterable[Suppression]) -> tuple[Suppression, ...]:
    """One of each kind: that which ends last."""
    kept: dict[tuple[str, str, str], Suppression] = {}
    for pause in pauses:
        other = kept.get(_place(pause))
        if other is None or _end(other) < _end(pause):
            kept[_place(pause)] = pause
    return tuple(kept.values())


def _place(pause: Suppression) -> tuple[str, str, str]:
    return pause.rule, pause.key, pause.channel


def _end(pause: Suppression) -> float:
    return pause.until_ms or float("inf")


def _activity(customer: Activity, visitor: Activity) -> Activity:
    """The sums of both at the later of their times. Only customers have purchases by id, so none can be in both."""
    if not visitor.purchases:
        return customer
    as_of = max(customer.as_of_ms, visitor.as_of_ms)
    shares = [(side, decay(side.as_of_ms, as_of) if side.purchases else 0.0) for side in (visitor, customer)]
    categories: dict[str, float] = {}
    for side, left in shares:
        for name, value in side.category_spend.items():
            categories[name] = categories.get(name, 0.0) + value * left
    return Activity(
        purchases=customer.purchases + visitor.purchases,
        last_ms=max(customer.last_ms, visitor.last_ms),
        as_of_ms=as_of,
        spend=sum(side.spend * left for side, left in shares),
        baskets=sum(side.baskets * left for side, left in shares),
        category_spend=categories,
        recent=tuple(dict.fromkeys((*visitor.recent, *customer.recent)))[-RECENT:],
    )


def _do_not_contact(customer: DoNotContact, visitor: DoNotContact) -> DoNotContact:
    """Listed when one of them is; no channels means all of them."""
    listed = [entry for entry in (customer, visitor) if entry.listed]
    if len(listed) < 2:
        return listed[0] if listed else customer
    everywhere = any(not entry.channels for entry in listed)
    channels = frozenset() if everywhere else customer.channels | visitor.channels
    return replace(customer, channels=channels, since_ms=min(customer.since_ms, visitor.since_ms))
