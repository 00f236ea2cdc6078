"""The model's features at the moment of a contact that another system made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from nba_server.domain.candidate_facts import CandidateFacts
from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import PROFILING, ConsentVerdict, verdict
from nba_server.domain.engagement import Contact, CustomerState
from nba_server.domain.moment import Moment
from nba_server.domain.pair_columns import PairColumns
from nba_server.domain.profile import Scalar
from nba_server.domain.propensity import FeatureColumns, Scorer, ScoringCase
from nba_server.domain.shared_facts import non_personal, shared_facts


def contact_features(
    state: CustomerState,
    channel: str,
    action_index: int,
    catalog: Catalog,
    scorer: Scorer,
    now_ms: int,
    *,
    context: Mapping[str, Scalar] | None = None,
    others: Sequence[int] = (),
    consent_ms: int = 0,
) -> FeatureColumns:
    """Features as a decision of ours would have used them then: a row for `action_index`, then one for each of `others`.

    What the ledger learned after `now_ms` is not seen. Consent is that of the time of processing, `consent_ms`, for history too.
    """
    moment = Moment(known_at(state, now_ms), channel, context or {}, catalog, now_ms)
    reads = scorer.reads
    if catalog.profiling_requires_consent:
        said = verdict(state.consents, channel, PROFILING, max(now_ms, consent_ms))
        reads = reads if said is ConsentVerdict.GRANTED else non_personal(reads)
    scored = (action_index, *others)
    row = np.array(scored, dtype=np.intp)
    case = ScoringCase(
        shared=shared_facts(moment, reads),
        pairs=CandidateFacts(moment, PairColumns(moment), scored, reads),
        prior=catalog.prior_propensity[row],
        evidence=catalog.prior_evidence[row],
    )
    return scorer.score([case])[0].features


def known_at(state: CustomerState, at_ms: int) -> CustomerState:
    """The state without contacts and reactions later than `at_ms`: history is imported with hindsight, learned without."""
    if not state.ledger or all(entry.at_ms <= at_ms and _before(entry, at_ms) for entry in state.ledger):
        return state
    ledger = tuple(
        replace(entry, reactions=tuple(reaction for reaction in entry.reactions if reaction.at_ms <= at_ms))
        for entry in state.ledger
        if entry.at_ms <= at_ms
    )
    return replace(state, ledger=ledger)


def _before(entry: Contact, at_ms: int) -> bool:
    return all(reaction.at_ms <= at_ms for reaction in entry.reactions)
