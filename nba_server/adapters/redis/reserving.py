"""Encodes a decision for `reserve.lua`: all that is written to a customer who has not changed since the read, as bytes.

The ledger is not decoded: new rows go behind the stored ones, as long as all of them stay and none lies ahead.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.blob import extended, pack, script_blob
from nba_server.adapters.redis.client import Command
from nba_server.adapters.redis.codec import encode_suppressions
from nba_server.adapters.redis.scripts import RESERVE
from nba_server.application.ports import ContactKind, CustomerRef, ExpressCommit, OptimisticCommit, PackedCommit
from nba_server.domain.contact_table import Row, rows_of
from nba_server.domain.engagement import ContactState

_AT, _EXPIRES, _RESPOND = 1, 2, 13
"""Places in a row."""
_RESERVED = ContactState.RESERVED.value


def reserve_call(commits: Sequence[tuple[OptimisticCommit | ExpressCommit, PackedCommit]]) -> Command:
    """The command that commits decisions, each if its customer is still the one that was seen. In a cluster: of one bucket."""
    named: list[str] = []
    given: list[bytes] = []
    for commit, arguments in commits:
        ref, bucket = commit.customer.ref, commit.customer.bucket
        customer, journal, request, due, clock = places_of(bucket)
        named += (customer + ref, journal, request + commit.request_key, due, clock)
        given += arguments
    return RESERVE.call(named, *given)


@lru_cache(maxsize=4096)
def places_of(bucket: int) -> tuple[str, str, str, str, str]:
    """The keys of a bucket that a decision names; those of customers and requests without the last part."""
    customer, request = keys.customer(CustomerRef("", bucket)), keys.request(bucket, "")
    return customer, keys.journal(bucket), request, keys.due(bucket), keys.clock(bucket)


def packed(commit: OptimisticCommit, remember_ms: int) -> PackedCommit:
    """What the script is given of a decision."""
    ref, seen = commit.customer.ref, commit.seen
    rows = [] if commit.anonymous else [contact_row(kind, commit) for kind in commit.contacts]
    meta = (
        *(commit.decision_id, commit.fingerprint, commit.attempt, commit.channel, commit.withdrawn, commit.anonymous),
        *(commit.decided_ms, commit.valid_until_ms),
        *(seen.profile_version, seen.guard_version, seen.engagement_version),
        *(remember_ms, ",".join(map(str, commit.picks)), commit.head_size),
        [str(min(row[_RESPOND] or row[_EXPIRES] for row in rows)), ref] if rows else [],
    )
    ledger = _ledger(commit, rows) if rows else b""
    return script_blob(meta), ledger, _suppressions(commit), commit.entry, commit.answer


def contact_row(kind: ContactKind, commit: OptimisticCommit) -> Row:
    """The ledger's row of a contact, as `ledger_codec.py` has it."""
    at_ms, decision_id = commit.at_ms, commit.decision_id
    return (
        f"{decision_id}:{kind.action}",
        at_ms,
        at_ms + kind.reservation_ms,
        _RESERVED,
        kind.channel,
        kind.direction.value,
        kind.class_,
        kind.group,
        kind.action,
        1,
        decision_id,
        kind.treatment,
        kind.placement,
        at_ms + kind.response_ms if kind.response_ms else 0,
        (),
        int(commit.deferred),
        (),
    )


def _ledger(commit: OptimisticCommit, rows: Sequence[Row]) -> bytes:
    """The ledger with the new rows at their time; what is older than the retention and not waited for any more is left out."""
    known = rows_of(commit.seen.ledger)
    if not known:
        return extended(b"", 0, rows)
    oldest_ms, blob = commit.decided_ms - commit.retention_ms, commit.seen.blobs.ledger
    if known[0][_AT] > oldest_ms and known[-1][_AT] <= commit.at_ms and blob:
        return extended(blob, len(known), rows)
    kept = [row for row in known if row[_AT] > oldest_ms or row[_RESPOND] > commit.decided_ms]
    place = len(kept)
    while place and kept[place - 1][_AT] > commit.at_ms:
        place -= 1
    return pack([*kept[:place], *rows, *kept[place:]])


def _suppressions(commit: OptimisticCommit) -> bytes:
    muting = commit.muting
    return encode_suppressions(muting.suppressions, muting.suppression_hash) if muting else b""
