"""The benchmark measures what it says: its scenario has the promised rules, its load fresh requests, its counts the journal's."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from nba_server.adapters.catalog import compile_folder
from nba_server.bench import machine, population, recomputed
from nba_server.bench.figures import Spread, _fault
from nba_server.bench.scenario import Scenario, definition
from nba_server.bench.world import Run, Sizes, best_transport
from nba_server.domain.rule import RuleScope


def test_the_scenario_has_the_promised_rules(tmp_path: Path) -> None:
    """200 actions with two rules each: half read the customer only, a quarter customer and action, a quarter the action."""
    catalog = compile_folder(Scenario().write(tmp_path)).catalog
    clauses = [found for stage in catalog.plan.clauses.values() for found in (*stage.customer, *stage.pair)]
    scopes = Counter(clause.rule.scope for clause in clauses)
    assert len(catalog.actions) == 200
    assert scopes[RuleScope.CUSTOMER] == 200
    assert scopes[RuleScope.PAIR] == 100
    assert len(catalog.limits) == 4
    assert len(definition().features) == 30


def test_customers_are_the_same_in_every_run() -> None:
    """40 attributes and a ledger of 20 contacts, from the customer's number alone."""
    assert population.profile(7) == population.profile(7)
    assert population.profile(7) != population.profile(8)
    assert len(population.profile(7).attributes) == 40
    assert len(population.ledger(7, 1_767_225_600_000, 200)) == 20


@pytest.mark.timeout(180)  # grows a model of 100 trees and starts a server
def test_a_window_of_load_is_counted_as_the_journal_counts(tmp_path: Path) -> None:
    """Every answer is parsed and holds offers, none fails, the journal has as many entries, and all can be recomputed."""
    if shutil.which("cc") is None:
        pytest.skip("the load generator is compiled, and there is no C compiler here")
    run = Run(tmp_path, Sizes(1, 0.5, 500), machine.build_load(tmp_path), lambda what: None)
    with run.stored("small", Scenario()) as stored:
        with run.serving(stored, best_transport()) as bench:
            window = bench.decide(in_flight=4, seconds=0.5)
            assert window["answers"] == window["offers"] > 0
            assert recomputed.compare(stored.url, bench.port, 20) == {"asked": 20, "identical": 20}
        (counted,) = run.detail["journal"].values()
        assert counted["rows"] == counted["answers"]


def test_a_void_window_says_why() -> None:
    """In words, with how many calls failed and how long the slowest answer took."""
    window = {"answers": 96, "failed": 4, "unsent": 0, "offers": 96, "max_us": 1_050_000.0}
    assert _fault(window) == "4 of 100 calls failed; the slowest answer took 1.05 s"
    assert _fault(window | {"failed": 0, "offers": 90}) == "90 of 96 answers hold an offer, fewer than 95%"
    assert _fault(window | {"failed": 0, "unsent": 7}) == "7 calls could not be sent when they were due"
    assert not _fault(window | {"failed": 0})


def test_spread_names_median_and_ends() -> None:
    """The median of an odd number is the middle one."""
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0, (3.0, 1.0, 2.0))
