"""The archive as a log of choices: positions with their chances, lost races, open windows, contacts of other systems."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from nba_server.adapters.journal_columns import text_column
from nba_server.pb import decision_pb2, journal_pb2
from nba_training.extract import extract
from nba_training.fit import fit
from nba_training.logs.archive import ArchiveQuestion, Reward, read_archive
from nba_training.logs.builder import ChoicesBuilder
from nba_training.ope.choices import Choices
from nba_training.ope.evaluation import EvaluationSettings, evaluate
from nba_training.ope.policy import Uniform
from nba_training.policies import by_model, parse_policy
from nba_training.split import by_time
from tests.unit.training.world import (
    DAY_MS,
    DEFINITION,
    START_MS,
    Item,
    Known,
    ListSource,
    catalogue,
    columns_of,
    contact,
    end_of,
    features,
    history,
    outcome,
    ref,
)

T = START_MS
LATER = START_MS + 300 * DAY_MS
ACTIONS = ("alpha", "beta", "gamma")


def _decision(
    id_: str,
    picks: Sequence[tuple[str, float]],
    *,
    slots: int = 2,
    actions: Sequence[str] = ACTIONS,
    taken: Sequence[int] | None = None,
    at_ms: int = T,
    evaluable: bool = True,
) -> Item:
    """A decision for the banner; the greedy placement prefers the actions in their order."""
    entry = journal_pb2.DecisionEntry(
        decision_id=id_,
        customer_ref=ref(1),
        decided_at_ms=at_ms,
        request=decision_pb2.DecideRequest(
            channel="web", placements=[decision_pb2.PlacementRequest(placement="banner", slots=slots)]
        ),
        catalog_hash=catalogue().hash,
        candidates=journal_pb2.CandidateColumns(
            count=len(actions),
            placement=text_column(["banner"]),
            action=text_column(actions),
            propensity=_numbers(0.1),
            context_weight=_numbers(2.0),
            value=_numbers(3.0),
            lever=_numbers(1.5),
            priority=_numbers(*(float(9 - row) for row in range(len(actions)))),
            pick_probability=_numbers(*(float(row == 0) for row in range(len(actions)))),
        ),
        picks=[
            journal_pb2.PickEntry(candidate=actions.index(name), position=place, pick_probability=chance)
            for place, (name, chance) in enumerate(picks, start=1)
        ],
        features=features(columns_of(actions)),
        evaluable=evaluable,
    )
    return Item("decision", at_ms, journal_pb2.JournalEntry(decision=entry), tuple(taken or range(len(picks))))


def _numbers(*values: float) -> journal_pb2.NumberColumn:
    return journal_pb2.NumberColumn(values=values)


def _read(items: list[Item], **question: object) -> ChoicesBuilder:
    asked = ArchiveQuestion(**({"as_of_ms": LATER} | question))  # type: ignore[arg-type]
    return read_archive(ListSource(items), Known(), asked)


def _named(choices: Choices) -> list[str]:
    return [choices.names[choices.candidates[row, column]] for row, column in enumerate(choices.chosen)]


def test_positions_have_the_chances_that_were_left() -> None:
    """The second position's set lacks the first one's action; its chances are worked out again, and C x V x L is kept."""
    items = [_decision("d", [("alpha", 1.0), ("beta", 1.0)]), outcome("d:beta", "clicked", T + 9)]
    choices, left_out = _read(items).build()
    assert (_named(choices), choices.position.tolist()) == (["alpha", "beta"], [1, 2])
    assert choices.reward.tolist() == [0.0, 1.0]
    assert choices.present.sum(axis=1).tolist() == [3, 2]
    assert choices.logged[1][:2].tolist() == [1.0, 0.0]
    assert choices.worth[0].tolist() == [9.0] * 3
    assert left_out.reasons == {}
    ids = [choices.features.table.texts[1][row] for row in choices.features.row[1][:2]]
    assert ids == ["beta", "gamma"]


def test_chances_that_cannot_be_worked_out_again_stay_unknown() -> None:
    """Only that of the pick is known then; nothing is made up."""
    choices, _ = _read([_decision("d", [("alpha", 1.0), ("gamma", 0.25)])]).build()
    assert choices.pick_probability.tolist() == [1.0, 0.25]
    assert np.isnan(choices.logged[1][0])
    assert choices.logged[1][1] == 0.25


def test_an_empty_position_is_no_offer_with_certainty() -> None:
    """Three positions asked for, one action there."""
    choices, _ = _read([_decision("d", [("alpha", 1.0)], slots=3, actions=("alpha",))]).build()
    assert _named(choices) == ["alpha", "", ""]
    assert choices.pick_probability.tolist() == [1.0] * 3


def test_lost_races_stay_in_the_denominator() -> None:
    """The pick that the store did not take is no row, and is counted."""
    choices, left_out = _read([_decision("d", [("alpha", 1.0), ("beta", 1.0)], taken=[0])]).build()
    assert _named(choices) == ["alpha"]
    assert (left_out.substituted, left_out.share) == (1, 0.5)


def test_what_cannot_be_evaluated_is_counted_by_reason() -> None:
    """Forced decisions, open windows, and contacts without a pick probability."""
    items = [
        _decision("forced", [("alpha", 1.0)], evaluable=False),
        _decision("young", [("alpha", 1.0)], slots=1, at_ms=LATER - 1000),
        contact("x:1", "alpha", T + DAY_MS),
    ]
    choices, left_out = _read(items).build()
    assert len(choices) == 0
    assert left_out.reasons == {"not evaluable": 1, "immature": 1, "no pick probability": 1}


def test_contacts_of_other_systems_are_choices_among_all_that_occurred() -> None:
    """Their features know the action of each candidate, and money counts when it is asked for."""
    items = []
    for place, name in enumerate(("alpha", "beta", "alpha")):
        item = contact(f"x:{place}", name, T + place, customer=place)
        item.entry.contact.pick_probability = 0.5
        items.append(item)
    sale = outcome("x:1", "converted", T + DAY_MS)
    sale.entry.outcome.value = 40.0
    choices, _ = _read([*items, sale], reward=Reward.VALUE).build()
    assert choices.names == ("alpha", "beta")
    assert choices.present.all()
    assert sorted(choices.reward.tolist()) == [0.0, 0.0, 40.0]
    words = choices.features.table.texts[choices.features.layout.categories.index("action.id")]
    for row in range(3):
        named = [words[place] for place in choices.features.row[row]]
        assert named == [choices.names[place] for place in choices.candidates[row]]
    ages = choices.features.table.numbers[:, choices.features.layout.numbers.index("customer.age")]
    assert ages.tolist() == [40.0] * 6


def test_an_outcome_that_was_taken_back_is_no_reward() -> None:
    """Withdrawn, or later than window and grace."""
    late = T + (1 + 90) * DAY_MS + 1
    items = [
        _decision("d", [("alpha", 1.0)], slots=1),
        _decision("e", [("alpha", 1.0)], slots=1),
        outcome("d:alpha", "clicked", T + 1, event_id="click"),
        outcome("d:alpha", "withdrawn", T + 2, withdraws="click"),
        outcome("e:alpha", "clicked", late),
    ]
    assert _read(items).build()[0].reward.tolist() == pytest.approx([0.0, 0.0])


def test_a_model_is_evaluated_as_it_would_serve() -> None:
    """A model of the small world, learned on earlier contacts, beats chance on later ones; its scores are those of the server."""
    items = history(4_000, 1)
    for item in items:
        if item.kind == "contact":
            item.entry.contact.pick_probability = 0.25
    read = extract(ListSource(items), Known(), DEFINITION, end_of(items))
    parts = by_time(read.dataset, DEFINITION.split)
    model, _ = fit(DEFINITION, parts)
    choices, left_out = _read(items).build()
    later = choices.later_than(parts.test_ms)
    policy = parse_policy("model:new", lambda _: model, epsilon=0.0)
    found = evaluate(later, left_out, policy, Uniform(), EvaluationSettings(draws=200))
    assert found.refused is None
    assert found.difference is not None
    assert min(found.difference[name].low for name in ("snips", "dr")) > 0.05
    scores = by_model(model)(later)
    chosen = scores[np.arange(len(later)), later.chosen]
    served = model.propensity(parts.test.columns(model.layout), parts.test.background)
    assert sorted(chosen.tolist()) == pytest.approx(sorted(served[parts.test.at_ms > parts.test_ms].tolist()))
