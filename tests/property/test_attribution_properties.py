"""What holds for every order in which contacts, answers and purchases are heard of: the same conversions stand at the end."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from nba_server.domain import attribution
from nba_server.domain.engagement import ContactState, CustomerState
from nba_server.domain.event_rule import Conversion
from nba_server.domain.ledger import inserted
from nba_server.domain.outcome import OutcomeEvent, OutcomeType, standing
from nba_server.domain.purchase import KeptPurchase, Purchase, found, put
from nba_server.domain.reaction import apply
from tests.unit.domain.builder import DAY_MS, NOW_MS, action, catalog, contact

EXAMPLES = settings(max_examples=300, deadline=None, derandomize=True)
SHOP = catalog(action("card"), action("loan"), action("none"))
WINDOW_MS = 5 * DAY_MS
CONVERSIONS = {
    "card": Conversion(WINDOW_MS, frozenset({"card"})),
    "loan": Conversion(2 * WINDOW_MS, frozenset({"loan"}), frozenset({"credit"})),
}
Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(["contact", "buy", "return", "converted"]), st.integers(0, 3), st.integers(0, 12)),
    max_size=10,
    unique_by=lambda step: (step[0], step[1]),
)


def settled(state: CustomerState) -> CustomerState:
    """With the conversions that the settlement asks for."""
    new, gone = attribution.settlement(state.file.purchases, state.ledger, CONVERSIONS)
    for taken in gone:
        event = OutcomeEvent(OutcomeType.WITHDRAWN, contact_id=taken.contact_id, withdraws=taken.event_id)
        state = replace(state, ledger=apply(state, event, SHOP, NOW_MS).ledger)
    for credit in new:
        entry = next(entry for entry in state.ledger if entry.id == credit.contact_id)
        event = OutcomeEvent(
            OutcomeType.CONVERTED,
            contact_id=credit.contact_id,
            event_id=attribution.event_id(credit, entry),
            occurred_ms=credit.occurred_ms,
            value=credit.value,
        )
        state = replace(state, ledger=apply(state, event, SHOP, NOW_MS).ledger)
    return state


def step_taken(state: CustomerState, step: Step) -> CustomerState:
    """One thing that is heard of. Times follow from the number, so that a shuffled history tells of the same things."""
    kind, number, day = step
    at_ms = NOW_MS - (13 - day) * DAY_MS
    file = state.file
    if kind == "contact":
        name = ("card", "loan", "none", "card")[number]
        entry = contact(name, at_ms, id=f"k{number}", decision_id=f"d{number}", state=ContactState.CONFIRMED)
        return replace(state, ledger=inserted(state.ledger, entry))
    if kind == "buy":
        known = found(file.purchases, f"p{number}")
        bought = Purchase(
            f"p{number}", at_ms, 10.0, {"credit": 3.0} if number == 1 else {}, {("card", "loan")[number % 2]: 10.0}
        )
        kept = KeptPurchase(bought, returned=known is not None and known.returned)
        return replace(state, file=replace(file, purchases=put(file.purchases, kept, NOW_MS)))
    if kind == "return":
        known = found(file.purchases, f"p{number}")
        bought = known.purchase if known else Purchase(f"p{number}", at_ms, 0.0)
        kept = KeptPurchase(bought, returned=True, heard=known is not None)
        return replace(state, file=replace(file, purchases=put(file.purchases, kept, NOW_MS)))
    if not any(entry.id == f"k{number}" for entry in state.ledger):
        return state
    event = OutcomeEvent(OutcomeType.CONVERTED, contact_id=f"k{number}", event_id=f"web-{number}", occurred_ms=at_ms)
    return replace(state, ledger=apply(state, event, SHOP, NOW_MS).ledger)


def lived(steps: list[Step]) -> CustomerState:
    """The customer after the steps, settled after each."""
    state = CustomerState()
    for step in steps:
        state = settled(step_taken(state, step))
    return state


def shuffled(steps: list[Step], dice: Random) -> list[Step]:
    """The steps in another order, each report of a conversion somewhere behind its contact."""
    others = [step for step in steps if step[0] != "converted"]
    dice.shuffle(others)
    for step in sorted(step for step in steps if step[0] == "converted"):
        first = next(
            (place for place, (kind, number, _) in enumerate(others) if (kind, number) == ("contact", step[1])), None
        )
        if first is not None:
            others.insert(dice.randint(first + 1, len(others)), step)
    return others


def conversions(state: CustomerState) -> object:
    """The conversions that stand, by contact: those of purchases by their names, those of callers by theirs."""
    return sorted(
        (entry.id, attribution.purchase_of(reaction) or reaction.event_id, reaction.value)
        for entry in state.ledger
        for reaction in standing(entry.reactions)
        if reaction.type == OutcomeType.CONVERTED
    )


@EXAMPLES
@given(STEPS, st.integers(0, 1000))
def test_the_order_of_news_does_not_matter(steps: list[Step], seed: int) -> None:
    """Contacts, purchases, returns and conversions that callers report, in any order in which a report has its contact."""
    assert conversions(lived(shuffled(steps, Random(seed)))) == conversions(lived(shuffled(steps, Random(seed + 1))))


@EXAMPLES
@given(STEPS)
def test_settling_twice_changes_nothing(steps: list[Step]) -> None:
    """What is settled stays settled."""
    state = lived(steps)
    assert attribution.settlement(state.file.purchases, state.ledger, CONVERSIONS) == ((), ())
    assert settled(state) == state


@EXAMPLES
@given(STEPS)
def test_a_purchase_of_one_product_converts_at_most_one_contact(steps: list[Step]) -> None:
    """The last contact within the window and no other; never one that was returned, never an action of another product."""
    state = lived(steps)
    for known in state.file.purchases:
        own = [
            (entry, reaction)
            for entry in state.ledger
            for reaction in standing(entry.reactions)
            if attribution.purchase_of(reaction) == known.purchase.id
        ]
        assert len(own) <= 1
        for entry, reaction in own:
            assert not known.returned
            window = CONVERSIONS[entry.action].window_ms
            assert entry.at_ms <= known.purchase.occurred_ms < entry.at_ms + window
            touched = attribution.touches(known.purchase, state.ledger, CONVERSIONS)
            assert [touch.contact_id for touch in touched if touch.last] == [entry.id]
            assert reaction.value == 10.0
            assert entry.action in known.purchase.value_by_product
