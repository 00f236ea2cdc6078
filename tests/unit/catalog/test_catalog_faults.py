"""Every kind of fault: its exact line and column, what is wrong, and the mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from nba_server.adapters.catalog import CatalogFaulty, compile_folder, compile_text
from tests.unit.catalog.conftest import BODY, HEAD
from tests.unit.catalog.fault_cases import CASES, GOLD, WHOLE


def faults_of(text: str, *more: str) -> list[str]:
    """The faults of a catalogue text, as lines."""
    with pytest.raises(CatalogFaulty) as caught:
        compile_text(text, *more)
    return list(caught.value.faults)


@pytest.mark.parametrize(
    ("old", "new", "where", "what", "mend"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_fault_is_placed_and_mended(old: str, new: str, where: tuple[int, int], what: str, mend: str) -> None:
    """One thing wrong gives one fault, at its line and column, with what is wrong and the mend."""
    assert WHOLE.count(old) >= 1
    (fault,) = faults_of(WHOLE.replace(old, new, 1))
    assert fault.startswith(f"catalog.yaml:{where[0]}:{where[1]}: ")
    assert what in fault
    assert mend in fault


def test_a_file_that_is_no_yaml_is_reported_alone() -> None:
    """Nothing is called unknown that a broken file may declare."""
    (fault,) = faults_of(HEAD + "classes: [\n", BODY)
    assert fault.startswith("catalog.yaml:")
    assert "not YAML" in fault


def test_all_faults_come_at_once_across_files() -> None:
    """Faults of schema, references and rules in several files are one report, ordered by place."""
    found = faults_of(
        HEAD.replace("hero: {channel: web", "hero: {channel: wbe"),
        BODY.replace("customer.age >= 18", "customer.agee > 1 && customer.incme > 2.0").replace(
            "value: 10", "value: -1"
        ),
        "aktions: []\n",
    )
    assert [fault.split(": ")[0] for fault in found] == [
        "catalog-2.yaml:10:31",
        "catalog-2.yaml:10:52",
        "catalog-2.yaml:14:20",
        "catalog-3.yaml:1:1",
        "catalog.yaml:16:19",
    ]


def test_ids_are_unique_across_files() -> None:
    """The second use of an id names the place of the first one."""
    (fault,) = faults_of(HEAD, BODY, "contact_policies:\n  - {id: weekly, cap: 2, window: 1d}\n")
    assert fault.startswith(
        "catalog-3.yaml:2:10: the id `weekly` is used twice in contact_policies (first at catalog-2.yaml:"
    )


def test_flat_groups_and_actions_name_parents_that_exist() -> None:
    """A flat list's wrong group is found with a proposal."""
    flat = "actions:\n  - {id: x, group: crads, title: X, value: 1, treatments: [{id: t, channel: web}]}\n"
    assert faults_of(HEAD, BODY, flat) == ["catalog-3.yaml:2:20: unknown group `crads`; did you mean `cards`?"]


@pytest.mark.parametrize(
    ("written", "line", "column"),
    [
        ("when: |\n      customer.vip &&\n      customer.agee > 3", 15, 7),
        ("when: >-\n      customer.vip\n      && customer.agee > 3", 15, 10),
        ('when: "customer.vip && customer.agee > 3"', 13, 28),
        ("when: 'context.reason == ''a'' && customer.agee > 3'", 13, 39),
        ('when: "context.reason == \\"a\\" && customer.agee > 3"', 13, 39),
        ("when: customer.vip &&\n      customer.agee > 3", 14, 7),
    ],
    ids=["literal", "folded", "double quoted", "single quoted", "escaped", "plain over two lines"],
)
def test_places_in_rules_of_every_yaml_style(written: str, line: int, column: int) -> None:
    """Whatever YAML style an expression is written in, the fault stands where the name stands in the file."""
    rules = (
        "issues: [{id: i}]\ngroups:\n- id: g\n  issue: i\n  eligibility:\n  - id: r\n    text: no\n"
        "actions:\n- {id: a, group: g, title: A, value: 1, treatments: [{id: t, channel: web}]}\n"
    )
    padding = 13 - rules.count("\n", 0, rules.index("    text")) - 1
    text = "#\n" * padding + rules.replace("    text: no", f"    {written}\n    text: no")
    assert faults_of(HEAD, text) == [
        f"catalog-2.yaml:{line}:{column}: unknown fact `customer.agee`; did you mean `customer.age`?"
    ]


def test_yaml_syntax_fault_has_its_place() -> None:
    """A text with a colon that is not in quotes is told as such."""
    (fault,) = faults_of(WHOLE.replace("title: Gold card", "title: Gold: card"))
    assert fault.startswith(f"catalog.yaml:{GOLD + 1}:")
    assert "quotes" in fault


def test_tabs_are_told() -> None:
    """A tab in the indentation is named as the reason."""
    assert "not tabs" in faults_of("catalog:\n\tname: x\n")[0]


def test_folder_faults(tmp_path: Path) -> None:
    """A missing folder, an empty one, a file that is not UTF-8 and a `.yml` file are told."""
    with pytest.raises(CatalogFaulty, match="no such folder"):
        compile_folder(tmp_path / "nowhere")
    with pytest.raises(CatalogFaulty, match="no catalogue here"):
        compile_folder(tmp_path)
    (tmp_path / "a.yaml").write_bytes("catalog: {name: ü}".encode("latin-1"))
    (tmp_path / "b.yml").write_text("{}", encoding="utf-8")
    with pytest.raises(CatalogFaulty) as caught:
        compile_folder(tmp_path)
    assert any("a.yaml:1:1: not UTF-8" in fault for fault in caught.value.faults)
    assert any(
        "b.yml:1:1: files that end in .yml are not read; rename it to b.yaml" in fault for fault in caught.value.faults
    )


def test_history_that_is_too_short_for_a_rule_is_told() -> None:
    """A rule that looks back a year needs a ledger of a year."""
    text = WHOLE.replace("currency: EUR}", "currency: EUR, history: 90d}")
    (fault,) = faults_of(text.replace("customer.age >= 18", "history.presented_365d == 0"))
    assert "looks back further than the history that is kept" in fault


def test_fixed_facts_cannot_be_declared() -> None:
    """An attribute may not take a fixed fact's name, nor a word of CEL."""
    (taken,) = faults_of(WHOLE.replace("vip: {type: boolean}", "segments: {type: strings}"))
    assert "`customer.segments` is a fixed fact already" in taken
    (word,) = faults_of(WHOLE.replace("vip: {type: boolean}", "in: {type: boolean}"))
    assert "`in` is a word of CEL" in word


def test_a_catalogue_needs_a_head() -> None:
    """Without the section `catalog` the mend says what to add; two of them are one too many."""
    assert "add `catalog:`" in faults_of(BODY.split("contact_policies")[0].replace("eligibility", "eligibility"))[0]
    found = faults_of(HEAD, BODY, "catalog: {name: other}\n")
    assert found == ["catalog.yaml:1:1: `catalog` is already in catalog-3.yaml; keep one of the two"]
