"""Candidates and features in columns: every form comes back to the last bit, and none is larger than it must be."""

from __future__ import annotations

import math
from struct import pack, unpack

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_server.adapters.journal_candidates import CandidateCodec
from nba_server.adapters.journal_choices import features
from nba_server.adapters.journal_columns import (
    MOST_NUMBERS,
    MOST_TEXTS,
    JournalUnreadable,
    number_column,
    numbers_of,
    text_column,
    texts_of,
)
from nba_server.adapters.journal_entry import candidates_of, features_of
from nba_server.domain.candidate_table import CandidateTable
from nba_server.domain.decision import Candidate
from nba_server.domain.propensity import FeatureColumns
from nba_server.pb import journal_pb2
from tests.unit.archive import samples

VALUE = journal_pb2.CandidateColumns.VALUE_FIELD_NUMBER << 3 | 2
FLOATS = [2.0**-126, -(2.0**-126), 3.4028234663852886e38, 12.25, 1.0, 0.0, -0.0]
"""The smallest and the largest that are said in 32 bits, and some between."""
SIGNALLING = unpack("<d", pack("<Q", 0x7FF0000000000001))[0]
ODD = [*FLOATS, 2.0**-127, 2.0**128, 5e-324, math.nan, SIGNALLING, math.inf, -math.inf, 0.1]
NUMBERS = st.lists(st.one_of(st.sampled_from(ODD), st.floats(), st.floats(width=32)), min_size=1, max_size=90)


def _column(bits: bytes) -> journal_pb2.NumberColumn:
    return journal_pb2.CandidateColumns.FromString(number_column(bytes((VALUE,)), bits)).value


def _decoded(table: CandidateTable, columns: FeatureColumns) -> journal_pb2.DecisionEntry:
    known = CandidateCodec().known(table, samples.catalog())
    return journal_pb2.DecisionEntry.FromString(features(columns, known.actions) + known.encode(table))


@given(NUMBERS)
def test_numbers_come_back_bit_for_bit(values: list[float]) -> None:
    """Negative zero, infinities and every NaN are as they were, in the order of the rows."""
    bits = np.array(values).tobytes()
    assert numbers_of(_column(bits), len(values)).tobytes() == bits


@pytest.mark.parametrize("value", ODD)
def test_only_what_is_exact_is_said_in_32_bits(value: float) -> None:
    """Alone and behind others."""
    exact = value in FLOATS
    for values in ([value], [1.0, value, 2.0, 3.0]):
        column = _column(np.array(values).tobytes())
        assert (len(column.floats), len(column.values)) == ((len(values), 0) if exact else (0, len(values)))


@given(st.lists(st.sampled_from(["", "a", "b", "ä", "group-00"]), min_size=1, max_size=40))
def test_texts_come_back(values: list[str]) -> None:
    """Empty ones too."""
    assert texts_of(text_column(values), len(values)) == values


@pytest.mark.parametrize(
    ("different", "rows", "said", "places"),
    [(1, 1, 1, 0), (1, 9, 1, 0), (2, 3, 3, 0), (2, 4, 2, 4), (16, 32, 16, 32), (16, 31, 31, 0), (17, 99, 99, 0)],
)
def test_few_different_numbers_are_said_once(different: int, rows: int, said: int, places: int) -> None:
    """One for all; up to sixteen, and half as many as rows, with a byte a row; else one each."""
    column = _column(np.array([float(row % different) for row in range(rows)]).tobytes())
    assert (len(column.floats), len(column.places)) == (said, places)
    assert MOST_NUMBERS == 16


def test_few_different_texts_are_said_once() -> None:
    """As many as a byte can name."""
    for different in (MOST_TEXTS, MOST_TEXTS + 1):
        column = text_column([f"t{row % different}" for row in range(1000)])
        assert len(column.texts) == (different if different == MOST_TEXTS else 1000)


def test_what_follows_is_not_said() -> None:
    """No priority that is the product, no zeros of trials, no rows in order, no action's id twice."""
    table = CandidateTable.of(
        [Candidate("hero", row, 0, row, 0.1 * (row + 1), 1.0, 2.0, 3.0, 0.1 * (row + 1) * 6, 0.5) for row in range(2)]
    )
    table.numbers[:, 4] = table.numbers[:, 0] * table.numbers[:, 1] * table.numbers[:, 2] * table.numbers[:, 3]
    entry = _decoded(table, FeatureColumns("d", b"", (), b"", ("a", "b"), rows=2))
    for name in ("priority", "evidence", "trials"):
        assert not entry.candidates.HasField(name)
    assert not entry.candidates.rows
    assert entry.features.pair_text_columns[0] == journal_pb2.TextColumn(actions=True)
    assert [one.priority for one in candidates_of(entry)] == table.numbers[:, 4].tolist()
    assert features_of(entry).pair_texts == ("a", "b")


def test_what_does_not_follow_is_said() -> None:
    """A priority of its own, trials, rows that are shared, and rows that are no candidates."""
    numbers = (0.1, 1.0, 2.0, 3.0, 1e300, 0.5, 7.0, -0.0)
    table = CandidateTable.of([Candidate("hero", 0, 0, 1, *numbers), Candidate("side", 1, 1, 0, *numbers)])
    columns = FeatureColumns("d", b"", (), np.arange(6.0).tobytes(), ("a", "x", "b", "y", "c", "z"), rows=3)
    entry = _decoded(table, columns)
    found = candidates_of(entry)
    assert [(one.placement, one.action, one.treatment, one.row) for one in found] == [
        ("hero", "a", "plain", 1),
        ("side", "b", "rich", 0),
    ]
    assert (found[0].priority, found[0].evidence, found[0].trials) == (1e300, 7.0, 0.0)
    assert math.copysign(1.0, found[0].trials) == -1.0
    assert features_of(entry) == columns


def test_a_scorer_that_does_not_say_its_rows_is_kept_row_by_row() -> None:
    """Its features are as it gave them."""
    columns = FeatureColumns("d", b"", ("x",), np.arange(4.0).tobytes(), ("a", "b"))
    assert features_of(_decoded(CandidateTable.of([]), columns)) == columns


@pytest.mark.parametrize(
    "column",
    [
        journal_pb2.NumberColumn(),
        journal_pb2.NumberColumn(values=[1, 2]),
        journal_pb2.NumberColumn(values=[1, 2], places=b"\0\1"),
        journal_pb2.NumberColumn(values=[1, 2], places=b"\0\1\2"),
        journal_pb2.NumberColumn(values=[1], places=b"\0\0\1"),
    ],
)
def test_columns_of_other_sizes_are_refused(column: journal_pb2.NumberColumn) -> None:
    """Nothing is made up for rows without a value."""
    columns = journal_pb2.CandidateColumns(count=3, propensity=column)
    with pytest.raises(JournalUnreadable, match="3 rows"):
        candidates_of(journal_pb2.DecisionEntry(candidates=columns))
    with pytest.raises(JournalUnreadable, match="1 rows of 3"):
        candidates_of(journal_pb2.DecisionEntry(candidates=journal_pb2.CandidateColumns(count=3, rows=[0])))
