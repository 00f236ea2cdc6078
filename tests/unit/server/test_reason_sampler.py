"""Why actions are removed is counted on a sample that holds nobody up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from prometheus_client import CollectorRegistry

from nba_server.domain.decision import decide
from nba_server.domain.reasons import Stage
from nba_server.observability.metrics import Metrics
from nba_server.observability.reasons import MOST, ReasonSampler
from tests.unit.domain.builder import Scorer, action, asking, catalog, rule


def test_a_large_catalogue_is_looked_at_in_parts() -> None:
    """Of 200 refused actions a few are asked for their reasons, others each time, and stand for all."""
    asked: list[int] = []
    names = [f"a{place:03d}" for place in range(200)]

    def refuses(facts: Any) -> bool:
        asked.append(1)
        return False

    rules = (rule("never", refuses, tuple(range(200)), stage=Stage.ELIGIBILITY),)
    shop, scorer, registry = catalog(*(action(name) for name in names), rules=rules), Scorer(), CollectorRegistry()
    given = cast("Any", SimpleNamespace(live=shop)), cast("Any", SimpleNamespace(live=scorer))
    sampler = ReasonSampler(*given, Metrics(registry), every=1)
    decision = decide([asking()], shop, scorer)[0]
    alone = len(asked)
    for turn in range(1, 3):
        asked.clear()
        sampler(decision)
        assert len(asked) <= alone + MOST
        labels = {"stage": "eligibility", "reason": "rule_failed"}
        counted = registry.get_sample_value("nba_sampled_removal_reasons_total", labels)
        assert counted == 200.0 * turn


def test_what_passes_unseen_is_counted() -> None:
    """The first and then every fifth is due, whether those between are shown or not."""
    shop, scorer = catalog(action("a")), Scorer()
    given = cast("Any", SimpleNamespace(live=shop)), cast("Any", SimpleNamespace(live=scorer))
    metrics = Metrics(CollectorRegistry())
    sampler = ReasonSampler(*given, metrics, every=5)
    decision = decide([asking()], shop, scorer)[0]
    assert sampler.due(1)
    sampler(decision)
    assert (sampler.due(4), sampler.due(5)) == (False, True)
    sampler.passed(3)
    assert (sampler.due(1), sampler.due(2)) == (False, True)
    sampler(decision)
    sampler(decision)
    assert metrics.samples._value.get() == 2.0
    assert not ReasonSampler(*given, metrics, every=0).due(1_000)


def test_a_brisk_server_is_looked_at_by_the_clock() -> None:
    """Every thousandth decision, and where a thousand take less than a second, the first turn behind the second's end."""
    shop, scorer, now = catalog(action("a")), Scorer(), [100.0]
    given = cast("Any", SimpleNamespace(live=shop)), cast("Any", SimpleNamespace(live=scorer))
    metrics = Metrics(CollectorRegistry())
    sampler = ReasonSampler(*given, metrics, every=1_000, clock=lambda: now[0])
    decision = decide([asking()], shop, scorer)[0]
    sampler(decision)
    sampler.passed(999)
    assert not sampler.due(1)
    sampler(decision)
    assert metrics.samples._value.get() == 1.0
    now[0] += 1.0
    assert (sampler.due(999), sampler.due(1_000)) == (False, True)
    sampler.passed(999)
    sampler(decision)
    assert metrics.samples._value.get() == 2.0
