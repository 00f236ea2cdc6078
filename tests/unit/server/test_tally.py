"""What is added up reaches the instruments, whole and once."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge

from nba_server.observability import tally
from nba_server.observability.tally import BulkHistogram, Tally
from tests.store.builders import until

VALUES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 99.0)


def histogram(registry: CollectorRegistry) -> BulkHistogram:
    """Of two kinds, the first."""
    return BulkHistogram("seconds", "Some.", ["kind"], buckets=(1.0, 2.0), registry=registry).labels("one")


def test_many_values_at_once_are_the_same_as_one_by_one() -> None:
    """Buckets, borders included, sum and count."""
    found = []
    for at_once in (True, False):
        registry = CollectorRegistry()
        instrument = histogram(registry)
        if at_once:
            instrument.observe_all(VALUES)
        else:
            for value in VALUES:
                instrument.observe(value)
        found.append([s.value for m in registry.collect() for s in m.samples if not s.name.endswith("_created")])
    assert found[0] == found[1] == [3.0, 5.0, 7.0, 7.0, 107.0]


async def test_who_reads_the_registry_reads_what_is_true_now() -> None:
    """Without waiting for the next time that all is told."""
    registry = CollectorRegistry()
    told = Tally(registry)
    calls, busy = Counter("calls", "Some.", registry=registry), Gauge("busy", "Some.", registry=registry)
    instrument = histogram(registry)
    for _ in range(3):
        told.add(calls)
        told.add(busy)
        told.observe(instrument, 1.5)
    told.add(busy, -1)
    assert registry.get_sample_value("calls_total") == 3
    assert registry.get_sample_value("busy") == 2
    assert registry.get_sample_value("seconds_count", {"kind": "one"}) == 3


async def test_all_is_told_some_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what somebody else adds up, once each time."""
    monkeypatch.setattr(tally, "EVERY_S", 0.001)
    told, others = Tally(CollectorRegistry()), list[int]()

    def settle() -> None:
        others.append(1)

    for turn in (1, 2):
        told.later(settle)
        told.later(settle)
        await until(lambda turn=turn: len(others) == turn)  # type: ignore[misc]
    await asyncio.sleep(0.01)
    assert len(others) == 2


def test_without_an_event_loop_all_is_told_at_once() -> None:
    """A process that ends, or a test."""
    calls = Counter("calls", "Some.", registry=None)
    Tally(CollectorRegistry()).add(calls)
    assert calls._value.get() == 1
