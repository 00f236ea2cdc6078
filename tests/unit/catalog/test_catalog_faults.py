"""Every kind of fault: its exact line and column, what is wrong, and the mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from nba_server.adapters.catalog import CatalogFaulty, compile_folder, compile_text
from tests.unit.catalog.conftest import BODY, HEAD


def faults_of(text: str, *more: str) -> list[str]:
    """The faults of a catalogue text, as lines."""
    with pytest.raises(CatalogFaulty) as caught:
        compile_text(text, *more)
    return list(caught.value.faults)


WHOLE = HEAD + BODY
GOLD = WHOLE.splitlines().index("          - id: gold") + 1


def place(part: str, *, before: str = "") -> tuple[int, int]:
    """Line and column of a text in the whole catalogue, or of the text behind `before` in it."""
    at = WHOLE.index(before + part) + len(before)
    return WHOLE.count("\n", 0, at) + 1, at - WHOLE.rfind("\n", 0, at)


CASES = [
    # schema
    (
        "unknown key",
        "title: Gold card",
        "titel: Gold card",
        place("title: Gold card"),
        "unknown key `titel`",
        "did you mean `title`?",
    ),
    ("missing key", "            title: Gold card\n", "", (GOLD, 13), "`title` is missing", "add `title:`"),
    (
        "wrong type",
        "value: 10",
        "value: ten",
        place("10", before="value: "),
        "a number is needed here, not `ten`",
        "without quotes",
    ),
    (
        "number for text",
        "title: Gold card",
        "title: 3",
        place("Gold card", before="title: "),
        "a text is needed here, not `3`",
        "in quotes",
    ),
    (
        "nothing",
        "title: Gold card",
        "title:",
        (GOLD + 1, 19),
        "a text is needed here, not nothing",
        "leave the key out",
    ),
    (
        "wrong word",
        "direction: outbound",
        "direction: outbond",
        place("outbound"),
        "`outbond` is not possible here",
        "did you mean `outbound`?",
    ),
    ("duration", "window: 7d", "window: 7 days", place("7d"), "`7 days` cannot be read", "7d or 2w"),
    ("cap", "cap: 1,", "cap: -1,", place("1,", before="cap: "), "`-1` is out of range", "at least 0"),
    (
        "field name",
        "vip: {type: boolean}",
        "Vip: {type: boolean}",
        place("vip: {"),
        "`Vip` cannot be a name here",
        "lower-case",
    ),
    ("id", "id: gold\n", "id: gold card\n", place("gold\n"), "`gold card` cannot be read", "up to 64 letters"),
    (
        "outcome",
        "[rejected]",
        "[refused]",
        place("rejected"),
        "`refused` is not possible here",
        "known: accepted, clicked",
    ),
    # references
    (
        "channel",
        "{id: m, channel: email",
        "{id: m, channel: mail",
        place("email, content"),
        "unknown channel `mail`",
        "did you mean `email`?",
    ),
    (
        "channel like no other",
        "{id: m, channel: email",
        "{id: m, channel: fax",
        place("email, content"),
        "unknown channel `fax`",
        "declare it under `channels:`; known: ",
    ),
    (
        "channel of a limit",
        "channels: [email]",
        "channels: [emial]",
        place("email]"),
        "unknown channel `emial`",
        "did you mean `email`?",
    ),
    (
        "channel of a placement",
        "mail: {channel: email}",
        "mail: {channel: emil}",
        place("email}"),
        "unknown channel `emil`",
        "did you mean `email`?",
    ),
    (
        "group of a weight",
        "id: cards, percent",
        "id: card, percent",
        place("cards, percent"),
        "unknown group `card`",
        "did you mean `cards`?",
    ),
    (
        "field of a weight",
        "key: reason",
        "key: raeson",
        place("reason, value"),
        "unknown context field `raeson`",
        "did you mean `reason`?",
    ),
    (
        "value of a weight",
        "value: order",
        "value: 7",
        place("order, scope"),
        "a text is needed here, not `7`",
        "in quotes",
    ),
    ("time zone", "Europe/Berlin", "Europe/Bonn", place("Europe/Berlin"), "unknown time zone `Europe/Bonn`", "IANA"),
    # worth, ids, treatments
    (
        "value",
        "value: 10",
        "value: 0",
        place("10", before="value: "),
        "the action `gold` is worth 0",
        "mandatory: true",
    ),
    (
        "doubled action",
        "- id: silver",
        "- id: gold",
        place("silver\n"),
        "the id `gold` is used twice in actions",
        "another id",
    ),
    (
        "doubled treatment",
        "{id: m,",
        "{id: w,",
        place("m, channel"),
        "the id `w` is used twice in the action",
        "another id",
    ),
    (
        "doubled key",
        "value: 10\n",
        "value: 10\n            value: 11\n",
        (GOLD + 3, 13),
        "`value` is written twice (first in line",
        "merge",
    ),
    (
        "no treatment",
        "            treatments:\n              - {id: w, channel: web, content: {title: Gold}}\n",
        "",
        (GOLD, 17),
        "the approved action `gold` has no treatment",
        "status: draft",
    ),
    (
        "two treatments",
        "{id: m, channel: email",
        "{id: m, channel: web",
        place("m, channel"),
        "two approved treatments for the placement `hero`: `w` and `m`",
        "different placements",
    ),
    (
        "placement elsewhere",
        "{id: w, channel: web, content: {title: Gold}}",
        "{id: w, channel: web, placements: [mail], content: {title: Gold}}",
        (GOLD + 4, 52),
        "the placement `mail` is on the channel `email`",
        "placements of `web`",
    ),
    (
        "level related",
        "pause: 30d}",
        "pause: 30d, level: related}",
        place("{id: rest"),
        "names no attribute",
        "add `attribute:`",
    ),
    # dates
    (
        "date",
        "value: 10",
        "value: 10\n            end: 2026-02-30",
        (GOLD + 3, 18),
        "`2026-02-30` is no date",
        "2026-03-31",
    ),
    (
        "order of dates",
        "value: 10",
        "value: 10\n            start: 2026-02-02\n            end: 2026-02-01",
        (GOLD + 4, 18),
        "ends before it starts",
        "swap",
    ),
    (
        "form of a date",
        "value: 10",
        "value: 10\n            end: 1.2.2026",
        (GOLD + 3, 18),
        "`1.2.2026` cannot be read",
        "2026-03-31",
    ),
    # action attributes
    (
        "attribute",
        "value: 10",
        "value: 10\n            attributes: {teir: x}",
        (GOLD + 3, 26),
        "unknown action attribute `teir`",
        "did you mean `tier`?",
    ),
    (
        "attribute's type",
        "value: 10",
        "value: 10\n            attributes: {tier: 3}",
        (GOLD + 3, 32),
        "a text is needed here, not `3`",
        "in quotes",
    ),
    # rules
    (
        "unknown fact",
        "customer.age >=",
        "customer.agee >=",
        place("customer.age"),
        "unknown fact `customer.agee`",
        "did you mean `customer.age`?",
    ),
    (
        "unknown fact that is asked for",
        "customer.age >= 18",
        "has(customer.agee)",
        (WHOLE[: WHOLE.index("customer.age")].count("\n") + 1, 31 + 4),
        "unknown fact `customer.agee`",
        "did you mean `customer.age`?",
    ),
    (
        "bare fact",
        "customer.age >=",
        "age >=",
        place("customer.age"),
        "unknown fact `age`",
        "did you mean `customer.age`?",
    ),
    (
        "undeclared fact",
        "customer.age >=",
        "context.zzz >=",
        place("customer.age"),
        "unknown fact `context.zzz`",
        "declare it under `context:`",
    ),
    (
        "double and int",
        "customer.age >= 18",
        "customer.income >= 18",
        (WHOLE[: WHOLE.index("customer.age")].count("\n") + 1, 31 + 16),
        "`>=` does not work on double and int",
        "18.0 instead of 18",
    ),
    (
        "text and int",
        "customer.age >= 18",
        "context.reason == 18",
        (WHOLE[: WHOLE.index("customer.age")].count("\n") + 1, 31 + 15),
        "`==` does not work on string and int",
        "in quotes",
    ),
    ("not bool", "customer.age >= 18", "customer.age + 18", place("customer.age"), "this is of type int", "compare it"),
    (
        "single =",
        "customer.age >= 18",
        "customer.age = 18",
        (WHOLE[: WHOLE.index("customer.age")].count("\n") + 1, 31 + 13),
        "is not expected here",
        "`==`",
    ),
    (
        "cut off",
        "customer.age >= 18",
        "customer.age >=",
        (WHOLE[: WHOLE.index("customer.age")].count("\n") + 1, 31 + 15),
        "ends too early",
        "",
    ),
    (
        "unknown function",
        "customer.age >= 18",
        "context.reason.startWith('x')",
        (WHOLE[: WHOLE.index("customer.age")].count("\n") + 1, 31 + 15),
        "unknown function `startWith`",
        "did you mean `startsWith`?",
    ),
    (
        "skipped rule",
        "value: 10",
        "value: 10\n            skip_group_rules: [adlt]",
        (GOLD + 3, 32),
        "its group has no rule `adlt`",
        "did you mean `adult`?",
    ),
]


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
