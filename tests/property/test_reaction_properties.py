"""What holds for every sequence of outcomes: order, repeats and withdrawals do no harm."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from nba_server.domain.engagement import ContactState, CustomerState, SuppressionLevel
from nba_server.domain.outcome import OutcomeEvent, OutcomeType
from nba_server.domain.reaction import apply
from nba_server.domain.suppression import SuppressionRule
from tests.unit.domain.builder import DAY_MS, NOW_MS, action, catalog, contact, customer

EXAMPLES = settings(max_examples=300, deadline=None, derandomize=True)
SHOP = catalog(
    action("a"),
    action("b"),
    suppressions=(
        SuppressionRule("two", frozenset({"rejected"}), 2, 7 * DAY_MS, 30 * DAY_MS, SuppressionLevel.GROUP),
        SuppressionRule("one", frozenset({"rejected", "complaint"}), 1, 0, 3 * DAY_MS, SuppressionLevel.ACTION),
    ),
)
START = customer(
    ledger=tuple(
        contact(name, NOW_MS - days * DAY_MS, id=f"k{days}", decision_id=f"d{days}", state=ContactState.RESERVED)
        for days, name in ((9, "a"), (5, "b"), (1, "a"))
    )
)
EVENTS = st.builds(
    lambda type_, contact_id, hours, number: OutcomeEvent(
        type_, contact_id=contact_id, occurred_ms=NOW_MS - hours * 3_600_000, event_id=f"{type_}-{number}"
    ),
    type_=st.sampled_from([t for t in OutcomeType if t not in (OutcomeType.WITHDRAWN, OutcomeType.OPTED_OUT)]),
    contact_id=st.sampled_from([entry.id for entry in START.ledger]),
    hours=st.integers(0, 240),
    number=st.integers(0, 2),
)
UNIQUE = st.lists(EVENTS, max_size=8, unique_by=lambda event: (event.contact_id, event.event_id))


def after(state: CustomerState, event: OutcomeEvent) -> CustomerState:
    """The state with the event's changes written."""
    found = apply(state, event, SHOP, NOW_MS)
    consents = state.consents if found.consents is None else found.consents
    return replace(state, ledger=found.ledger, suppressions=found.suppressions, consents=consents)


def outcome(state: CustomerState) -> object:
    """What other rooms see of it: states, suppressions without the words of who came last, reactions as a set."""
    reactions = [sorted((r.type, r.at_ms, r.event_id, r.withdrawn) for r in entry.reactions) for entry in state.ledger]
    muted = sorted((s.rule, s.key, s.channel, s.until_ms) for s in state.suppressions)
    return muted, reactions


@EXAMPLES
@given(UNIQUE, st.randoms(use_true_random=False))
def test_order_of_arrival_does_not_matter(events: list[OutcomeEvent], dice: object) -> None:
    """Shuffled events end in the same suppressions and reactions."""
    shuffled = list(events)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    one = other = START
    for event in events:
        one = after(one, event)
    for event in shuffled:
        other = after(other, event)
    assert outcome(one) == outcome(other)


@EXAMPLES
@given(UNIQUE)
def test_repeats_change_nothing(events: list[OutcomeEvent]) -> None:
    """Every event sent again, at any later time, is a repeat and leaves the state as it is."""
    state = START
    for event in events:
        state = after(state, event)
    for event in events:
        repeated = apply(state, event, SHOP, NOW_MS)
        assert repeated.repeated
        assert after(state, event) == state


@EXAMPLES
@given(UNIQUE)
def test_withdrawing_everything_undoes_everything(events: list[OutcomeEvent]) -> None:
    """With every outcome taken back, states, suppressions and consents are those of the beginning."""
    state = START
    for event in events:
        state = after(state, event)
    for event in events:
        back = OutcomeEvent(OutcomeType.WITHDRAWN, contact_id=event.contact_id, withdraws=event.event_id)
        state = after(state, back)
    assert state.suppressions == START.suppressions
    assert state.consents == START.consents
    assert [entry.state for entry in state.ledger] == [entry.state for entry in START.ledger]
