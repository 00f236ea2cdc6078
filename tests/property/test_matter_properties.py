"""What holds for every sequence of happenings: repeats and order do no harm, two copies merge into one, closing is final."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from nba_server.domain.case_file import CaseFile, merged_files
from nba_server.domain.casework import closed_by_hand, handled
from nba_server.domain.happening import Happening, HappeningKind, key_of
from nba_server.domain.matter import Closing, Entry, Matter, MatterKind, merged, with_closing, with_entry
from nba_server.domain.matter_rule import MatterRule, Mutes

EXAMPLES = settings(max_examples=300, deadline=None, derandomize=True)
NOW_MS = 10_000
RULES = (
    MatterRule("fault", "Fault", frozenset({MatterKind.SERVICE_CASE}), Mutes(issues=frozenset({"sell"}))),
    MatterRule("wrong", "Complaint", frozenset({MatterKind.COMPLAINT}), Mutes(), closes_on_case=False),
    MatterRule("low", "Score", frozenset({MatterKind.SCORE}), Mutes(), below=7.0, closes_on_score=True),
)

CASE_EVENTS = st.lists(
    st.builds(
        lambda kind, at, case: Happening(kind, key_of(f"{kind}-{at}-{case}"), at, case_id=case, text=f"said at {at}"),
        kind=st.sampled_from([HappeningKind.CASE_OPENED, HappeningKind.CASE_CLOSED]),
        at=st.integers(1, 30),
        case=st.sampled_from(["T-1", "T-2"]),
    ),
    max_size=8,
    unique_by=lambda what: what.key,
)
ENTRIES = st.builds(
    lambda at, key, opens: Entry(at, f"e{key}", opens=opens), st.integers(1, 50), st.integers(0, 40), st.booleans()
)


def built(entries: Sequence[Entry], closings: Sequence[int], lasts_ms: int) -> Matter:
    """A matter with all of it."""
    matter = Matter("m", "fault", MatterKind.SERVICE_CASE, "T-1", lasts_ms)
    for entry in entries:
        matter = with_entry(matter, entry)
    for at in closings:
        matter = with_closing(matter, Closing(at))
    return matter


MATTERS = st.builds(
    built,
    st.lists(ENTRIES, max_size=5, unique_by=lambda entry: entry.key),
    st.lists(st.integers(1, 50), max_size=3),
    st.sampled_from([0, 5]),
)


def file_after(events: Sequence[Happening]) -> CaseFile:
    """The file after the events in this order."""
    file = CaseFile()
    for what in events:
        file = handled(file, what, RULES, NOW_MS).file
    return file


def standing(file: CaseFile) -> object:
    """What people see of the file, whatever the order in which it was made."""
    return sorted((m.id, m.rule, m.open_at(NOW_MS), m.entries, m.closing) for m in file.matters)


@EXAMPLES
@given(CASE_EVENTS, st.integers(0, 1000))
def test_service_cases_end_alike_in_every_order(events: list[Happening], seed: int) -> None:
    """Whatever order opened and closed arrive in, the same cases are open, with the same words and closing notes."""
    shuffled = list(events)
    Random(seed).shuffle(shuffled)
    assert standing(file_after(events)) == standing(file_after(shuffled))


@EXAMPLES
@given(CASE_EVENTS)
def test_a_case_is_open_when_its_last_word_opened_it(events: list[Happening]) -> None:
    """An independent count: open means that nothing closed it at or after its last opening."""
    found = {matter.case_id: matter.open_at(NOW_MS) for matter in file_after(events).matters}
    for case in ("T-1", "T-2"):
        opened = [what.at_ms for what in events if what.case_id == case and what.kind is HappeningKind.CASE_OPENED]
        closed = [what.at_ms for what in events if what.case_id == case and what.kind is HappeningKind.CASE_CLOSED]
        if opened:
            assert found[case] is (max(opened) > max(closed, default=0))
        else:
            assert case not in found


@EXAMPLES
@given(CASE_EVENTS)
def test_repeats_change_nothing(events: list[Happening]) -> None:
    """Every event twice is every event once."""
    once = file_after(events)
    again = [handled(once, what, RULES, NOW_MS) for what in events]
    assert all(found.repeated and found.file is once for found in again)


@EXAMPLES
@given(MATTERS, MATTERS, MATTERS)
def test_merging_is_a_join(one: Matter, two: Matter, three: Matter) -> None:
    """Two copies merge alike in either order, a third one joins at any time, and merging with itself changes nothing."""
    assert merged(one, two) == merged(two, one)
    assert merged(merged(one, two), three) == merged(one, merged(two, three))
    assert merged(one, one) == one
    both = merged(one, two)
    lasting = replace(both, lasts_ms=0)
    assert lasting.last_ms == max(one.last_ms, two.last_ms)


@EXAMPLES
@given(CASE_EVENTS, CASE_EVENTS)
def test_merged_files_know_what_either_knew(left: list[Happening], right: list[Happening]) -> None:
    """A repeat of any event of either file is a repeat for both, and the order of the two does not matter."""
    one, two = file_after(left), file_after(right)
    both = merged_files(one, two)
    assert standing(both) == standing(merged_files(two, one))
    assert all(handled(both, what, RULES, NOW_MS).repeated for what in (*left, *right))


@EXAMPLES
@given(st.lists(st.integers(0, 10), min_size=1, max_size=8))
def test_a_score_matter_follows_the_newest_score(scores: list[int]) -> None:
    """In their order: below the bar opens or stays open, at the bar or above it closes; never two are open at once."""
    file = CaseFile()
    for at, score in enumerate(scores, 1):
        file = handled(file, Happening(HappeningKind.SCORE, key_of(f"s{at}"), at, value=score), RULES, NOW_MS).file
        open_now = file.open(NOW_MS)
        assert len(open_now) <= 1
        assert bool(open_now) is (score < 7)


@EXAMPLES
@given(st.lists(st.sampled_from(["open", "close"]), min_size=1, max_size=8))
def test_opening_twice_is_one_and_closing_is_idempotent(words: list[str]) -> None:
    """By hand too: at most one matter of the rule is open, and closing what is closed leaves its first note."""
    file = CaseFile()
    for at, word in enumerate(words, 1):
        if word == "open":
            what = Happening(HappeningKind.BY_HAND, key_of(f"h{at}"), at * 10, rule="wrong")
            file = handled(file, what, RULES, at * 10).file
            assert len(file.open(at * 10)) == 1
            continue
        for matter in file.matters:
            was_open = matter.open_at(at * 10)
            found = closed_by_hand(file, matter.id, Closing(at * 10, "desk", f"note {at}"))
            assert found.repeated is not was_open
            file = found.file
            twice = closed_by_hand(file, matter.id, Closing(at * 10 + 1, "desk", "another note"))
            assert twice.repeated
            assert twice.file is file
        assert not file.open(at * 10)
