"""Applies changes of customers by compare-and-set: `write.lua`, one atomic call each, one round trip for all."""

from __future__ import annotations

from collections.abc import Sequence

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.blob import script_blob
from nba_server.adapters.redis.bulk import is_prompt, pieces
from nba_server.adapters.redis.case_codec import encode_file, encode_open
from nba_server.adapters.redis.client import Command, StoreClient
from nba_server.adapters.redis.codec import (
    encode_activity,
    encode_consents,
    encode_do_not_contact,
    encode_profile,
    encode_suppressions,
)
from nba_server.adapters.redis.ledger_codec import encode_ledger
from nba_server.adapters.redis.scripts import WRITE
from nba_server.application.ports import CustomerWrite
from nba_server.domain.outcome import next_wait


class RedisCustomerWriter:
    """Implements `CustomerWriter`."""

    def __init__(self, client: StoreClient) -> None:
        self._client = client

    async def write(self, writes: Sequence[CustomerWrite]) -> list[bool]:
        """True where the change was applied, False where somebody else was faster. Raises `StoreUnavailable`.

        Many go in pieces, between which the decisions of others get their turn.
        """
        applied: list[bool] = []
        for piece in pieces(writes):
            commands = [_command(write) for write in piece]
            replies = await self._client.run(commands, prompt=is_prompt(writes), confirmed=True)
            applied += [reply == 1 for reply in replies]
        return applied


def _command(write: CustomerWrite) -> Command:
    ref = write.customer
    flags = (write.bump_profile, write.bump_guard, write.delete_profile)
    meta = (write.engagement_version, *flags, ref.ref, due_ms(write))
    return WRITE.call(
        (keys.customer(ref), *(of(ref.bucket) for of in (keys.journal, keys.due, keys.clock, keys.caps))),
        script_blob(meta),
        script_blob(record_fields(write)),
        script_blob([part for entry in write.entries for part in entry]),
        script_blob(write.withdraws),
        script_blob([(charge.cap, charge.units, charge.since_ms) for charge in write.gives_back]),
    )


def due_ms(write: CustomerWrite) -> int:
    """When the customer must be looked at after the change: 0 for never, -1 for no change."""
    if write.due_ms is not None:
        return write.due_ms
    return -1 if write.ledger is None else next_wait(write.ledger)


def record_fields(write: CustomerWrite) -> list[str | bytes]:
    """The parts that change as they are stored: field, value, ..."""
    fields: list[str | bytes] = []
    if write.profile is not None:
        fields += ["p", encode_profile(write.profile)]
    if write.consents is not None:
        fields += ["k", encode_consents(write.consents)]
    if write.ledger is not None:
        fields += ["l", encode_ledger(write.ledger)]
    if write.suppressions is not None:
        fields += ["s", encode_suppressions(write.suppressions, write.suppression_hash)]
    if write.activity is not None:
        fields += ["a", encode_activity(write.activity)]
    if write.do_not_contact is not None:
        fields += ["d", encode_do_not_contact(write.do_not_contact)]
    if write.file is not None:
        fields += ["o", encode_open(write.matters), "f", encode_file(write.file)]
    if write.customer_id:
        fields += ["id", write.customer_id]
    return fields
