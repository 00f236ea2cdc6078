"""The one encoder: what serving sees is what training sees, whatever is missing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nba_models import definition_file
from nba_models.encoder import Encoder, learn
from nba_models.features import ColumnsMismatch, FeatureLayout, RawColumns, number, project, text
from nba_server.pb import journal_pb2
from tests.unit.models.small import DEFINITION, random_case


def test_serving_and_training_see_the_same_matrix() -> None:
    """Facts scored in a batch and the same facts read back from the journal, row by row, give the same bits."""
    rng = np.random.default_rng(3)
    layout = FeatureLayout(DEFINITION)
    cases = [random_case(rng, int(rng.integers(0, 6))) for _ in range(200)]
    counts = [len(case.pairs) for case in cases]
    columns = [layout.read(case) for case in cases]
    encoder = learn(layout, layout.table(columns, counts), min_rows=5, max_words=3)
    served = encoder.matrix(layout.table(columns, counts))

    logged = []
    for item in columns:
        entry = journal_pb2.FeatureEntry(
            definition_hash=item.definition_hash,
            shared_numbers=item.shared_numbers,
            shared_texts=item.shared_texts,
            pair_numbers=item.pair_numbers,
            pair_texts=item.pair_texts,
        )
        logged.append(journal_pb2.FeatureEntry.FromString(entry.SerializeToString()))
    rows = [layout.row(item, row) for item, count in zip(logged, counts, strict=True) for row in range(count)]
    trained = Encoder.from_json(encoder.to_json()).matrix(layout.table(rows, [1] * len(rows)))

    assert served.tobytes() == trained.tobytes()
    assert np.isnan(served).any()


def test_matrix_of_a_row_does_not_depend_on_the_batch() -> None:
    """A case alone and the same case among others has the same rows."""
    rng = np.random.default_rng(4)
    layout = FeatureLayout(DEFINITION)
    cases = [random_case(rng) for _ in range(20)]
    columns = [layout.read(case) for case in cases]
    encoder = learn(layout, layout.table(columns, [4] * 20), min_rows=1, max_words=9)
    whole = encoder.matrix(layout.table(columns, [4] * 20))
    alone = encoder.matrix(layout.table(columns[7:8], [4]))
    assert whole[28:32].tobytes() == alone.tobytes()


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(True, 1.0), (False, 0.0), (3, 3.0), (2.5, 2.5), (("a", "b"), 2.0), ((), 0.0), (10**400, None), (math.inf, None),
     ("7", None), (None, None)],
)  # fmt: skip
def test_facts_become_numbers(value: object, wanted: float | None) -> None:
    """Truth values, lists and numbers have a number; what has none is missing and never raises."""
    found = number(value)  # type: ignore[arg-type]  # anything may come
    assert math.isnan(found) if wanted is None else found == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("a", "a"), (None, ""), (True, "true"), (7, "7"), (0.5, "0.5"), (("b", "a"), "a|b"), ((), "")],
)
def test_facts_become_categories(value: object, wanted: str) -> None:
    """Every fact has a text; nothing and the empty list are missing."""
    assert text(value) == wanted  # type: ignore[arg-type]  # anything may come


def test_words_that_the_fit_did_not_see_are_missing() -> None:
    """An unknown channel is NaN, as is a word too rare to be learned."""
    layout = FeatureLayout(DEFINITION)
    rows = [RawColumns(DEFINITION.hash, b"\0" * 8, (word,), b"\0" * 16, ("a",)) for word in ["web"] * 5 + ["fax"]]
    table = layout.table(rows, [1] * 6)
    encoder = learn(layout, table, min_rows=2, max_words=10)
    column = encoder.names.index("request.channel")
    assert encoder.matrix(table)[:5, column].tolist() == [0.0] * 5
    assert math.isnan(encoder.matrix(table)[5, column])


def test_columns_of_another_layout_are_refused() -> None:
    """Raw columns that do not fit their definition raise instead of shifting."""
    layout = FeatureLayout(DEFINITION)
    with pytest.raises(ColumnsMismatch):
        layout.table([RawColumns(DEFINITION.hash, b"", ("web",), b"\0" * 16, ("a",))], [1])
    with pytest.raises(ColumnsMismatch):
        layout.row(RawColumns(DEFINITION.hash, b"\0" * 8, ("web",), b"\0" * 16, ("a",)), 1)


def test_old_rows_serve_a_new_definition() -> None:
    """Rows logged by an older definition keep what both have; the rest is missing."""
    other = definition_file.parse(
        "model: small\nfeatures:\n  - {name: action.id, kind: category, scope: pair}\n"
        "  - {name: customer.income, kind: number, scope: shared}\n  - {name: customer.age, kind: number, scope: pair}\n"
    )
    source, target = FeatureLayout(DEFINITION), FeatureLayout(other)
    case = random_case(np.random.default_rng(5), 2)
    table = source.table([source.read(case)], [2])
    found = project(table, source, target)
    assert np.isnan(found.numbers[:, target.numbers.index("customer.income")]).all()
    assert np.array_equal(found.numbers[:, target.numbers.index("customer.age")], table.numbers[:, 0], equal_nan=True)
    assert found.texts[0] == ["alpha", "beta"]
