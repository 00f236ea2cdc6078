"""The model's features at the moment of a contact that another system made."""

from __future__ import annotations

import numpy as np

from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import PROFILING, ConsentVerdict, verdict
from nba_server.domain.engagement import CustomerState
from nba_server.domain.moment import Moment
from nba_server.domain.pair_facts import pair_facts
from nba_server.domain.propensity import FeatureColumns, Scorer, ScoringCase
from nba_server.domain.shared_facts import non_personal, shared_facts


def contact_features(
    state: CustomerState, channel: str, action_index: int, catalog: Catalog, scorer: Scorer, now_ms: int
) -> FeatureColumns:
    """Features as a decision of ours would have used them, without live context. `action_index` is one of the catalogue."""
    moment = Moment(state, channel, {}, catalog, now_ms)
    reads = scorer.reads
    if catalog.profiling_requires_consent:
        said = verdict(state.consents, channel, PROFILING, now_ms)
        reads = reads if said is ConsentVerdict.GRANTED else non_personal(reads)
    row = np.array([action_index], dtype=np.intp)
    case = ScoringCase(
        shared=shared_facts(moment, reads),
        pairs=pair_facts(moment, (action_index,), reads),
        prior=catalog.prior_propensity[row],
        evidence=catalog.prior_evidence[row],
    )
    return scorer.score([case])[0].features
