"""Matters in the store: what is written is read, decisions read the short form alone, and older records have none."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from nba_server.adapters.redis.case_codec import decode_file, decode_open, encode_file, encode_open
from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CommitStatus, CustomerWrite
from nba_server.domain.case_file import CaseFile, EndedCase
from nba_server.domain.matter import Closing, Entry, Matter, MatterKind, OpenMatter
from nba_server.domain.profile import Profile
from nba_server.domain.purchase import KeptPurchase, Purchase
from tests.store.builders import commit, each_seen

text = st.text(max_size=8)
moment = st.integers(0, 2**45)
money = st.dictionaries(text, st.floats(allow_nan=False, allow_infinity=False), max_size=3)
number = st.floats(allow_nan=False, allow_infinity=False)
entries = st.builds(Entry, moment, text, text, text, text, text, text, st.none() | number, st.booleans())
closings = st.builds(Closing, moment, text, text)
matters = st.builds(
    Matter,
    text,
    text,
    st.sampled_from(MatterKind),
    text,
    moment,
    st.lists(entries, max_size=3).map(tuple),
    st.lists(closings, max_size=2).map(tuple),
)
purchases = st.builds(
    KeptPurchase, st.builds(Purchase, text, moment, number, money, money, text), st.booleans(), st.booleans(), text
)
files = st.builds(
    CaseFile,
    st.lists(matters, max_size=3).map(tuple),
    st.lists(text, max_size=3).map(tuple),
    st.dictionaries(text, moment, max_size=3),
    st.lists(st.builds(EndedCase, text, closings), max_size=2).map(tuple),
    st.lists(purchases, max_size=2).map(tuple),
)
COMPLAINT = Matter("m1", "wrong", MatterKind.COMPLAINT, entries=(Entry(5, "e1", text="Late"),))
FILE = CaseFile((COMPLAINT,), ("e1",), {"complaint": 5})
OPEN = (OpenMatter("m1", "wrong", MatterKind.COMPLAINT, 5),)


@settings(max_examples=200, deadline=None)
@given(files)
def test_a_case_file_is_read_as_it_was_written(file: CaseFile) -> None:
    """Every field comes back; an empty file is no bytes."""
    assert decode_file(encode_file(file)) == file
    assert (encode_file(file) == b"") is (file == CaseFile())


@given(st.lists(st.builds(OpenMatter, text, text, st.sampled_from(MatterKind), moment, moment), max_size=4).map(tuple))
def test_open_matters_are_read_as_they_were_written(found: tuple[OpenMatter, ...]) -> None:
    """None are no bytes, as in records of earlier versions."""
    assert decode_open(encode_open(found)) == found
    assert encode_open(()) == b""


async def test_a_decision_reads_the_short_form_only(store: Store) -> None:
    """The words stay where people and writers read them; a customer of an earlier version has neither."""
    ref, old = store.identity.customer("c1"), store.identity.customer("c2")
    await store.customers.write(
        [
            CustomerWrite(ref, 0, file=FILE, matters=OPEN, bump_guard=True),
            CustomerWrite(old, 0, profile=Profile({"age": 40}, known=True)),
        ]
    )
    (state,) = (await store.reader.read([ref])).states
    assert (state.file, state.matters) == (FILE, OPEN)
    lean, plain = [one.state for one in await each_seen(store, [ref, old])]
    assert (lean.file, lean.matters, b"Late" in lean.blobs.matters) == (CaseFile(), OPEN, False)
    assert (plain.file, plain.matters, plain.profile.attributes) == (CaseFile(), (), {"age": 40})


async def test_a_decision_made_before_a_matter_was_opened_is_stale(store: Store) -> None:
    """The version that opening bumps is the one that the commit compares."""
    ref = store.identity.customer("c1")
    before = commit(store, ref, "r1")
    await store.customers.write([CustomerWrite(ref, 0, file=FILE, matters=OPEN, bump_guard=True)])
    (stale,) = await store.decisions.commit([before])
    assert not isinstance(stale, Exception)
    assert stale.status is CommitStatus.STALE
    (again,) = await store.decisions.commit([replace(before, guard_version=1)])
    assert not isinstance(again, Exception)
    assert again.status is CommitStatus.COMMITTED


async def test_who_moves_into_a_household_takes_everything_along(store: Store) -> None:
    """File and open matters lie where the customer lives."""
    ref = store.identity.customer("c1")
    await store.customers.write([CustomerWrite(ref, 0, file=FILE, matters=OPEN, bump_guard=True)])
    home = store.identity.household("the house")
    await store.households.place(ref, home)
    (state,) = (await store.reader.read([ref])).states
    assert (state.file, state.matters, state.household.ref) == (FILE, OPEN, home.ref)
