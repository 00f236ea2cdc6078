"""Takes a call back that its caller gave up, when the answer may have crossed with that on the wire.

Knows who asked; what is released, and what is not, the store decides.
"""

from __future__ import annotations

import re

from nba_server.application.abandoned import Abandoned
from nba_server.application.faults import Faults
from nba_server.application.ports import Attempt, CustomerReader, Identity, ReleaseStatus, located
from nba_server.errors import NbaError

CALL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def check_call_id(call_id: str, faults: Faults) -> None:
    """Notes a call id that cannot be one; empty means none."""
    if call_id and not CALL_ID.fullmatch(call_id):
        faults.add("call_id", "must be 1 to 64 letters, digits, `-` or `_`")


class ReleaseDecision:
    """The use case."""

    def __init__(self, *, identity: Identity, reader: CustomerReader, abandoned: Abandoned) -> None:
        self._identity = identity
        self._reader = reader
        self._abandoned = abandoned

    async def __call__(
        self, *, customer_id: str = "", visitor_id: str = "", request_id: str, call_id: str, caller: str
    ) -> bool:
        """Whether the decision was taken back by this call. Raises `InvalidArgument`, `StoreUnavailable`.

        A named call that has left no trace yet is looked for once more when it is certain that none will come. When the
        store is away it is released as soon as that is back, though the caller hears of the failure.
        """
        _check(customer_id, visitor_id, request_id, call_id)
        ref = self._identity.customer(customer_id) if customer_id else self._identity.visitor(visitor_id)
        attempt = Attempt(ref, self._identity.request_key(caller, ref.ref, request_id), call_id)
        try:
            state = (await self._reader.read([ref])).states[0]
            attempt = Attempt(located(ref, state), attempt.request_key, call_id)
            status = await self._abandoned.release(attempt)
        except NbaError:
            if call_id:
                self._abandoned.unsettled(attempt)
            raise
        if status is ReleaseStatus.ABSENT and call_id:
            self._abandoned.unsettled(attempt)
        return status is ReleaseStatus.RELEASED


def _check(customer_id: str, visitor_id: str, request_id: str, call_id: str) -> None:
    faults = Faults()
    faults.identifier("customer_id", customer_id, required=False)
    faults.identifier("visitor_id", visitor_id, required=False)
    if not (customer_id or visitor_id):
        faults.add("customer_id", "or visitor_id is needed: nothing is held for an anonymous visitor")
    elif customer_id and visitor_id:
        faults.add("visitor_id", "must be empty when customer_id is set; at most one of the two ids")
    faults.identifier("request_id", request_id)
    check_call_id(call_id, faults)
    faults.raise_any()
