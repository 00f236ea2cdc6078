"""Records to encode and rows to archive: one full one of each kind, and as many plain ones as a test wants."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nba_server.adapters.archive.schema import ArchiveRow, row_of
from nba_server.adapters.archive.table import ArchiveTable
from nba_server.adapters.journal_codec import JournalCodec
from nba_server.adapters.redis.codec import encode_consents, encode_profile, encode_suppressions
from nba_server.adapters.redis.identity import encode32
from nba_server.adapters.redis.journal import StreamRecord
from nba_server.adapters.redis.ledger_codec import encode_ledger
from nba_server.application.ports import CustomerRef, PurchaseRecord
from nba_server.domain.action import Action, Treatment
from nba_server.domain.candidate_table import CandidateTable
from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import Consent, ConsentStatus
from nba_server.domain.decision import Candidate, Decision, DecisionInput, DecisionRequest, Pick, PlacementRequest
from nba_server.domain.engagement import (
    Contact,
    ContactState,
    CustomerState,
    Direction,
    Reaction,
    StoredBlobs,
    Suppression,
    SuppressionLevel,
)
from nba_server.domain.profile import Profile
from nba_server.domain.propensity import FeatureColumns

NOON_MS = 1_767_268_800_000
"""2026-01-01T12:00:00Z."""
REF = CustomerRef(ref="0f" * 16, bucket=0x0AD)
CODEC = JournalCodec("1.2.3")
PROFILE = Profile(
    attributes={"age": 41, "rate": 0.1, "tags": ("a", "b")}, segments=("vip",), products=("x",), known=True
)
CONSENTS = (Consent("email", "advertising", ConsentStatus.GRANTED, 5, 9, "opt-in", "v1", "web", "p-1"),)
LEDGER = (
    Contact(
        "d:a",
        10,
        20,
        ContactState.CONFIRMED,
        "email",
        Direction.OUTBOUND,
        "sales",
        "g",
        "a",
        decision_id="d",
        reactions=(Reaction("clicked", 12, "e", 1.5),),
    ),
)
SUPPRESSIONS = (Suppression(SuppressionLevel.GROUP, "g", "*", 10, 0, "rule", "d:a"),)


def catalog() -> Catalog:
    """A catalogue of two actions with two treatments each."""
    treatments = tuple(Treatment(id_, "web", (), {"text": "…"}) for id_ in ("plain", "rich"))
    actions = tuple(
        Action(id_, "g", "i", id_, True, 0, 0, 1.0, 0.0, "sales", "advertising", treatments) for id_ in ("a", "b")
    )
    none = np.zeros(2)
    return Catalog(
        name="t",
        hash="cafe",
        timezone="UTC",
        currency="EUR",
        channels={},
        placements={},
        groups={},
        issues={},
        actions=actions,
        index={"a": 0, "b": 1},
        attributes={},
        context={},
        action_attributes={},
        rules=(),
        limits=(),
        suppressions=(),
        context_weights=(),
        treatments={},
        approved=np.ones(2, np.bool_),
        start_ms=none.astype(np.int64),
        end_ms=none.astype(np.int64),
        values=none,
        levers=none,
        prior_propensity=none,
        prior_evidence=none,
        ledger_retention_ms=1,
    )


def state() -> CustomerState:
    """A customer of whom everything is known."""
    blobs = StoredBlobs(
        encode_profile(PROFILE),
        encode_consents(CONSENTS),
        encode_ledger(LEDGER),
        encode_suppressions(SUPPRESSIONS),
    )
    return CustomerState(PROFILE, CONSENTS, LEDGER, SUPPRESSIONS, profile_version=7, guard_version=3, blobs=blobs)


def request() -> DecisionRequest:
    """A request with a value of every type in its context."""
    return DecisionRequest(
        customer_id="anna@example.org",
        visitor_id="",
        channel="web",
        placements=(PlacementRequest("hero", 1, 320, 200), PlacementRequest("side", 2)),
        context={"page": "home", "basket": 12.5, "items": 3, "logged_in": True, "seen": ("a", "b")},
        request_id="r-1",
        excluded_actions=frozenset({"z", "y"}),
    )


def decision_id(decided_ms: int = NOON_MS) -> str:
    """The id of a decision of that moment."""
    return f"{REF.bucket:03x}-{encode32(decided_ms, 9)}-{'0' * 42}"


def decision(decided_ms: int = NOON_MS, customer: DecisionRequest | None = None) -> Decision:
    """A decision with a row for each action; `b` stands in two placements."""
    numbers = np.array([0.25, np.nan]).tobytes()
    return Decision(
        input=DecisionInput(customer or request(), state(), decided_ms, (1 << 64) - 1, decision_id(decided_ms)),
        catalog_hash="cafe",
        model_version="m-1",
        candidates=CandidateTable.of(
            [
                Candidate("hero", 0, 1, 0, 0.125, 1.1, 3.0, 1.5, 0.61875, 0.95),
                Candidate("hero", 1, 0, 1, 0.0625, 1.0, 2.0, 1.0, 0.125, 0.05),
                Candidate("side", 1, 1, 1, 0.0625, 1.0, 2.0, 1.0, 0.125, 1.0),
            ]
        ),
        picks=(Pick(0, 1, 0.95), Pick(2, 1, 1.0, explored=True), Pick(1, 0, 0.0, fallback=True)),
        reasons=((), (), ()),
        no_offer={},
        funnels=(),
        features=FeatureColumns("def", numbers, ("x", ""), numbers * 2, ("p", "q"), rows=2),
        evaluable=True,
    )


def decision_record(at_ms: int = NOON_MS, decided_ms: int = NOON_MS) -> StreamRecord:
    """The decision as the stream keeps it: the first pick taken, the last for a lost one."""
    payload = CODEC.decision(decision(decided_ms), catalog(), REF, "web-shop")
    return StreamRecord(REF.bucket, f"{at_ms}-0", at_ms, "decision", payload, (0, 2), (2,), b"answer")


def purchases(
    count: int, *, first: int = 0, step_ms: int = 1_000, buckets: int = 256, pad: int = 0
) -> list[ArchiveRow]:
    """Rows of purchases from noon on, `step_ms` apart, one bucket after the other, each some `pad` bytes large."""
    rows = []
    for number in range(first, first + count):
        record = PurchaseRecord(CustomerRef("ab", number % buckets), f"{number}".rjust(pad, "p"), NOON_MS, 1.0)
        at = NOON_MS + number * step_ms
        rows.append(
            row_of(StreamRecord(number % buckets, f"{at}-0", at, "purchase", CODEC.purchase(record), (), (), b""))
        )
    return rows


def last_ids(rows: list[ArchiveRow]) -> dict[int, str]:
    """The last stream id of each bucket."""
    return {row.bucket: row.stream_id for row in rows}


def archive(folder: Path, *batches: list[ArchiveRow]) -> ArchiveTable:
    """An archive with one commit a batch."""
    table = ArchiveTable.open(folder, create=True)
    assert table is not None
    for rows in batches:
        table.commit(table.write(rows), last_ids(rows))
    return table
