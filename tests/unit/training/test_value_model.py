"""What a positive answer is worth, learned: fitted on money, smoothed towards the catalogue, served as V, judged and reported."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from nba_models import artifact, definition_file
from nba_models.canary_rows import choose
from nba_models.definition import canonical
from nba_models.definition_file import DefinitionInvalid
from nba_models.features import FeatureLayout, RawTable
from nba_models.scorer import LoadedModel, ModelScorer, load
from nba_server.pb import outcome_pb2
from nba_training.dataset import Dataset
from nba_training.fit import fit
from nba_training.join import Join
from nba_training.ope.policy import ByPriority
from nba_training.outcomes import OutcomeBook
from nba_training.policies import of_model
from nba_training.report_sections import value_model_section
from nba_training.sample import CustomerSample
from nba_training.split import Parts
from nba_training.value_fit import judge_values
from tests.unit.training import world
from tests.unit.training.world import DAY_MS, START_MS, Facts, Known, ListSource
from tests.unit.training.world import DEFINITION as PLAIN

DEFINITION = definition_file.parse(
    PLAIN.text.replace("features:", "features:\n  - {name: action.value, kind: number, scope: pair}")
    + "\nvalue: {min_conversions: 100, prior_positives: 20}\n"
)
LISTED = {"alpha": 10.0, "beta": 10.0, "gamma": 30.0}


def _rows(count: int, seed: int, first_ms: int) -> Dataset:
    """Half of the rows are positive; the old pay 20 to 80 for alpha, everybody 5 for beta, and every third positive nothing."""
    rng = np.random.default_rng(seed)
    layout = FeatureLayout(DEFINITION)
    age = rng.integers(20, 80, count).astype(float)
    actions = [("alpha", "beta")[place % 2] for place in range(count)]
    columns = {
        "customer.age": age,
        "customer.known": np.ones(count),
        "action.value": [LISTED[name] for name in actions],
    }
    numbers = np.column_stack([columns.get(name, np.zeros(count)) for name in layout.numbers])
    texts = tuple(actions if name == "action.id" else ["web"] * count for name in layout.categories)
    positive = rng.random(count) < 0.5
    paid = np.where([name == "alpha" for name in actions], age, 5.0) * rng.uniform(0.8, 1.2, count)
    value = np.where(positive & (rng.random(count) < 2 / 3), paid, 0.0)
    at_ms = first_ms + np.arange(count)
    some = np.full(count, 0.5)
    background = (tuple(actions), tuple(["things"] * count), tuple(["web"] * count))
    return Dataset(
        layout, RawTable(numbers, texts), at_ms, at_ms, np.arange(count), positive, some, some, some, *background, value
    )


@cache
def _fitted() -> tuple[LoadedModel, dict[str, bytes], Parts]:
    parts = Parts(_rows(1500, 1, 0), _rows(600, 2, 10_000), _rows(600, 3, 20_000), 10_000, 20_000, 0)
    return (*fit(DEFINITION, parts), parts)


def _value(age: int, action: str) -> float:
    case = Facts(
        {"request.channel": "web", "customer.age": age, "customer.known": True},
        [{"action.id": action, "action.value": LISTED[action], "history.presented_30d": 0}],
        np.array([0.1]),
        np.array([10.0]),
    )
    (found,) = ModelScorer(_sealed()).score([case])
    assert found.value is not None
    return float(found.value[0])


@cache
def _sealed() -> LoadedModel:
    model, files, parts = _fitted()
    canary = choose(model, parts.calibrate.columns(model.layout), parts.calibrate.background)
    version, whole = artifact.seal(replace(model.manifest, created_ms=1), {**files, artifact.CANARY: canary.to_json()})
    loaded = load(version, whole)
    assert canary.fault(loaded) == ""
    return loaded


def test_value_is_predicted_money_and_new_actions_keep_their_price() -> None:
    """The old are worth more than the young for alpha, beta next to nothing, and an action nobody answered its list price."""
    assert _value(75, "alpha") == pytest.approx(75 * 2 / 3, rel=0.25)
    assert _value(25, "alpha") == pytest.approx(25 * 2 / 3, rel=0.35)
    assert _value(50, "beta") == pytest.approx(5 * 2 / 3, rel=0.35)
    assert _value(50, "gamma") == LISTED["gamma"]


def test_it_is_judged_against_the_catalogue() -> None:
    """On later positive answers it is nearer to the money than the list prices, and the report says by how much."""
    model, _, parts = _fitted()
    found = judge_values(model, parts.test)
    assert found is not None
    assert found.check().passed
    assert found.claimed == pytest.approx(found.observed, rel=0.15)
    assert found.calibration[0]["observed"] < found.calibration[-1]["observed"]
    assert "came in" in value_model_section(found.report()["value_model"])[1]


def test_few_conversions_leave_the_catalogues_values() -> None:
    """Below `min_conversions` the artifact has no value model, and V is what it was."""
    short = Parts(_rows(200, 1, 0), _rows(100, 2, 10_000), _rows(50, 3, 20_000), 10_000, 20_000, 0)
    model, files = fit(DEFINITION, short)
    assert not model.has_values
    assert artifact.VALUE not in files
    assert judge_values(model, short.test) is None


def test_money_of_conversions_is_joined() -> None:
    """A row has the money of the conversions within its window and grace; what was withdrawn is not among it."""
    items = [world.contact("x:1", "alpha", START_MS)]
    for place, (at_ms, money) in enumerate(((DAY_MS, 20.0), (2 * DAY_MS, 5.0), (300 * DAY_MS, 9.0))):
        item = world.outcome("x:1", "converted", START_MS + at_ms, event_id=f"e{place}")
        item.entry.outcome.value = money
        items.append(item)
    items.append(world.outcome("x:1", "withdrawn", START_MS + 3 * DAY_MS, withdraws="e1"))
    outcomes = OutcomeBook(CustomerSample(), 100)
    outcomes.collect(item for item in items if item.kind == "outcome")
    join = Join(outcomes, Known(), CustomerSample(), PLAIN.label, START_MS + 400 * DAY_MS)
    (row,) = join.rows(ListSource(items).entries({"contact"}))
    assert (row.positive, row.value) == (True, 20.0)
    assert items[1].entry.outcome.type == outcome_pb2.OUTCOME_TYPE_CONVERTED


def test_policy_of_such_a_model_has_its_own_values() -> None:
    """`model:…` on the command line ranks by the learned V; one without keeps what was logged."""
    assert isinstance(of_model("x", _sealed()), ByPriority)
    assert of_model("x", _sealed()).values is not None
    plain, _ = fit(replace(DEFINITION, value=PLAIN.value), _fitted()[2])
    assert of_model("x", plain).values is None


def test_definition_asks_for_the_catalogues_value() -> None:
    """`value` needs the feature action.value; absent it changes no hash."""
    with pytest.raises(DefinitionInvalid, match=r"value needs the feature \{name: action\.value"):
        definition_file.parse(PLAIN.text + "\nvalue: {min_conversions: 10}\n")
    assert definition_file.parse(canonical(DEFINITION).decode()).hash == DEFINITION.hash
    assert definition_file.parse(PLAIN.text + "\nvalue: {}\n").hash == PLAIN.hash
