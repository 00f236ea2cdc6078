"""Labels and the join: which contacts teach what, and which teach nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from nba_models.definition import Label
from nba_server.pb import journal_pb2
from nba_training.join import Join, Row
from nba_training.outcomes import FIRST_PASS, OutcomeBook
from nba_training.sample import CustomerSample
from tests.unit.training.world import DAY_MS, START_MS, Item, Known, contact, decision, outcome

T = START_MS
LATER = T + 200 * DAY_MS


def _join(items: Sequence[Item], as_of_ms: int = LATER, rules: Label | None = None) -> tuple[list[Row], dict[str, int]]:
    sample = CustomerSample()
    book = OutcomeBook(sample, 1_000)
    book.collect(item for item in items if item.kind in FIRST_PASS)
    join = Join(book, Known(), sample, rules or Label(), as_of_ms)
    return list(join.rows(items)), dict(join.skipped)


def _web(*outcomes: Item, as_of_ms: int = LATER, rules: Label | None = None) -> tuple[list[Row], dict[str, int]]:
    """One web decision for alpha at T (window a day), with outcomes."""
    return _join([decision("d", ["alpha"], T), *outcomes], as_of_ms, rules)


def _on(type_: str, after_ms: int = 1_000, **more: str) -> Item:
    return outcome("d:alpha", type_, T + after_ms, **more)  # type: ignore[arg-type]  # names of the outcome's fields


@pytest.mark.parametrize(
    ("outcomes", "wanted"),
    [
        ([("impression", 1)], False),
        ([("clicked", 1)], True),
        ([("impression", 1), ("accepted", 5)], True),
        ([("impression", 1), ("rejected", 5)], False),
        ([("impression", 1), ("maybe_later", 5)], False),
        ([("impression", 1), ("no_response", DAY_MS)], False),
        ([("no_response", DAY_MS), ("converted", 5 * DAY_MS)], True),
        ([("impression", 1), ("clicked", 92 * DAY_MS)], False),
        ([("not_mentioned", 1)], "not made"),
        ([("delivery_failed", 1)], "not made"),
        ([("not_mentioned", 1), ("accepted", 5)], True),
        ([], "not made"),
        ([("rejected", 1), ("accepted", 5)], True),
        ([("complaint", 1)], False),
    ],
)
def test_reactions_give_the_label(outcomes: list[tuple[str, int]], wanted: bool | str) -> None:
    """Shown without a positive reaction is a no; reserved, released and not mentioned are no rows; late yeses count."""
    rows, skipped = _web(*[_on(type_, after) for type_, after in outcomes])
    if isinstance(wanted, str):
        assert (rows, skipped) == ([], {wanted: 1})
    else:
        assert [row.positive for row in rows] == [wanted]


@pytest.mark.parametrize("outcomes", [[], ["impression"], ["clicked"], ["rejected"]])
def test_nothing_is_learned_before_the_window_has_closed(outcomes: list[str]) -> None:
    """An hour after the decision there is no row, whatever came in: early yeses alone would flatter."""
    rows, skipped = _web(*[_on(type_) for type_ in outcomes], as_of_ms=T + DAY_MS - 1)
    assert (rows, skipped) == ([], {"immature": 1})
    assert _web(*[_on(type_) for type_ in outcomes], as_of_ms=T + DAY_MS)[1].get("immature", 0) == 0


def test_withdrawn_outcomes_count_for_nothing() -> None:
    """A click that was taken back is no yes; named by event id or by type, and only the newest of its type."""
    shown = _on("impression")
    by_id = [_on("clicked", event_id="e1"), _on("withdrawn", 2_000, withdraws="e1")]
    by_type = [_on("clicked"), _on("withdrawn", 2_000, withdraws="OUTCOME_TYPE_CLICKED")]
    assert [row.positive for row in _web(shown, *by_id)[0]] == [False]
    assert [row.positive for row in _web(shown, *by_type)[0]] == [False]
    twice = [_on("clicked", event_id="e1"), _on("clicked", event_id="e2"), _on("withdrawn", 2_000, withdraws="clicked")]
    assert [row.positive for row in _web(*twice)[0]] == [True]
    assert _web(_on("impression"), _on("withdrawn", 2_000, withdraws="impression"))[1] == {"not made": 1}


def test_late_yes_is_known_late() -> None:
    """A yes after the window corrects the label, and the row knows when that was."""
    rows, _ = _web(_on("impression"), _on("converted", 30 * DAY_MS))
    assert (rows[0].positive, rows[0].known_ms) == (True, T + 30 * DAY_MS)
    rows, _ = _web(_on("clicked", 1_000))
    assert rows[0].known_ms == T + DAY_MS, "an early yes is no row before its window has closed"


def test_definition_may_name_what_is_positive() -> None:
    """With `positive: [converted]` a click is not enough."""
    rules = Label(positive=("converted",))
    assert [row.positive for row in _web(_on("clicked"), rules=rules)[0]] == [False]
    assert [row.positive for row in _web(_on("clicked"), _on("converted"), rules=rules)[0]] == [True]


def test_contacts_made_elsewhere_are_made() -> None:
    """Another system's contact without any reaction is a no once its window has closed."""
    rows, _ = _join([contact("x:1", "beta", T), outcome("x:1", "delivery_failed", T + 1), contact("x:2", "beta", T)])
    assert [(row.action, row.positive) for row in rows] == [("beta", False)]
    assert math.isnan(rows[0].pick_probability)


def test_slate_gives_a_row_for_each_taken_pick() -> None:
    """Each pick that the store took has its own label and its own features, whatever its row; the others none."""
    slate = decision("d", ["alpha", "beta", "gamma"], T, taken=(0, 2))
    rows, _ = _join([slate, outcome("d:gamma", "clicked", T + 1), outcome("d:alpha", "impression", T + 1)])
    assert [(row.action, row.positive) for row in rows] == [("gamma", True), ("alpha", False)]
    assert [row.columns.pair_texts for row in rows] == [("gamma",), ("alpha",)]
    assert rows[0].prior == pytest.approx(0.15)
    assert rows[0].pick_probability == 0.5


def test_what_must_not_be_learned_from_is_left_out() -> None:
    """Fallbacks, anonymous visitors and customers who have not granted profiling are no rows."""
    items = [
        decision("f", ["alpha"], T, fallback=True),
        decision("a", ["alpha"], T, anonymous=True),
        decision("p", ["alpha"], T, known=False),
        *(outcome(f"{name}:alpha", "clicked", T + 1) for name in "fap"),
    ]
    rows, skipped = _join(items)
    assert rows == []
    assert skipped == {"fallback": 1, "no consent to profiling": 1}


def test_unknown_actions_and_references_are_counted() -> None:
    """An action that the catalogue never had, and columns of an unknown definition, are skipped and told."""
    foreign = contact("x:1", "omega", T)
    strange = contact("x:2", "alpha", T)
    strange.entry.contact.features.definition_hash = "0" * 64
    rows, skipped = _join([foreign, strange])
    assert rows == []
    assert skipped == {"unknown action": 1, "unknown reference": 1}


def test_a_deferred_decision_teaches_only_once_it_is_active() -> None:
    """Never activated it is no row on any channel, however long ago; activated, silence is a no and a click a yes."""
    channels = ("web", "mail")
    silent = [decision(f"d-{channel}", ["alpha"], T, channel=channel, deferred=True) for channel in channels]
    assert _join(silent) == ([], {"not made": 2})
    used = [
        outcome("d-web:alpha", "impression", T + 1, event_id="activate"),
        outcome("d-mail:alpha", "sent", T + 1, event_id="activate"),
        outcome("d-mail:alpha", "clicked", T + 2),
    ]
    rows, skipped = _join([*silent, *used])
    assert ([row.positive for row in rows], skipped) == ([False, True], {})


def test_what_a_visitor_decided_on_is_the_customers_row() -> None:
    """The rows of a visitor who became known are the customer's, whenever that was journaled."""
    made = decision("d", ["alpha"], T)
    visitor = made.entry.decision.customer_ref
    known = journal_pb2.JournalEntry(
        identity=journal_pb2.IdentityEntry(visitor_ref=visitor, customer_ref="f" * 32, identified_at_ms=T + 5)
    )
    rows, _ = _join([made, _on("clicked"), Item("identity", T + 5, known)])
    assert [row.customer for row in rows] == ["f" * 32]
