"""The demo's replay on a part of the real households: every count equals the source, also when the server is killed."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import grpc
import pytest

from nba_server.adapters.embedded import attach_url
from nba_server.demo.catalogue import write_catalogue
from nba_server.demo.clock import ReplayClock
from nba_server.demo.counting import archived_counts, drain, source_counts
from nba_server.demo.history import History
from nba_server.demo.process import ServerProcess, free_address
from nba_server.demo.source import Journey, load
from nba_server.demo.timeline import days

HOUSEHOLDS = 60


@pytest.fixture(scope="module")
def journey() -> Journey:
    """The year of the first households that redeemed a coupon."""
    whole = load()
    kept = set(sorted({found.household for found in whole.redemptions})[:HOUSEHOLDS])
    return dataclasses.replace(
        whole,
        households=tuple(item for item in whole.households if item.id in kept),
        mailings=tuple(item for item in whole.mailings if item.household in kept),
        redemptions=tuple(item for item in whole.redemptions if item.household in kept),
        baskets=tuple(item for item in whole.baskets if item.household in kept),
    )


def test_the_timeline_loses_nothing_and_knows_nothing_early(journey: Journey) -> None:
    """Each mailing, redemption and basket is on exactly one day, and the days are in order."""
    found = list(days(journey))
    assert [day.start_ms for day in found] == sorted({day.start_ms for day in found})
    assert sum(len(day.mailings) for day in found) == len(journey.mailings)
    assert sum(len(day.baskets) for day in found) == len(journey.baskets)
    assert sum(len(day.redemptions) for day in found) == len(journey.redemptions)
    assert all(day.start_ms <= basket.at_ms <= day.end_ms for day in found for basket in day.baskets)


@pytest.mark.timeout(180)
def test_a_server_killed_in_the_middle_of_the_replay_changes_no_count(journey: Journey, tmp_path: Path) -> None:
    """kill -9 of server and workers in mid-replay, a new server on the same folder: the archive equals the source."""
    write_catalogue(journey, tmp_path / "catalogue")
    total = sum(len(part) for part in (journey.households, journey.mailings, journey.redemptions, journey.baskets))
    address = free_address(0)
    first = ServerProcess(tmp_path, tmp_path / "catalogue", address)
    second = ServerProcess(tmp_path, tmp_path / "catalogue", address)
    sent = 0
    restart = threading.Thread(target=lambda: (first.kill(), second.start()))

    def progress(count: int) -> None:
        nonlocal sent
        sent += count
        if sent > total // 2 and not restart.ident:
            restart.start()  # beside the calls that go on meanwhile

    first.start()
    try:
        url = attach_url(tmp_path)
        assert url is not None
        with grpc.insecure_channel(address) as channel, ReplayClock(url) as clock:
            result = History(channel, clock, tmp_path / "replayed-until", progress).run(journey)
        restart.join()
        drain(url, tmp_path / "archive")
        assert result.refused == []
        assert archived_counts(tmp_path / "archive") == source_counts(journey)
    finally:
        second.stop()
        first.stop()
