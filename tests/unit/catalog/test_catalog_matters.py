"""Matters, events and conversions in the catalogue: what they compile to, their faults with places, format and differences."""

from __future__ import annotations

import orjson
import pytest

from nba_server.adapters.catalog import CatalogFaulty, compile_snapshot, compile_text
from nba_server.adapters.catalog.case_file import read_cases
from nba_server.adapters.catalog.case_run import run_case
from nba_server.adapters.catalog.difference import differences
from nba_server.adapters.catalog.faults import Faults
from nba_server.domain.event_rule import Conversion, EventKind, EventPart, EventRule
from nba_server.domain.matter import MatterKind
from nba_server.domain.matter_rule import MatterRule, Mutes
from tests.unit.catalog.conftest import BODY, HEAD

DAY_MS = 86_400_000
MATTERS = """\
matters:
  - id: unhappy
    title: Low score
    opens_on: [score]
    below: 7
    measures: [nps]
    closes_on: [score]
    lasts: 60d
    mutes: {issues: [sales], attributes: {tier: [gold, silver]}}
  - id: fault
    title: Fault
    opens_on: [service_case]
    mutes: {actions: [gold]}
events:
  purchase: {products: true, set: {since: occurred_at}}
  score: {set: {income: value}}
"""


def test_matters_compile_to_the_domains_records() -> None:
    """Rules are sorted by id, attribute values are keys, and the snapshot reads back as the same."""
    compiled = compile_text(HEAD, BODY, MATTERS)
    fault, unhappy = compiled.catalog.matters
    assert fault == MatterRule(
        "fault", "Fault", frozenset({MatterKind.SERVICE_CASE}), Mutes(actions=frozenset({"gold"}))
    )
    assert unhappy.mutes == Mutes(issues=frozenset({"sales"}), attributes=frozenset({"tier=gold", "tier=silver"}))
    assert (unhappy.below, unhappy.lasts_ms, unhappy.closes_on_score) == (7.0, 60 * DAY_MS, True)
    assert not unhappy.closes_on_case
    assert compile_snapshot(compiled.canonical).matters == compiled.catalog.matters


def test_events_compile_to_what_they_set() -> None:
    """Each attribute with the part of the event that it takes."""
    rules = compile_text(HEAD, BODY, MATTERS).catalog.events.profile
    assert rules == {
        EventKind.PURCHASE: EventRule((("since", EventPart.OCCURRED_AT),), products=True),
        EventKind.SCORE: EventRule((("income", EventPart.VALUE),)),
    }


def test_conversions_take_the_catalogues_window_unless_the_action_has_its_own() -> None:
    """A product is enough to convert on; an action with neither product nor `converts_on` never converts."""
    head = HEAD.replace("currency: EUR", "currency: EUR, conversion_window: 30d")
    body = BODY.replace("value: 10\n", "value: 10\n            product: card\n").replace(
        "weight: -3\n", "conversion_window: 2d\n            converts_on: {categories: [cards]}\n"
    )
    assert compile_text(head, body).catalog.events.conversions == {
        "gold": Conversion(30 * DAY_MS, frozenset({"card"})),
        "silver": Conversion(2 * DAY_MS, categories=frozenset({"cards"})),
    }


def test_only_a_catalogue_that_uses_them_has_the_new_format() -> None:
    """Older servers of a fleet refuse what they would not heed, and keep reading everything else."""
    assert orjson.loads(compile_text(HEAD, BODY).canonical)["format"] == 1
    assert orjson.loads(compile_text(HEAD, BODY, MATTERS).canonical)["format"] == 3


def test_a_change_is_told_as_people_write_it() -> None:
    """A new matter is summed up by its title; a change names what differs."""
    documents = [
        orjson.loads(compile_text(HEAD, BODY, *more).canonical)
        for more in ((), (MATTERS,), (MATTERS.replace("below: 7", "below: 6").replace("lasts: 60d", "lasts: 30d"),))
    ]
    added = [str(change) for change in differences(documents[0], documents[1])]
    assert "added matter fault: Fault" in added
    assert "added event score: sets income" in added
    assert [str(change) for change in differences(documents[1], documents[2])] == [
        "changed matter unhappy: below 7 → 6, lasts 60d → 30d"
    ]


@pytest.mark.parametrize(
    ("old", "new", "place", "what", "mend"),
    [
        ("issues: [sales]", "issues: [sale]", "9:22", "unknown issue `sale`", "did you mean `sales`?"),
        ("actions: [gold]", "actions: [golf]", "13:23", "unknown action `golf`", "did you mean `gold`?"),
        ("{tier: [gold", "{teir: [gold", "9:43", "unknown action attribute `teir`", "did you mean `tier`?"),
        ("[gold, silver]", "[gold, 5]", "9:", "is needed here, not `5`", ""),
        ("    below: 7\n", "", "4:15", "the matter `unhappy` names no bar", "add `below:`"),
        ("opens_on: [score]", "opens_on: [complaint]", "5:12", "`below` without scores", "opens_on: [score]"),
        ("opens_on: [service_case]", "opens_on: [service]", "12:16", "`service` is not possible here", "service_case"),
        ("mutes: {actions: [gold]}", "mutes: {}", "13:12", "this must not be empty", "name `actions:`"),
        ("{since: occurred_at}", "{sinec: occurred_at}", "15:36", "unknown attribute `sinec`", "did you mean `since`?"),
        ("{since: occurred_at}", "{since: value}", "15:43", "`value` is a number, the attribute `since` a time", ""),
        ("{income: value}", "{income: category}", "16:25", "a score has no `category`", "occurred_at, value"),
        ("id: fault", "id: rest", "10:9", "the id `rest` is that of a suppression", "another id"),
    ],
)  # fmt: skip
def test_faults(old: str, new: str, place: str, what: str, mend: str) -> None:
    """What is wrong is told where it stands, with the mend."""
    assert MATTERS.count(old) == 1
    with pytest.raises(CatalogFaulty) as caught:
        compile_text(HEAD, BODY, MATTERS.replace(old, new))
    found = [str(fault) for fault in caught.value.faults]
    assert any(what in text and mend in text and f":{place}" in text for text in found), found


def test_an_action_without_a_window_or_a_product_cannot_convert() -> None:
    """Both halves of a conversion must be there."""
    for extra, said in (
        ("converts_on: {products: [x]}", "has no window to convert in"),
        ("conversion_window: 3d", "converts on nothing"),
    ):
        with pytest.raises(CatalogFaulty, match=said):
            compile_text(HEAD, BODY.replace("weight: -3\n", f"{extra}\n"))


CASES = """\
channel: web
placement: hero
tests:
  - name: An open matter mutes
    customer:
      attributes: {age: 40}
      consents: [advertising]
      matters: [{rule: fault, ago: 3d}]
    expect: {ranking: [silver], removed: {gold: fault}}
  - name: A closed one does not
    customer:
      attributes: {age: 40}
      consents: [advertising]
      matters: [{rule: fault, ago: 3d, closed: 1d}]
    expect: {ranking: [gold, silver]}
  - name: A low score on an earlier contact opens one
    customer:
      attributes: {age: 40}
      consents: [advertising]
      contacts:
        - {action: gold, channel: web, ago: 2d, outcomes: [{type: score, value: 4, ago: 1d}]}
    expect: {nothing: open_matter}
"""


def test_cases_of_a_catalogue_know_matters() -> None:
    """`*_test.yaml` opens matters by name and by the outcomes of contacts, and closes them."""
    catalog = compile_text(HEAD, BODY, MATTERS.replace("    measures: [nps]\n", "")).catalog
    faults = Faults()
    results = [run_case(case, catalog) for case in read_cases("a_test.yaml", CASES, catalog, faults)]
    assert not faults.found
    assert [(result.name, result.failures) for result in results if result.failures] == []
    assert len(results) == 3


def test_a_case_names_only_rules_that_there_are() -> None:
    """A wrong name is a fault with its place."""
    catalog, faults = compile_text(HEAD, BODY, MATTERS).catalog, Faults()
    read_cases("a_test.yaml", CASES.replace("rule: fault, ago: 3d}", "rule: fautl, ago: 3d}"), catalog, faults)
    assert str(faults.found[0]).startswith("a_test.yaml:8:24")
