"""Every golden decision can be made again from its journal entry alone, bit for bit."""

from __future__ import annotations

import dataclasses

import pytest

from nba_models import definition_file
from nba_models.scorer import PriorScorer
from nba_server.adapters.journal_decoding import decode_decision
from nba_server.adapters.model_scorer import DomainScorer
from nba_server.adapters.redis.case_codec import encode_open
from nba_server.adapters.redis.codec import (
    encode_activity,
    encode_consents,
    encode_do_not_contact,
    encode_profile,
    encode_suppressions,
)
from nba_server.adapters.redis.journal import StreamRecord
from nba_server.adapters.redis.ledger_codec import encode_ledger
from nba_server.domain.decision import Decision, DecisionInput, decide
from nba_server.domain.engagement import CustomerState, StoredBlobs
from tests.golden.case import GoldenCase, load_cases
from tests.golden.core import DEFINITION, decided
from tests.unit.archive import samples

CASES = load_cases()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_decision_is_made_again_from_its_entry(case: GoldenCase) -> None:
    """The inputs read back from the entry give the same decision: its entry has the same bytes."""
    catalog = case.catalog()
    payload = samples.CODEC.decision(_as_stored(decided(case, catalog)), catalog, samples.REF, "shop")
    kept = decode_decision(StreamRecord(samples.REF.bucket, "1-0", 1, "decision", payload, (0,), (), b""))
    scorer = DomainScorer(PriorScorer(definition_file.parse(DEFINITION.read_text(encoding="utf-8"))))
    given = DecisionInput(kept.request, kept.state, kept.now_ms, kept.seed, kept.decision_id)
    again = decide([given], catalog, scorer)[0]
    recomputed = samples.CODEC.decision(again, catalog, samples.REF, kept.caller)
    assert samples.CODEC.differences(payload, recomputed) == ()
    assert recomputed == payload


def _as_stored(decision: Decision) -> Decision:
    """The decision with the customer's raw records, as a read of the store gives them."""
    given = dataclasses.replace(decision.input, state=_with_blobs(decision.input.state))
    return dataclasses.replace(decision, input=given)


def _with_blobs(state: CustomerState) -> CustomerState:
    blobs = StoredBlobs(
        encode_profile(state.profile),
        encode_consents(state.consents),
        encode_ledger(state.ledger),
        encode_suppressions(state.suppressions),
        encode_activity(state.activity),
        encode_do_not_contact(state.do_not_contact),
        matters=encode_open(state.matters),
    )
    return dataclasses.replace(state, blobs=blobs)
