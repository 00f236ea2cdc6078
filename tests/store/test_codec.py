"""Records survive the store: encoding and decoding are inverse, and the scripts read what Python writes."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from nba_server.adapters.redis.codec import (
    decode_activity,
    decode_consents,
    decode_profile,
    decode_suppressions,
    encode_activity,
    encode_consents,
    encode_profile,
    encode_suppressions,
)
from nba_server.adapters.redis.ledger_codec import decode_ledger, encode_ledger
from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CustomerWrite
from nba_server.domain.consent import Consent, ConsentStatus
from nba_server.domain.engagement import (
    Activity,
    Contact,
    ContactState,
    Direction,
    Reaction,
    Suppression,
    SuppressionLevel,
)
from nba_server.domain.profile import Profile
from tests.store.builders import commit

text = st.text(max_size=12)
moment = st.integers(0, 2**45)
number = st.floats(allow_nan=False, allow_infinity=False)
scalar = st.one_of(text, st.integers(-(2**63), 2**63 - 1), number, st.booleans(), st.lists(text, max_size=3).map(tuple))
profiles = st.builds(
    Profile,
    attributes=st.dictionaries(text, scalar, max_size=5),
    segments=st.lists(text, max_size=3).map(tuple),
    products=st.lists(text, max_size=3).map(tuple),
    known=st.just(True),
)
consents = st.builds(Consent, text, text, st.sampled_from(ConsentStatus), moment, moment, text, text, text, text)
suppressions = st.builds(Suppression, st.sampled_from(SuppressionLevel), text, text, moment, moment, text, text)
activities = st.builds(
    Activity,
    purchases=st.integers(0, 10**6),
    last_ms=moment,
    as_of_ms=moment,
    spend=number,
    baskets=number,
    category_spend=st.dictionaries(text, number, max_size=4),
    recent=st.lists(text, max_size=4).map(tuple),
)
reactions = st.builds(
    Reaction,
    type=text,
    at_ms=moment,
    event_id=text,
    value=st.none() | number,
    withdrawn=st.booleans(),
    late=st.booleans(),
)
contacts = st.builds(
    Contact,
    id=text,
    at_ms=moment,
    expires_ms=moment,
    state=st.sampled_from(ContactState),
    channel=text,
    direction=st.sampled_from(Direction),
    class_=text,
    group=text,
    action=text,
    weight=number,
    decision_id=text,
    treatment=text,
    placement=text,
    respond_until_ms=moment,
    reactions=st.lists(reactions, max_size=3).map(tuple),
)
quiet = settings(max_examples=100, deadline=None, derandomize=True)


@quiet
@given(profiles)
def test_profiles_survive(profile: Profile) -> None:
    """A profile comes back with its values and their types."""
    back = decode_profile(encode_profile(profile))
    assert back == profile
    assert {k: type(v) for k, v in back.attributes.items()} == {k: type(v) for k, v in profile.attributes.items()}


def test_an_unknown_profile_is_no_record() -> None:
    """A customer never seen has no bytes at all."""
    assert encode_profile(Profile()) == b""
    assert decode_profile(b"") == Profile()
    assert decode_activity(b"") == Activity()


@quiet
@given(st.lists(consents, max_size=4).map(tuple), st.lists(suppressions, max_size=4).map(tuple), activities)
def test_consents_suppressions_and_activity_survive(
    given_consents: tuple[Consent, ...], muted: tuple[Suppression, ...], activity: Activity
) -> None:
    """Consents, suppressions and activity come back as they were."""
    assert decode_consents(encode_consents(given_consents)) == given_consents
    assert decode_suppressions(encode_suppressions(muted)) == (muted, "")
    assert decode_suppressions(encode_suppressions(muted, "rules")) == (muted, "rules")
    assert decode_activity(encode_activity(activity)) == activity


@quiet
@given(st.lists(contacts, max_size=4).map(tuple))
def test_ledgers_survive(ledger: tuple[Contact, ...]) -> None:
    """A ledger comes back with reactions, missing values and flags."""
    assert decode_ledger(encode_ledger(ledger)) == ledger


async def test_a_ledger_survives_the_script_that_appends_to_it(store: Store) -> None:
    """After a decision the earlier entries are as they were, reactions without a value and whole numbers included."""
    ref = store.identity.customer("c1")
    now = await store.clock.now()
    earlier = Contact(
        id="x:1",
        at_ms=now - 1000,
        expires_ms=0,
        state=ContactState.CONFIRMED,
        channel="mail",
        direction=Direction.OUTBOUND,
        class_="ad",
        group="g",
        action="a",
        weight=2.0,
        respond_until_ms=now + 1000,
        reactions=(
            Reaction("delivered", now, "e1"),
            Reaction("converted", now, "e2", 12.5, withdrawn=True),
            Reaction("score", now, "é", 4.0, late=True),
        ),
    )
    bare = replace(earlier, id="x:2", weight=0.5, reactions=())
    await store.customers.write([CustomerWrite(ref, 0, ledger=(earlier, bare))])
    await store.decisions.commit([commit(store, ref, "r1")])
    await store.decisions.commit([commit(store, ref, "r2")])
    ledger = (await store.reader.read([ref])).states[0].ledger
    assert tuple(ledger[:2]) == (earlier, bare)
    assert len(ledger) == 4
