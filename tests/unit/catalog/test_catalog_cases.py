"""The catalogue's own tests: the real funnel, past contacts lived through, failures in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from nba_server.adapters.catalog import compile_text
from nba_server.adapters.catalog.case_file import read_cases
from nba_server.adapters.catalog.case_run import run_case
from nba_server.adapters.catalog.checked import check_folder
from nba_server.adapters.catalog.faults import Faults
from tests.unit.catalog.conftest import BODY, HEAD

EXAMPLE = Path(__file__).parents[3] / "examples" / "minimal"
CATALOG = compile_text(HEAD, BODY).catalog
ADULT = "customer: {attributes: {age: 30}, consents: [advertising]%s}"


def failures(case: str) -> tuple[str, ...]:
    """Runs one case, written as the lines of a test; the failures."""
    faults = Faults()
    lines = "\n".join(f"    {line}" for line in case.splitlines())
    text = f"channel: web\ntests:\n  - name: x\n{lines}\n"
    cases = read_cases("x_test.yaml", text, CATALOG, faults)
    assert not faults.found, faults.found
    return run_case(cases[0], CATALOG).failures


def faults_of(text: str) -> list[str]:
    """The faults of a test file, as lines."""
    faults = Faults()
    assert read_cases("x_test.yaml", text, CATALOG, faults) == []
    return [str(fault) for fault in faults.sorted()]


def test_minimal_example_is_sound() -> None:
    """The example of the documentation has no fault, and all of its tests pass."""
    checked = check_folder(EXAMPLE)
    assert checked.faults == ()
    assert [test.name for test in checked.tests if test.failures] == []
    assert len(checked.tests) >= 10
    assert checked.sound


def test_ranking_is_by_priority() -> None:
    """Prior x value x lever decides; the right ranking passes, the other order is told with what came out."""
    assert failures(ADULT % "" + "\nexpect: {ranking: [gold, silver]}") == ()
    assert failures(ADULT % "" + "\nexpect: {ranking: [silver, gold]}") == (
        "expected ranking [silver, gold], got [gold, silver]",
    )
    assert failures(ADULT % "" + "\nexpect: {actions: [silver, gold]}") == ()
    assert failures(ADULT % "" + "\nslots: 1\nexpect: {ranking: [gold]}") == ()


def test_removed_by_rule_limit_suppression_or_code() -> None:
    """A removed action is matched by the id of what removed it, or by the reason's code."""
    young = "customer: {attributes: {age: 17}, consents: [advertising]}\nexpect: {nothing: true, removed: {gold: %s}}"
    assert failures(young % "adult") == ()
    assert failures(young % "rule_failed") == ()
    (failure,) = failures(young % "missing_data")
    assert "rule_failed adult: Only adults." in failure


def test_missing_data_is_a_reason() -> None:
    """An unknown age removes, and the failure of a wrong expectation says what is not known."""
    (failure,) = failures("customer: {consents: [advertising]}\nexpect: {includes: [gold]}")
    assert "missing_data adult: Only adults. (not known: customer.age)" in failure


def test_past_rejections_suppress() -> None:
    """An outcome of the past has its effect: the suppression holds for its pause and not longer."""
    contact = ", contacts: [{action: gold, channel: web, ago: %s, outcomes: [{type: rejected, ago: %s}]}]"
    assert failures(ADULT % (contact % ("29d", "29d")) + "\nexpect: {actions: [silver], removed: {gold: rest}}") == ()
    assert failures(ADULT % (contact % ("31d", "31d")) + "\nexpect: {ranking: [gold, silver]}") == ()


def test_past_contacts_count_against_limits() -> None:
    """An e-mail within the limit's window leaves no room for another one; an older one does."""
    mail = ", contacts: [{action: silver, channel: email, ago: %s}]"
    wanted = "\nchannel: email\nexpect: %s"
    assert failures(ADULT % (mail % "6d") + wanted % "{nothing: true, removed: {silver: weekly}}") == ()
    assert failures(ADULT % (mail % "8d") + wanted % "{ranking: [silver]}") == ()


def test_opting_out_in_the_past_revokes() -> None:
    """An opt-out takes the consent back."""
    contact = ", contacts: [{action: silver, channel: web, ago: 5d, outcomes: [{type: opted_out}]}]"
    assert failures(ADULT % contact + "\nexpect: {nothing: true, removed: {gold: consent_revoked}}") == ()


def test_unknown_visitor_has_no_consent() -> None:
    """Without a customer nobody is known: advertising is not allowed."""
    assert failures("expect: {nothing: true, removed: {gold: consent_unknown}}") == ()


def test_times_in_the_future_fail_the_case() -> None:
    """Only the past can be given."""
    contact = ", contacts: [{action: silver, channel: web, at: 2027-01-01}]"
    (failure,) = failures(ADULT % contact + "\nexpect: {nothing: true}")
    assert "lies after the decision" in failure


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "tests: [{name: a, channel: wbe, expect: {nothing: true}}]",
            "x_test.yaml:1:28: unknown channel `wbe`; did you mean `web`?",
        ),
        (
            "tests: [{name: a, channel: web, expect: {ranking: [glod]}}]",
            "x_test.yaml:1:52: unknown action `glod`; did you mean `gold`?",
        ),
        (
            "tests: [{name: a, channel: web, customer: {attributes: {age: old}}, expect: {nothing: true}}]",
            "x_test.yaml:1:62: a whole number is needed here, not `old`; write a whole number",
        ),
        ("tests: [{name: a, channel: web}]", "x_test.yaml:1:9: `expect` is missing; add `expect:`"),
        ("tests: [{name: a, expect: {nothing: true}}]", "x_test.yaml:1:9: the case names no channel; add `channel:`"),
    ],
)
def test_faults_of_a_test_file_have_their_place(text: str, fault: str) -> None:
    """A test file is checked like a catalogue."""
    assert faults_of(text)[0].startswith(fault)
