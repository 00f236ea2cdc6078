"""What a decision costs as catalogues, candidates and customers grow in number."""

from __future__ import annotations

from nba_server.bench import figures, swaps
from nba_server.bench.figures import Spread
from nba_server.bench.scenario import Scenario
from nba_server.bench.world import Run, best_transport
from nba_server.errors import FailedPrecondition

SMALL = "small"
SCENARIOS = {
    SMALL: Scenario(50, 50),
    "actions_1000": Scenario(1_000, 50),
    "actions_10000": Scenario(10_000, 50),
    "candidates_1000": Scenario(1_000, 1_000),
}
FEW, MANY = 10_000, 1_000_000
LARGE = Scenario(2_500, 100)


def costs(run: Run) -> None:
    """Processor time of the worker a decision. The small catalogue has 50 actions: with fewer, 50 cannot reach scoring."""
    found: dict[str, Spread] = {}
    for name in SCENARIOS:
        run.attempt((f"cost_{name}",), f"Growing catalogues: {name}", lambda name=name: _cost(run, name, found))  # type: ignore[misc]
    run.detail["worker_cpu_us"] = found


def _cost(run: Run, name: str, found: dict[str, Spread]) -> None:
    with (
        run.stored(name, SCENARIOS[name], customers=FEW) as stored,
        run.serving(stored, best_transport()) as ours,
    ):
        found[name] = figures.cost(ours, run.sizes.rounds, run.sizes.seconds)
    if name == SMALL:
        return
    if SMALL not in found:
        raise FailedPrecondition("There is nothing to compare with: the small catalogue could not be measured")
    run.found[f"cost_{name}"] = found[name].median / found[SMALL].median


def large(run: Run) -> None:
    """The latency of a lone decision in the largest catalogue that a leading product allows."""
    with run.stored("large", LARGE, customers=FEW) as stored, run.serving(stored, best_transport()) as ours:
        alone = [ours.decide(seconds=run.sizes.seconds, in_flight=1) for _ in range(run.sizes.rounds)]
    run.detail["actions_2500"] = {
        "lone_p50_us": Spread.of([window["p50_us"] for window in alone]),
        "lone_p99_us": Spread.of([window["p99_us"] for window in alone]),
    }


def long(run: Run) -> None:
    """What the quick form leaves out."""
    run.attempt(("p50_customers_1m",), "A million customers", lambda: _million(run))
    run.attempt(("swaps",), "Swaps of model and catalogue under load", lambda: swaps.under_load(run))


def _million(run: Run) -> None:
    found: dict[int, Spread] = {}
    for customers in (FEW, MANY):
        with (
            run.stored(f"customers_{customers}", Scenario(), customers=customers) as stored,
            run.serving(stored, best_transport()) as ours,
        ):
            alone = [ours.decide(seconds=run.sizes.seconds, in_flight=1)["p50_us"] for _ in range(run.sizes.rounds)]
            found[customers] = Spread.of(alone)
    run.detail["lone_p50_us_by_customers"] = {str(customers): spread for customers, spread in found.items()}
    run.found["p50_customers_1m"] = found[MANY].median / found[FEW].median
