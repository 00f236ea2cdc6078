"""The events of a request as few calls as possible, such that those of one customer are taken in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message

from nba_server.pb import customer_pb2, event_pb2
from nba_server.transport.http.cloud_events.messages import DELETE, EVENTS, UPSERT, Item

Result = dict[str, Any]


@dataclass(slots=True)
class Group:
    """One call: the places of its events in the request, and their messages."""

    method: str
    places: list[int] = field(default_factory=list)
    messages: list[Any] = field(default_factory=list)

    def request(self) -> Message:
        """The call's request."""
        if self.method == DELETE:
            (message,) = self.messages
            return message  # type: ignore[no-any-return]
        if self.method == UPSERT:
            return customer_pb2.UpsertCustomersRequest(customers=self.messages)
        return event_pb2.RecordEventsRequest(events=self.messages)

    def results(self, answer: bytes) -> list[Result]:
        """What became of each event."""
        if self.method == DELETE:
            deleted = customer_pb2.DeleteCustomerResponse.FromString(answer).deleted
            return [{"status": "recorded" if deleted else "repeated"}]
        if self.method == UPSERT:
            changed = customer_pb2.UpsertCustomersResponse.FromString(answer).results
            return [_result(one.error, known=one.repeated, effects=()) for one in changed]
        taken = event_pb2.RecordEventsResponse.FromString(answer).results
        return [_result(one.error, known=not one.recorded, effects=one.effects) for one in taken]


def groups_of(items: Sequence[tuple[int, Item]]) -> list[Group]:
    """Groups in the order in which they are to be called; items of one customer are never turned round."""
    groups: list[Group] = []
    last: dict[str, int] = {}
    for place, item in items:
        customer = item.customer_id
        # events of one customer may share a call, changes of the profile may not
        begin = last.get(customer, 0)
        if customer in last and (item.method != EVENTS or groups[begin].method != EVENTS):
            begin += 1
        at = next(
            (n for n in range(begin, len(groups)) if groups[n].method == item.method and item.method != DELETE),
            len(groups),
        )
        if at == len(groups):
            groups.append(Group(item.method))
        groups[at].places.append(place)
        groups[at].messages.append(item.message)
        last[customer] = at
    return groups


def _result(error: str, *, known: bool, effects: Sequence[str]) -> Result:
    if error:
        return {"status": "refused", "error": error}
    result: Result = {"status": "repeated" if known else "recorded"}
    return result | ({"effects": list(effects)} if effects else {})
