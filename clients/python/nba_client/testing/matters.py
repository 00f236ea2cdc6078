"""Matters in memory: opened and closed by hand, under any rule; the fake mutes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from nba_client.errors import Details, InvalidRequest, NotFound, Violation
from nba_client.pb import matter_pb2


class FakeMatters:
    """The matters of all customers; `all` may be read by a test."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.all: list[tuple[str, matter_pb2.Matter]] = []
        self._now = now

    def list(self, request: matter_pb2.ListMattersRequest) -> matter_pb2.ListMattersResponse:
        """Open ones first, each newest first."""
        own = [matter for customer, matter in reversed(self.all) if customer == request.customer_id]
        closed = [] if request.open_only else [matter for matter in own if not matter.open]
        return matter_pb2.ListMattersResponse(matters=[*(matter for matter in own if matter.open), *closed])

    def open(self, request: matter_pb2.OpenMatterRequest) -> matter_pb2.OpenMatterResponse:
        """Opens one, or gives the one that is open."""
        wanted = (request.customer_id, request.rule, request.case_id, True)
        for customer, known in self.all:
            if (customer, known.rule, known.case_id, known.open) == wanted:
                return matter_pb2.OpenMatterResponse(matter=known, opened=False)
        matter = matter_pb2.Matter(
            matter_id=f"m{len(self.all) + 1}",
            rule=request.rule,
            title=request.rule,
            kind=matter_pb2.MATTER_KIND_BY_HAND,
            open=True,
            opened_by=request.agent,
            channel=request.channel,
            event_ids=[request.event_id] if request.event_id else [],
            case_id=request.case_id,
            category=request.category,
            text=request.text,
        )
        matter.opened_at.FromDatetime(self._now())
        self.all.append((request.customer_id, matter))
        return matter_pb2.OpenMatterResponse(matter=matter, opened=True)

    def close(self, request: matter_pb2.CloseMatterRequest) -> matter_pb2.CloseMatterResponse:
        """Closes one. Raises `InvalidRequest` without a note, `NotFound`."""
        if not request.note.strip():
            violation = Violation("note", "must not be empty")
            raise InvalidRequest(
                "note: must not be empty", Details("INVALID_ARGUMENT", "INVALID_ARGUMENT", violations=(violation,))
            )
        for customer, matter in self.all:
            if customer == request.customer_id and matter.matter_id == request.matter_id:
                closed = matter.open
                if closed:
                    matter.open, matter.note, matter.closed_by = False, request.note, request.agent
                    matter.closed_at.FromDatetime(self._now())
                return matter_pb2.CloseMatterResponse(matter=matter, closed=closed)
        raise NotFound("there is no such matter", Details("NOT_FOUND", "MATTER_NOT_FOUND"))
