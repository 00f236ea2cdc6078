"""What the compiled part is given of a catalogue and a model: arrays and encoded parts, worked out by the same code as elsewhere.

The forms are those that source/tables.cpp reads. What the lane does not know raises `Unsupported`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from nba_models.calibration import IsotonicCalibration, SigmoidCalibration
from nba_models.features import FeatureLayout
from nba_models.leaf_masks import Splits
from nba_models.scorer import CaseScorer, LoadedModel, ModelScorer, PriorScorer, inside
from nba_server.adapters.express.conditions import PAIR_FACTS, Names, Unsupported, compiled_rules, source_of
from nba_server.domain.action import Polarity
from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import ALLOWED_UNKNOWN
from nba_server.domain.funnel.wording import BEST, EXPLORED, NOTICEABLE, context_reason
from nba_server.domain.outcome import STRONG, OutcomeType, polarity
from nba_server.domain.plan import RULE_STAGES, Mask
from nba_server.domain.reasons import Reason, ReasonCode, Stage
from nba_server.domain.shared_facts import NON_PERSONAL
from nba_server.pb import journal_pb2

Spec = dict[str, Any]


class ReasonEncoder(Protocol):
    """Encodes reasons of an answer."""

    def reason(self, given: Reason) -> bytes:
        """One reason, ready to stand among an action's other fields."""

    def wordless(self, code: ReasonCode, stage: Stage) -> bytes:
        """A reason without its words, as it stands within a reason."""


def tables_of(
    catalog: Catalog, scorer: CaseScorer, reasons: ReasonEncoder, *, remember_ms: int, server_version: str
) -> Spec:
    """Everything but the shapes of requests. Raises `Unsupported`."""
    if catalog.caps or catalog.max_ages:
        raise Unsupported("caps" if catalog.caps else "attributes that grow stale")
    names = Names(catalog.plan.offer_facts)
    rules = _rules(catalog, names)
    model = _model(catalog, scorer, names)  # it may ask for more facts
    sources = [source_of(name) for name in names.facts]
    return {
        **_actions(catalog),
        **_consequences(catalog, reasons),
        "sources": _ints(source for source, _ in sources),
        "fact_keys": [key.encode() for _, key in sources],
        "leaves": [{"kind": kind, "fact": fact, "item": item.encode()} for kind, fact, item in names.leaves],
        "pair_facts": _ints(PAIR_FACTS[name] for name in names.pair_facts),
        "texts": [text.encode() for text in names.texts],
        "constants": _floats(list(names.constants)),
        "offer_columns": [_floats(column) for column in names.offer_columns.values()],
        "rules": rules,
        "model": model,
        "retention_ms": catalog.ledger_retention_ms,
        "remember_ms": remember_ms,
        "hash": catalog.hash.encode(),
        "currency": catalog.currency.encode(),
        "server_version": journal_pb2.JournalEntry(server_version=server_version).SerializeToString(deterministic=True),
        "noticeable": NOTICEABLE,
        "likely": reasons.wordless(ReasonCode.LIKELY, Stage.OFFERED),
        "valuable": reasons.wordless(ReasonCode.VALUABLE, Stage.OFFERED),
        "levered": reasons.wordless(ReasonCode.LEVERED, Stage.OFFERED),
        "best": reasons.reason(BEST),
        "explored": reasons.reason(EXPLORED),
    }


def _actions(catalog: Catalog) -> Spec:
    plan, worth, categories = catalog.plan, catalog.worth, catalog.plan.categories
    return {
        "action_ids": [action.id.encode() for action in catalog.actions],
        "classes": [action.class_.encode() for action in catalog.actions],
        "group_ids": [group.encode() for group in plan.group_index],
        "group_of": _ints(plan.group_of.tolist()),
        "values": _floats(worth.values),
        "levers": _floats(worth.levers),
        "log_values": _floats(worth.log_values),
        "log_levers": _floats(worth.log_levers),
        "starts": catalog.start_ms.astype(np.int64).tobytes(),
        "ends": catalog.end_ms.astype(np.int64).tobytes(),
        "regular": flags(plan.regular),
        "mandatory": flags(plan.mandatory),
        "blocked": flags(catalog.without_lever | catalog.without_value),
        "categories": [name.encode() for name in categories.names],
        "category_width": categories.places.shape[1],
        "category_places": _ints(categories.places.ravel().tolist()),
        "uncategorised": flags(categories.without),
    }


def _rules(catalog: Catalog, names: Names) -> list[Spec]:
    stages = []
    for stage in RULE_STAGES:
        clauses = catalog.plan.clauses[stage]
        bound = [clause.rule for clause in (*clauses.customer, *clauses.pair)]
        stages.append(
            {"offer_removed": flags(clauses.offer_removed), "conditions": compiled_rules(bound, names)},
        )
    return stages


def _consequences(catalog: Catalog, reasons: ReasonEncoder) -> Spec:
    plan = catalog.plan
    types = list(OutcomeType)
    positive = [
        _bits(types, (kind for kind in types if polarity(channel, kind) is Polarity.POSITIVE))
        for channel in (*catalog.channels.values(), None)
    ]
    marks = ((OutcomeType.NO_RESPONSE,), (OutcomeType.REJECTED,), STRONG)
    return {
        "purposes": [
            {"name": purpose.encode(), "unknown_allowed": purpose in ALLOWED_UNKNOWN, "actions": flags(mask)}
            for purpose, mask in plan.purposes.items()
        ],
        "context_weights": [
            {
                "percent": weight.percent,
                "strength": math.log1p(weight.percent / 100) if weight.percent > 0 else 0.0,
                "actions": flags(mask),
                "reason": reasons.reason(context_reason(weight)),
            }
            for weight, mask in plan.context_weights
        ],
        "profiling_needs_consent": catalog.profiling_requires_consent,
        "suppression_hash": catalog.suppression_hash.encode(),
        "has_suppressions": bool(catalog.suppressions),
        "channels": [name.encode() for name in catalog.channels],
        "positive": np.array(positive, dtype=np.uint32).tobytes(),
        "outcomes": [kind.encode() for kind in types],
        "outcome_bits": np.array([_bits(types, kinds) for kinds in marks], dtype=np.uint32).tobytes(),
        "related": _members(plan.related),
        "products": _members(plan.products),
    }


def _model(catalog: Catalog, scorer: CaseScorer, names: Names) -> Spec:
    if not isinstance(scorer, ModelScorer | PriorScorer):
        raise Unsupported("a scorer of another kind")
    layout = scorer.logged
    if not layout.by_column:
        raise Unsupported("a category of customer and action")
    numbers, texts = layout.shared
    shared = [*layout.numbers[:numbers], *layout.categories[:texts]]
    known = layout.read_offers(catalog.plan.offer_facts)
    pairs = layout.numbers[numbers:]
    of_offer = {place: column for column, place in enumerate(layout.offer_places)}
    spec: Spec = {
        "numbers": _ints(names.fact(name) for name in shared[:numbers]),
        "texts": _ints(names.fact(name) for name in shared[numbers:]),
        "personal": bytes(not name.startswith(NON_PERSONAL) for name in shared),
        "offer_columns": [_floats(column) for column in known.numbers.reshape(len(catalog.actions), -1).T],
        "pair_columns": _ints(~of_offer[i] if i in of_offer else names.pair(name) for i, name in enumerate(pairs)),
        "pair_texts": [[words[i].encode() for words in known.texts] for i in range(len(layout.categories) - texts)],
        "version": scorer.version.encode(),
        "definition": layout.definition_hash.encode(),
    }
    if isinstance(scorer, PriorScorer):
        rest = inside(np.asarray(catalog.prior_propensity, dtype=np.float64))
        return spec | {"trees": False, "share": _floats(np.zeros(len(rest))), "rest": _floats(rest)}
    model = scorer.model
    if layout is not model.layout or model.masks is None or model.has_values:
        raise Unsupported("a model of more than shared trees, or that logs what another one reads")
    return spec | _trees(catalog, model, layout)


def _trees(catalog: Catalog, model: LoadedModel, layout: FeatureLayout) -> Spec:
    masks, shift = model.masks, layout.shared[1]
    assert masks is not None
    calibration, curve = model.calibration, ((), ())
    slope, offset = 1.0, 0.0
    if isinstance(calibration, SigmoidCalibration):
        slope, offset = calibration.slope, calibration.offset
    elif isinstance(calibration, IsotonicCalibration):
        curve = (calibration.scores, calibration.rates)  # type: ignore[assignment]
    offers = catalog.plan.offer_facts
    standing = model.standing_of(*model.trials_of(offers), catalog.prior_evidence)
    trials = standing.own + standing.borrowed
    total = standing.prior + trials
    share = np.divide(trials, total, out=np.zeros_like(total), where=total > 0)
    return {
        "trees": True,
        "vocabularies": [[word.encode() for word in words] for words in model.encoder.vocabularies[:shift]],
        "tree_count": masks.leaves.values.shape[0],
        "leaf_count": masks.leaves.values.shape[1],
        "leaves": _floats(masks.leaves.values),
        "open": masks.leaves.full.astype(np.uint64).tobytes(),
        "offer_masks": masks.read_offers(offers).astype(np.uint64).tobytes(),
        "shared_splits": _splits(masks.shared, range(len(layout.numbers) + len(layout.categories))),
        "pair_splits": _splits(masks.pair, layout.pair_places),
        "curve_scores": _floats(curve[0]),
        "curve_rates": _floats(curve[1]),
        "slope": slope,
        "offset": offset,
        "share": _floats(share),
        "rest": _floats((1.0 - share) * catalog.prior_propensity),
    }


def _splits(splits: Splits, places: Sequence[int]) -> Spec:
    """`places`: where each column of the splits is among the columns of the compiled part."""
    table, place = splits.table(), np.array(places, dtype=np.int32)
    return {
        "columns": place[table.columns].astype(np.int32).tobytes(),
        "trees": table.trees.astype(np.int32).tobytes(),
        "thresholds": _floats(table.thresholds),
        "kinds": table.kinds.astype(np.int8).tobytes(),
        "absent_right": flags(table.absent_right),
        "closing": table.closing.astype(np.uint64).tobytes(),
        "code_columns": place[table.code_columns].astype(np.int32).tobytes(),
        "code_trees": table.code_trees.astype(np.int32).tobytes(),
        "code_closing": table.code_closing.astype(np.uint64).tobytes(),
        "left": flags(table.left),
        "width": table.left.shape[1],
    }


def _bits(types: Sequence[OutcomeType], chosen: Iterable[str]) -> int:
    """A bit for each type, by its place."""
    return sum(1 << types.index(OutcomeType(kind)) for kind in chosen)


def _members(masks: Mapping[str, Mask]) -> dict[bytes, bytes]:
    return {name.encode(): _ints(np.flatnonzero(mask).tolist()) for name, mask in masks.items()}


def flags(mask: npt.ArrayLike) -> bytes:
    """A mask as bytes of 0 and 1."""
    return np.asarray(mask, dtype=np.uint8).tobytes()


def _ints(numbers: Iterable[int]) -> bytes:
    return np.fromiter(numbers, dtype=np.int32).tobytes()


def _floats(numbers: npt.ArrayLike) -> bytes:
    return np.ascontiguousarray(numbers, dtype=np.float64).tobytes()
