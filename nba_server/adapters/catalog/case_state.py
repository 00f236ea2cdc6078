"""The customer of a test case as the domain knows one: profile, consents, and the history lived through event by event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from nba_server.adapters.catalog.field_values import field_value
from nba_server.adapters.catalog.time_words import duration_ms, instant_ms
from nba_server.domain.action import ADVERTISING
from nba_server.domain.activity import Purchase, add_purchase
from nba_server.domain.casework import closed_by_hand, handled
from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import ANY_CHANNEL, Consent, ConsentStatus
from nba_server.domain.do_not_contact import DoNotContact
from nba_server.domain.engagement import Contact, ContactState, CustomerState
from nba_server.domain.expiry import expire
from nba_server.domain.happening import Happening, HappeningKind, key_of
from nba_server.domain.ledger import inserted, trimmed
from nba_server.domain.matter import Closing
from nba_server.domain.outcome import OutcomeEvent, OutcomeType
from nba_server.domain.outcome_matters import told
from nba_server.domain.profile import Profile
from nba_server.domain.reaction import Reacted, apply


class CaseHistory:
    """Builds the state of a case's customer at the moment of its decision."""

    def __init__(self, catalog: Catalog, now_ms: int) -> None:
        self._catalog = catalog
        self._zone = ZoneInfo(catalog.timezone)
        self._now_ms = now_ms

    def state(self, customer: Mapping[str, Any] | None) -> CustomerState:
        """The state; empty for None. Raises `ValueError` for times that cannot be read or lie in the future."""
        if customer is None:
            return CustomerState()
        types = self._catalog.attributes
        attributes = customer.get("attributes", {})
        state = CustomerState(
            profile=Profile(
                attributes={name: field_value(value, types[name], self._zone) for name, value in attributes.items()},
                segments=tuple(customer.get("segments", ())),
                products=tuple(customer.get("products", ())),
                known=True,
                reported_ms=dict.fromkeys(attributes, self._now_ms),
            ),
            consents=tuple(self._consent(consent) for consent in customer.get("consents", ())),
            do_not_contact=listing(customer.get("do_not_contact", False)),
        )
        for number, purchase in enumerate(sorted(customer.get("purchases", ()), key=self._moment)):
            bought = Purchase(f"p{number}", self._moment(purchase), purchase["value"], purchase.get("categories", {}))
            state = replace(state, activity=add_purchase(state.activity, bought))
        for happens_ms, event in sorted(self._events(customer), key=lambda pair: pair[0]):
            state = self._lived(state, happens_ms, event)
        for number, matter in enumerate(customer.get("matters", ())):
            state = self._opened(state, number, matter)
        ledger = trimmed(state.ledger, self._catalog.ledger_retention_ms, self._now_ms)
        return replace(state, ledger=ledger, matters=state.file.open(self._now_ms))

    def _opened(self, state: CustomerState, number: int, written: Mapping[str, Any]) -> CustomerState:
        opened = Happening(
            HappeningKind.BY_HAND,
            key_of(f"matter-{number}"),
            self._moment(written),
            case_id=str(number),
            rule=written["rule"],
        )
        file = handled(state.file, opened, self._catalog.matters, self._now_ms).file
        if "closed" in written:
            closing = Closing(self._now_ms - duration_ms(written["closed"]))
            file = closed_by_hand(file, file.matters[-1].id, closing).file
        return replace(state, file=file)

    def _events(self, customer: Mapping[str, Any]) -> Iterator[tuple[int, Contact | OutcomeEvent | str]]:
        """Contacts, outcomes and ends of response windows (as contact ids), each with its time."""
        for number, written in enumerate(customer.get("contacts", ())):
            contact = self._contact(f"case-{number}", written)
            yield contact.at_ms, contact
            for outcome in written.get("outcomes", ()):
                at_ms = self._moment(outcome) if {"at", "ago"} & outcome.keys() else contact.at_ms
                event_id = f"{contact.id}-{outcome['type']}-{at_ms}"
                type_, value = OutcomeType(outcome["type"]), outcome.get("value")
                yield (
                    at_ms,
                    OutcomeEvent(type_, contact_id=contact.id, event_id=event_id, occurred_ms=at_ms, value=value),
                )
            if contact.respond_until_ms <= self._now_ms:
                yield contact.respond_until_ms, contact.id

    def _lived(self, state: CustomerState, at_ms: int, event: Contact | OutcomeEvent | str) -> CustomerState:
        if isinstance(event, Contact):
            return replace(state, ledger=inserted(state.ledger, event))
        reacted: Reacted | None
        if isinstance(event, OutcomeEvent):
            reacted = apply(state, event, self._catalog, at_ms)
        else:
            reacted = expire(state, event, at_ms, self._catalog)
        if reacted is None:
            return state
        consents = state.consents if reacted.consents is None else reacted.consents
        if reacted.event is not None:
            rules = self._catalog.matters
            state = replace(state, file=told(state.file, reacted.contact, reacted.event, rules, at_ms).file)
        return replace(state, ledger=reacted.ledger, suppressions=reacted.suppressions, consents=consents)

    def _contact(self, id_: str, written: Mapping[str, Any]) -> Contact:
        action = self._catalog.actions[self._catalog.index[written["action"]]]
        channel = self._catalog.channels[written["channel"]]
        at_ms = self._moment(written)
        return Contact(
            id=id_,
            at_ms=at_ms,
            expires_ms=at_ms,
            state=ContactState.CONFIRMED,
            channel=channel.id,
            direction=channel.direction,
            class_=action.class_,
            group=action.group,
            action=action.id,
            placement=written.get("placement", ""),
            respond_until_ms=at_ms + (action.response_window_ms or channel.response_window_ms),
        )

    def _consent(self, written: str | Mapping[str, Any]) -> Consent:
        if isinstance(written, str):
            return Consent(ANY_CHANNEL, written, ConsentStatus.GRANTED, 0)
        return Consent(
            channel=written.get("channel", ANY_CHANNEL),
            purpose=written.get("purpose", ADVERTISING),
            status=ConsentStatus(written.get("status", "granted")),
            valid_from_ms=instant_ms(written["from"], self._zone) if "from" in written else 0,
            valid_to_ms=instant_ms(written["until"], self._zone, end=True) if "until" in written else 0,
        )

    def _moment(self, written: Mapping[str, Any]) -> int:
        if "at" in written:
            at_ms = instant_ms(written["at"], self._zone)
        elif "ago" in written:
            at_ms = self._now_ms - duration_ms(written["ago"])
        else:
            raise ValueError("a contact, purchase or matter without a time; add `ago: 3d` or `at:`")
        if at_ms > self._now_ms:
            raise ValueError(f"{written['at']} lies after the decision; only the past can be given")
        return at_ms


def listing(written: bool | list[str]) -> DoNotContact:
    """An entry on the do-not-contact list as written: true, or channels."""
    return DoNotContact(bool(written), frozenset(written if isinstance(written, list) else ()))
