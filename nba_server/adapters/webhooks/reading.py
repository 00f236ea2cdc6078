"""Draws events from the journal's entries: what others may be told of them, and nothing more.

Contents of treatments, attributes, live context and free text stay here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import DecodeError

from nba_server.adapters.journal_columns import JournalUnreadable
from nba_server.adapters.journal_entry import JournaledCandidate, candidates_of
from nba_server.adapters.redis.journal import StreamRecord
from nba_server.adapters.webhooks.event import Event
from nba_server.pb import consent_pb2, journal_pb2, outcome_pb2

Told = tuple[str, Mapping[str, Any], tuple[str, ...]]
"""Type, data and actions of an event in the making."""


class Unreadable(Exception):
    """An entry that is not what its place says; the archiver puts such entries aside."""


def events_of(record: StreamRecord) -> list[Event]:
    """All events of an entry, numbered. Kinds that nobody is told of have none. Raises `Unreadable`."""
    read = _READERS.get(record.kind)
    if read is None:
        return []
    try:
        entry = journal_pb2.JournalEntry.FromString(record.payload)
    except DecodeError as error:
        raise Unreadable(str(error)) from error
    if entry.WhichOneof("body") != record.kind:
        raise Unreadable(f"the stream says {record.kind!r}")
    body = getattr(entry, record.kind)
    return [
        Event(number, type_, record.at_ms, body.customer_ref, _without_empty(data), frozenset(filter(None, actions)))
        for number, (type_, data, actions) in enumerate(read(body, record))
    ]


def moment(ms: int) -> str:
    """RFC 3339 in UTC; empty for 0."""
    if not ms:
        return ""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _decision(entry: Any, record: StreamRecord) -> Iterator[Told]:
    try:
        candidates = candidates_of(entry)
    except JournalUnreadable as error:
        raise Unreadable(str(error)) from error
    chosen = [(entry.picks[index], index in record.substituted) for index in record.taken]
    actions = [_offer(candidates[pick.candidate], pick) | {"substituted": substituted} for pick, substituted in chosen]
    request = entry.request
    planned_ms = request.planned_at.seconds * 1000 + request.planned_at.nanos // 1_000_000
    data = {
        "decision_id": entry.decision_id,
        "channel": request.channel,
        "caller": entry.caller,
        "catalog_hash": entry.catalog_hash,
        "model_version": entry.model_version,
        "supersedes": request.supersedes,
        "planned_at": moment(planned_ms),
        "anonymous": entry.anonymous,
        "actions": actions,
        "empty_placements": _empty(request, actions),
    }
    yield "nba.decision.made", data, tuple(action["action"] for action in actions)


def _offer(candidate: JournaledCandidate, pick: Any) -> dict[str, Any]:
    return {
        "placement": candidate.placement,
        "action": candidate.action,
        "treatment": candidate.treatment,
        "class": candidate.class_,
        "propensity": candidate.propensity,
        "priority": candidate.priority,
        "pick_probability": pick.pick_probability,
        "explored": pick.explored,
        "fallback": pick.fallback,
    }


def _empty(request: Any, actions: list[dict[str, Any]]) -> list[str]:
    filled = {action["placement"] for action in actions}
    return [place.placement for place in request.placements if place.placement not in filled]


def _outcome(entry: Any, record: StreamRecord) -> Iterator[Told]:
    about = {
        "decision_id": entry.decision_id,
        "contact_id": entry.contact_id,
        "action": entry.action,
        "channel": entry.channel,
    }
    yield (
        "nba.outcome.recorded",
        about
        | {
            "outcome": outcome_pb2.OutcomeType.Name(entry.type).removeprefix("OUTCOME_TYPE_").lower(),
            "event_id": entry.event_id,
            "occurred_at": moment(entry.occurred_at_ms),
            "value": entry.value if entry.HasField("value") else None,
            "product": entry.product,
            "reason": entry.reason,
            "withdraws": entry.withdraws,
            "late": entry.late,
            "caller": entry.caller,
        },
        (entry.action,),
    )
    for change in entry.suppressions:
        yield f"nba.suppression.{'lifted' if change.lifted else 'started'}", _suppression(change), _muted(change)
    for consent in entry.consents:
        yield "nba.consent.changed", _consent(consent), ()


def _suppression(change: Any) -> dict[str, Any]:
    return {
        "rule": change.rule,
        "level": change.level,
        "key": change.key,
        "channel": change.channel,
        "since": moment(change.since_ms),
        "until": moment(change.until_ms),
        "cause": change.cause,
    }


def _muted(change: Any) -> tuple[str, ...]:
    return (change.key,) if change.level == "action" else ()


def _consent(consent: Any) -> dict[str, Any]:
    name = consent_pb2.ConsentStatus.Name(consent.status).removeprefix("CONSENT_STATUS_").lower()
    return {
        "channel": consent.channel,
        "purpose": consent.purpose,
        "status": name,
        "legal_basis": consent.legal_basis,
        "text_version": consent.text_version,
        "source": consent.source,
        "proof_id": consent.proof_id,
        "valid_from": moment(consent.valid_from.ToMilliseconds()),
        "valid_to": moment(consent.valid_to.ToMilliseconds()),
    }


def _customer(entry: Any, record: StreamRecord) -> Iterator[Told]:
    if entry.deleted:
        yield "nba.customer.deleted", {"version": entry.version}, ()
    else:
        yield "nba.customer.changed", {"version": entry.version, "changed": list(entry.changed)}, ()
    for consent in entry.consents:
        yield "nba.consent.changed", _consent(consent), ()


def _contact(entry: Any, record: StreamRecord) -> Iterator[Told]:
    data = {
        "contact_id": entry.contact_id,
        "channel": entry.channel,
        "action": entry.action,
        "placement": entry.placement,
        "class": getattr(entry, "class"),
        "occurred_at": moment(entry.occurred_at_ms),
    }
    yield "nba.contact.recorded", data, (entry.action,)


def _purchase(entry: Any, record: StreamRecord) -> Iterator[Told]:
    data = {
        "purchase_id": entry.purchase_id,
        "occurred_at": moment(entry.occurred_at_ms),
        "value": entry.value,
    }
    yield f"nba.purchase.{'returned' if entry.returned else 'recorded'}", data, ()


def _matter(entry: Any, record: StreamRecord) -> Iterator[Told]:
    data = {
        "matter_id": entry.matter_id,
        "rule": entry.rule,
        "kind": entry.kind,
        "channel": entry.channel,
        "event_id": entry.event_id,
        "occurred_at": moment(entry.at_ms),
        "caller": entry.caller,
    }
    yield f"nba.matter.{'opened' if entry.open else 'closed'}", data, ()


_READERS: Mapping[str, Callable[[Any, StreamRecord], Iterator[Told]]] = {
    "decision": _decision,
    "outcome": _outcome,
    "contact": _contact,
    "customer": _customer,
    "purchase": _purchase,
    "matter": _matter,
}


def _without_empty(data: Mapping[str, Any]) -> dict[str, Any]:
    """Without texts and values that are not there; lists, numbers and flags stay."""
    return {name: value for name, value in data.items() if value is not None and value != ""}
