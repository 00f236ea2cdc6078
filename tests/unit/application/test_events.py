"""Events, matters and conversions over the fakes: what joins one write, and what follows later by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nba_server.application.event_validation import EventCommand
from nba_server.application.matters import CloseCommand, Matters, OpenCommand
from nba_server.application.purchases import PurchaseCommand
from nba_server.application.record_contacts import ContactCommand
from nba_server.application.record_events import EventResult, RecordEvents
from nba_server.domain.case_file import CaseFile
from nba_server.domain.consent import Consent, ConsentStatus
from nba_server.domain.engagement import ContactState, CustomerState, SuppressionLevel
from nba_server.domain.event_rule import Conversion, EventKind, EventPart, EventRule, EventRules
from nba_server.domain.happening import HappeningKind
from nba_server.domain.matter import MatterKind
from nba_server.domain.matter_rule import MatterRule, Mutes
from nba_server.domain.outcome import OutcomeType, standing
from nba_server.domain.profile import Profile
from nba_server.domain.suppression import SuppressionRule
from nba_server.errors import FailedPrecondition
from tests.plain_formats import PlainJournal
from tests.unit.application.conftest import Desk
from tests.unit.application.shop import DAY_MS, shop

ACCEPTED = SuppressionRule("enough", frozenset({"accepted"}), 1, 0, 0, SuppressionLevel.GROUP)
SHOP = replace(
    shop(limits=(), suppressions=(ACCEPTED,)),
    matters=(
        MatterRule("wrong", "Complaint", frozenset({MatterKind.COMPLAINT}), Mutes(groups=frozenset({"credit"}))),
        MatterRule(
            "fault",
            "Fault",
            frozenset({MatterKind.SERVICE_CASE}),
            Mutes(issues=frozenset({"sales"})),
            categories=frozenset({"fault"}),
        ),
    ),
    events=EventRules(
        {
            EventKind.PURCHASE: EventRule((("last", EventPart.PRODUCT),), products=True),
            EventKind.COMPLAINT: EventRule((("said_on", EventPart.CHANNEL),)),
        },
        {"card": Conversion(10 * DAY_MS, frozenset({"card"})), "loan": Conversion(5 * DAY_MS, frozenset({"card"}))},
    ),
)


class Events(Desk):
    """A desk that takes events too."""

    def __post_init__(self) -> None:
        super().__post_init__()
        rest: dict[str, Any] = {
            "identity": self.identity,
            "changes": self.purchases._changes,
            "catalogs": self.catalogs,
            "journal": PlainJournal(),
        }
        self.events = RecordEvents(**rest)
        self.matters = Matters(reader=self.store, **rest)

    async def event(self, event_id: str, **fields: Any) -> EventResult:
        """One event of ada's."""
        return (await self.events([EventCommand("ada", event_id, "tests", **fields)]))[0]

    async def buys(self, purchase_id: str, product: str = "card", **fields: Any) -> EventResult:
        """Ada buys for 30."""
        bought = PurchaseCommand("ada", purchase_id, value=30.0, value_by_product={product: 30.0}, **fields)
        return await self.event(purchase_id, purchase=bought)

    async def mailed(self, action: str, at_ms: int, contact_id: str) -> None:
        """Another system's e-mail, planned when its time is yet to come."""
        await self.contacts([ContactCommand("ada", contact_id, "email", action, at_ms)])

    @property
    def ada(self) -> CustomerState:
        """What the store has of her."""
        return self.store.state(self.identity.customer("ada"))

    def stands(self, contact_id: str) -> list[str]:
        """Outcomes that stand on a contact."""
        entry = next(entry for entry in self.ada.ledger if entry.id == contact_id)
        return [reaction.type for reaction in standing(entry.reactions)]

    def journaled(self, kind: str) -> list[str]:
        """The journal's entries of a kind."""
        return [payload.decode() for entry, payload in self.store.journal if entry == kind]


@pytest.fixture
def desk() -> Events:
    """A fresh desk."""
    return Events(SHOP)


async def test_what_is_muted_by_an_outcome_is_called_off_where_it_is_planned(desk: Events) -> None:
    """Accepting the card calls off the group's e-mails of tomorrow; those of others, and those that went out, stay."""
    now = desk.store.now_ms
    await desk.mailed("loan", now + DAY_MS, "tomorrow")
    await desk.mailed("travel", now + DAY_MS, "trip")
    await desk.mailed("loan", now - DAY_MS, "yesterday")
    await desk.mailed("card", now, "offer")
    result = await desk.outcome(OutcomeType.ACCEPTED, contact_id="offer", customer_id="ada")
    states = {entry.id: entry.state for entry in desk.ada.ledger}
    assert states["x:tomorrow"] is ContactState.RELEASED
    assert {states[f"x:{name}"] for name in ("trip", "yesterday", "offer")} == {ContactState.CONFIRMED}
    assert [words for words in result.effects if words.startswith("called off")]
    assert desk.stands("x:tomorrow") == ["delivery_failed"]
    again = await desk.outcome(OutcomeType.SENT, contact_id="tomorrow", customer_id="ada")
    assert not again.error
    assert {entry.id: entry.state for entry in desk.ada.ledger}["x:tomorrow"] is ContactState.CONFIRMED


async def test_everything_of_an_event_is_one_write(desk: Events) -> None:
    """Matter, profile, called-off mail and journal entries come with one step of the engagement version."""
    desk.store.states[desk.identity.customer("ada").ref] = CustomerState(profile=Profile(known=True))
    await desk.mailed("loan", desk.store.now_ms + DAY_MS, "tomorrow")
    before = desk.ada
    result = await desk.event("c1", kind=HappeningKind.COMPLAINT, channel="web", text="Late")
    after = desk.ada
    assert result.recorded
    assert after.engagement_version == before.engagement_version + 1
    assert after.guard_version == before.guard_version + 1
    assert after.profile_version == before.profile_version + 1
    assert after.profile.attributes == {"said_on": "web"}
    assert [matter.rule for matter in after.matters] == ["wrong"]
    assert [kind for kind, _ in desk.store.journal][-4:] == ["event", "matter", "customer", "outcome"]
    assert "Late" not in "".join(payload.decode() for _, payload in desk.store.journal)


async def test_a_repeat_is_no_write(desk: Events) -> None:
    """The same event again changes nothing at all, also within one batch."""
    command = EventCommand("ada", "c1", "tests", HappeningKind.COMPLAINT)
    first, second = await desk.events([command, command])
    assert (first.recorded, second.recorded) == (True, False)
    version = desk.ada.engagement_version
    assert not (await desk.events([command]))[0].recorded
    assert desk.ada.engagement_version == version


async def test_an_event_makes_no_profile(desk: Events) -> None:
    """A customer whom nobody imported stays unknown, yet the matter mutes and the purchase counts."""
    await desk.event("c1", kind=HappeningKind.COMPLAINT, channel="web")
    await desk.buys("p1")
    assert not desk.ada.profile.known
    assert (len(desk.ada.matters), desk.ada.activity.purchases) == (1, 1)


async def test_a_case_of_a_category_that_no_rule_names_opens_nothing(desk: Events) -> None:
    """Until an update gives it the category; the text of both is kept with the matter."""
    case: dict[str, Any] = {"case_id": "T-1", "text": "No signal"}
    await desk.event("e1", kind=HappeningKind.CASE_OPENED, category="bill", **case)
    assert desk.ada.matters == ()
    moved = await desk.event("e2", kind=HappeningKind.CASE_UPDATED, category="fault", **case)
    assert len(moved.matters) == 1
    more = await desk.event("e3", kind=HappeningKind.CASE_UPDATED, case_id="T-1", text="Still none")
    assert more.matters == moved.matters
    (matter,) = desk.ada.file.matters
    assert [entry.text for entry in matter.entries] == ["No signal", "Still none"]


async def test_a_purchase_converts_a_message_when_it_turns_out_to_have_gone_out(desk: Events) -> None:
    """Nothing is heard of our e-mail; at the end of its window it counts as sent, and an earlier purchase is put down to it."""
    granted = Consent("*", "advertising", ConsentStatus.GRANTED, 0)
    desk.store.states[desk.identity.customer("ada").ref] = CustomerState(consents=(granted,))
    mail = await desk.decided(channel="email")
    sent = next(entry for entry in desk.ada.ledger if entry.decision_id == mail.decision_id)
    assert sent.action == "loan"
    desk.store.now_ms += DAY_MS // 2
    assert "confirmed" not in " ".join((await desk.buys("p1")).effects)
    desk.store.now_ms = sent.respond_until_ms
    await desk.expire()
    assert desk.stands(sent.id) == ["converted"]
    assert desk.journaled("attribution")[-1] == f"{sent.id}*"


async def test_a_later_contact_that_is_heard_of_late_takes_the_credit(desk: Events) -> None:
    """The conversion moves: taken back there, written here, all of it journaled."""
    now = desk.store.now_ms
    await desk.mailed("card", now - 4 * DAY_MS, "early")
    await desk.buys("p1")
    assert desk.stands("x:early") == ["converted"]
    await desk.mailed("loan", now - 2 * DAY_MS, "late")
    assert (desk.stands("x:early"), desk.stands("x:late")) == ([], ["converted"])
    assert desk.journaled("attribution") == ["x:early*", "x:early x:late*"]
    entry = next(entry for entry in desk.ada.ledger if entry.id == "x:late")
    assert [(r.event_id, r.value) for r in entry.reactions] == [("purchase:p1", 30.0)]


async def test_a_return_undoes_sums_products_and_conversion(desk: Events) -> None:
    """What another purchase still has stays; deleting the customer forgets the purchases."""
    ref = desk.identity.customer("ada")
    desk.store.states[ref.ref] = CustomerState(profile=Profile(known=True))
    await desk.mailed("card", desk.store.now_ms - DAY_MS, "offer")
    for purchase_id in ("p1", "p2"):
        await desk.buys(purchase_id)
    assert desk.stands("x:offer") == ["converted", "converted"]
    spent = desk.ada.activity.spend
    await desk.event("r1", returns="p1")
    assert desk.ada.activity.purchases == 1
    assert desk.ada.activity.spend == pytest.approx(spent / 2)
    assert (desk.ada.profile.products, desk.stands("x:offer")) == (("card",), ["converted"])
    await desk.event("r2", returns="p2")
    assert (desk.ada.profile.products, desk.stands("x:offer")) == ((), [])
    assert desk.ada.activity.spend == pytest.approx(0.0)
    await desk.customers.delete("ada")
    assert desk.ada.file == CaseFile()


async def test_a_purchase_after_the_window_or_of_something_else_converts_nothing(desk: Events) -> None:
    """The window ends at its end, and a contact after the purchase is no reason for it."""
    now = desk.store.now_ms
    await desk.mailed("card", now - 10 * DAY_MS, "edge")
    await desk.mailed("card", now + DAY_MS, "planned")
    await desk.buys("p1")
    await desk.buys("p2", product="house")
    assert (desk.stands("x:edge"), desk.stands("x:planned")) == ([], [])
    await desk.buys("p3", occurred_ms=now - 1)
    assert desk.stands("x:edge") == ["converted"]


async def test_far_too_many_matters_are_refused_and_nothing_is_changed(desk: Events) -> None:
    """A feed gone wild stops at a hundred; closing one makes room."""
    for number in range(100):
        await desk.event(f"e{number}", kind=HappeningKind.CASE_OPENED, case_id=f"T-{number}", category="fault")
    entries = len(desk.store.journal)
    refused = await desk.event("one more", kind=HappeningKind.CASE_OPENED, case_id="T-100", category="fault")
    assert isinstance(refused.error, FailedPrecondition)
    assert (refused.error.reason, len(desk.store.journal)) == ("TOO_MANY_MATTERS", entries)
    first = desk.ada.matters[0].id
    await desk.matters.close(CloseCommand("ada", first, "Mended.", "tests"))
    opened = await desk.matters.open(OpenCommand("ada", "fault", "tests", case_id="T-100"))
    assert opened.changed
