"""Caps in the catalogue: what they compile to, their faults with places, hash and differences."""

from __future__ import annotations

import orjson
import pytest

from nba_server.adapters.catalog import CatalogFaulty, compile_snapshot, compile_text
from nba_server.adapters.catalog.difference import differences
from nba_server.domain.cap import Cap
from tests.unit.catalog.conftest import BODY, HEAD

DAY_MS = 86_400_000
PRICED = BODY.replace("value: 10\n", "value: 10\n            cost: 2.5\n").replace(
    "value: 5\n", "value: 5\n            cost: 0.4\n"
)
CAPS = """\
caps:
  - {id: stock, total: 1000, actions: [gold], window: 1d, pacing: even}
  - {id: money, budget: 5000, groups: [cards]}
"""


def test_caps_compile_to_the_domains_records() -> None:
    """Money in cents, with the units of the cheapest and the dearest offer; the snapshot reads back as the same."""
    compiled = compile_text(HEAD, PRICED, CAPS)
    money = Cap("money", 500_000, money=True, groups=frozenset({"cards"}), smallest=40, largest=250)
    stock = Cap("stock", 1000, DAY_MS, paced=True, actions=frozenset({"gold"}))
    assert compiled.catalog.caps == (money, stock)
    assert compile_snapshot(compiled.canonical).caps == (money, stock)
    assert [units.tolist() for _, units in compiled.catalog.plan.caps] == [[250, 40], [1, 0]]
    assert [cap.key for cap in compiled.catalog.caps] == ["money@m0", "stock@c86400000"]


def test_only_a_catalogue_with_caps_has_the_new_format() -> None:
    """Without caps format and hash stay, so that older servers of a fleet can read it."""
    assert orjson.loads(compile_text(HEAD, BODY).canonical)["format"] == 1
    assert orjson.loads(compile_text(HEAD, PRICED, CAPS).canonical)["format"] == 2


def test_a_change_is_told_as_people_write_it() -> None:
    """New caps are summed up by amount and window, and a window that goes is told."""
    old, more, new = (
        orjson.loads(compile_text(HEAD, PRICED, *text).canonical)
        for text in ((), (CAPS,), (CAPS.replace("1000", "900").replace("1d", "12h"),))
    )
    assert [str(change) for change in differences(old, more)] == [
        "added cap money: a budget of 5000 in all",
        "added cap stock: 1000 contacts in 1d",
    ]
    assert [str(change) for change in differences(more, new)] == [
        "changed cap stock: total `1000` → `900`, window 1d → 12h"
    ]


@pytest.mark.parametrize(
    ("old", "new", "place", "what", "mend"),
    [
        ("total: 1000", "total: 1000, budget: 3", "2:5", "the cap `stock` has both a total and a budget", "write `total:`"),
        ("total: 1000, ", "", "2:5", "the cap `stock` has neither a total nor a budget", "or `budget:` money"),
        ("actions: [gold], ", "", "2:5", "the cap `stock` counts nothing", "name `actions:` or `groups:`"),
        ("[gold]", "[gild]", "2:40", "unknown action `gild`", "did you mean `gold`?"),
        ("[cards]", "[crads]", "3:40", "unknown group `crads`", "did you mean `cards`?"),
        ("window: 1d, ", "", "2:55", "even over what has no end", "write a `window:`"),
        ("window: 1d", "window: 30s", "2:55", "`30s` cannot be read", "write total, or a duration of whole hours"),
        ("total: 1000", "total: 1.5", "2:24", "a whole number is needed here, not `1.5`", ""),
        ("id: money", "id: weekly", "3:10", "the id `weekly` is that of a contact limit", "another id"),
    ],
)  # fmt: skip
def test_faults(old: str, new: str, place: str, what: str, mend: str) -> None:
    """One thing wrong is one fault, where it stands, with the mend."""
    assert CAPS.count(old) == 1
    with pytest.raises(CatalogFaulty) as caught:
        compile_text(HEAD, PRICED, CAPS.replace(old, new))
    (fault,) = caught.value.faults
    assert fault.startswith(f"catalog-3.yaml:{place}: {what}")
    assert mend in fault


def test_a_budget_needs_costs() -> None:
    """Every action under it must say what a contact costs, else it would be for nothing."""
    with pytest.raises(CatalogFaulty) as caught:
        compile_text(HEAD, BODY, CAPS)
    faults = caught.value.faults
    assert [fault.split(": ", 1)[1].split(" has")[0] for fault in faults] == [
        "the action `gold` under a budget",
        "the action `silver` under a budget",
    ]
    assert all("give it the `cost:` of one contact" in fault for fault in faults)
