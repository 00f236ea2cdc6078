"""Two records become one: nothing counts twice, nothing is lost, and whoever was stricter wins."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from nba_server.domain.activity import Purchase, add_purchase
from nba_server.domain.case_file import CaseFile
from nba_server.domain.casework import handled
from nba_server.domain.consent import Consent, ConsentStatus, ConsentVerdict, verdict
from nba_server.domain.do_not_contact import DoNotContact
from nba_server.domain.engagement import Activity, Contact, CustomerState, Reaction, SuppressionLevel
from nba_server.domain.happening import Happening, HappeningKind, key_of
from nba_server.domain.identification import RESTATED, identified
from nba_server.domain.matter import MatterKind
from nba_server.domain.matter_rule import MatterRule, Mutes
from nba_server.domain.muting import suppressions_after
from nba_server.domain.profile import Profile
from nba_server.domain.suppression import SuppressionRule
from tests.unit.domain.builder import DAY_MS, NOW_MS, action, catalog, contact

GRANTED, DENIED, REVOKED = ConsentStatus.GRANTED, ConsentStatus.DENIED, ConsentStatus.REVOKED
CHANNELS, PURPOSES = ("*", "web", "email"), ("advertising", "service")
RULE = SuppressionRule(
    "r", frozenset({"rejected"}), 2, 7 * DAY_MS, DAY_MS, SuppressionLevel.ACTION, reset_after_pause=True
)
SHOP = catalog(action("gold"), action("loan", group="loans"), suppressions=(RULE,))


def said(status: ConsentStatus, day: float, channel: str = "web", **other: object) -> Consent:
    """A consent for advertising, `day` days from now."""
    return Consent(channel, "advertising", status, NOW_MS + int(day * DAY_MS), **other)  # type: ignore[arg-type]


def known(*ledger: Contact, **other: object) -> CustomerState:
    """A customer with these contacts and the suppressions that follow from them."""
    ordered = tuple(sorted(ledger, key=lambda entry: entry.at_ms))
    muted = suppressions_after((), ordered, SHOP, NOW_MS)
    return CustomerState(ledger=ordered, suppressions=muted, suppression_hash=SHOP.suppression_hash, **other)  # type: ignore[arg-type]


def no(day: float, id_: str) -> Contact:
    """A refused contact for gold."""
    at = NOW_MS + int(day * DAY_MS)
    return replace(contact("gold", at, Reaction("rejected", at)), id=id_)


def test_a_later_grant_of_the_other_record_lifts_no_refusal() -> None:
    """Whichever of the two refused: it is said again as of now, with its evidence; and the customer can grant it anew."""
    old = said(REVOKED, -30, proof_id="p7", legal_basis="gdpr")
    new = said(GRANTED, -1)
    for customer, visitor in (((old,), (new,)), ((new,), (old,))):
        found = identified(CustomerState(consents=customer), CustomerState(consents=visitor), SHOP, NOW_MS).consents
        assert verdict(found, "web", "advertising", NOW_MS) is ConsentVerdict.REVOKED
        assert replace(old, valid_from_ms=NOW_MS, source=RESTATED) in found
        assert verdict((*found, said(GRANTED, 1)), "web", "advertising", NOW_MS + DAY_MS) is ConsentVerdict.GRANTED


def test_a_grant_fills_silence() -> None:
    """What only one of the two has said holds for both, and nothing is added to it."""
    granted = said(GRANTED, -1)
    found = identified(CustomerState(), CustomerState(consents=(granted,)), SHOP, NOW_MS).consents
    assert found == (granted,)


records = st.builds(
    Consent,
    st.sampled_from(CHANNELS),
    st.sampled_from(PURPOSES),
    st.sampled_from(ConsentStatus),
    st.integers(-9, 2).map(lambda day: NOW_MS + day * DAY_MS),
    st.sampled_from([0, 0, NOW_MS - DAY_MS, NOW_MS + DAY_MS]),
)


@given(st.lists(records, max_size=5), st.lists(records, max_size=5))
@settings(max_examples=600, deadline=None, derandomize=True)
def test_no_merge_is_laxer_than_either_record(own: list[Consent], others: list[Consent]) -> None:
    """What one of the two refuses now is refused after it, on every channel, whatever both have said and when."""
    sides = [CustomerState(consents=tuple(side)) for side in (own, others)]
    found = identified(sides[0], sides[1], SHOP, NOW_MS).consents
    for channel in (*CHANNELS, "sms"):
        for purpose in PURPOSES:
            before = {verdict(side, channel, purpose, NOW_MS) for side in (own, others)}
            after = verdict(found, channel, purpose, NOW_MS)
            refused = {ConsentVerdict.DENIED, ConsentVerdict.REVOKED}
            assert after in refused or not before & refused, (channel, purpose, before, after)


def test_contacts_are_there_once_in_order_of_time() -> None:
    """A contact that both records have is one contact."""
    both, mine, theirs = no(-1, "d2:gold"), no(-3, "d1:gold"), no(-2, "d3:gold")
    found = identified(known(mine, both), known(theirs, both), SHOP, NOW_MS)
    assert [entry.id for entry in found.ledger] == ["d1:gold", "d3:gold", "d2:gold"]
    assert found.contacts == (theirs,)


def test_outcomes_of_both_count_together() -> None:
    """One refusal as a visitor and one as a customer are two."""
    found = identified(known(no(-0.5, "d1:gold")), known(no(-0.25, "d2:gold")), SHOP, NOW_MS)
    assert [(pause.key, pause.until_ms) for pause in found.suppressions] == [("gold", NOW_MS + int(0.75 * DAY_MS))]


@given(
    st.lists(st.tuples(st.integers(-200, 0), st.booleans()), max_size=7, unique_by=lambda event: event[0]),
    st.sampled_from(["", "another rule set"]),
)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_no_suppression_ends_earlier_than_before(events: list[tuple[int, bool]], rules: str) -> None:
    """Not by the merge, and not by the outcome that is written next, although outcomes of both start pauses of their own."""
    refused = [(no(hour / 24, f"d{hour}:gold"), mine) for hour, mine in events]
    mine, theirs = (known(*(one for one, whose in refused if whose is side)) for side in (True, False))
    theirs = replace(theirs, suppression_hash=theirs.suppression_hash + rules)
    found = identified(mine, theirs, SHOP, NOW_MS)
    later = suppressions_after(found.suppressions, found.ledger, SHOP, NOW_MS)
    for pause in (*mine.suppressions, *theirs.suppressions):
        for after in (found.suppressions, later):
            assert any(p.key == pause.key and p.until_ms >= pause.until_ms for p in after)


def test_whoever_wants_to_hear_nothing_is_heard() -> None:
    """One entry suffices; two bar the channels of both, and all when one of them does."""
    sms, everything = DoNotContact(True, frozenset({"sms"}), 5, "letter"), DoNotContact(True, since_ms=9)
    mail = DoNotContact(True, frozenset({"email"}), 3)

    def merged(customer: DoNotContact, visitor: DoNotContact) -> DoNotContact:
        states = [CustomerState(do_not_contact=entry) for entry in (customer, visitor)]
        return identified(states[0], states[1], SHOP, NOW_MS).do_not_contact

    assert merged(sms, DoNotContact()) == sms == merged(DoNotContact(), sms)
    assert merged(sms, mail) == DoNotContact(True, frozenset({"sms", "email"}), 3, "letter")
    assert not merged(sms, everything).channels
    assert not merged(DoNotContact(), DoNotContact()).listed


def test_the_customers_profile_stands_and_purchases_add_up() -> None:
    """Attributes of the visitor fill gaps only; sums are those of one customer who bought all of it."""
    profiles = (Profile({"age": 40}, ("vip",), known=True), Profile({"age": 20, "town": "x"}, ("new",), known=True))
    first, second = (
        Purchase("p1", NOW_MS - 40 * DAY_MS, 10.0, {"bread": 4.0}),
        Purchase("p2", NOW_MS, 5.0, {"bread": 1.0}),
    )
    sides = [
        CustomerState(profile=profile, activity=add_purchase(Activity(), purchase))
        for profile, purchase in zip(profiles, (second, first), strict=True)
    ]
    found = identified(sides[0], sides[1], SHOP, NOW_MS)
    assert dict(found.profile.attributes) == {"age": 40, "town": "x"}
    assert found.profile.segments == ("vip", "new")
    whole = add_purchase(add_purchase(Activity(), first), second)
    assert replace(found.activity, category_spend={}) == replace(whole, category_spend={})
    assert dict(found.activity.category_spend) == dict(whole.category_spend)


def test_what_is_open_in_either_record_is_open() -> None:
    """A complaint of the visitor mutes the customer too, and repeats of either side's events are known."""
    rules = (MatterRule("wrong", "Complaint", frozenset({MatterKind.COMPLAINT}), Mutes()),)
    said = [Happening(HappeningKind.COMPLAINT, key_of(f"e{n}"), NOW_MS - n, case_id=f"C-{n}") for n in (1, 2)]
    customer, visitor = (replace(known(), file=handled(CaseFile(), what, rules, NOW_MS).file) for what in said)
    together = identified(customer, visitor, SHOP, NOW_MS).file
    assert [matter.case_id for matter in sorted(together.matters, key=lambda m: m.case_id)] == ["C-1", "C-2"]
    assert len(together.open(NOW_MS)) == 2
    assert all(handled(together, what, rules, NOW_MS).repeated for what in said)
