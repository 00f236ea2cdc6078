"""The batcher: gathers what is in flight, never waits, drops who has gone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from nba_server.application import batching
from nba_server.application.batching import Batcher, Crowd, Wanted
from nba_server.errors import NbaError, NotFound


class Kitchen:
    """Doubles numbers; each batch waits for the gate."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.started = asyncio.Event()
        self.unwanted: list[int] = []

    async def __call__(self, items: Sequence[int], wanted: Wanted) -> list[int | NbaError]:
        self.batches.append(list(items))
        self.started.set()
        await self.gate.wait()
        self.unwanted += [item for place, item in enumerate(items) if not wanted(place)]
        return [NotFound("odd") if item % 2 else item * 2 for item in items]


async def test_requests_gather_while_a_batch_is_at_work() -> None:
    """The first request starts alone at once; what arrives meanwhile is one batch."""
    kitchen = Kitchen()
    batcher = Batcher(kitchen)
    first = asyncio.create_task(batcher.submit(2))
    await kitchen.started.wait()
    rest = [asyncio.create_task(batcher.submit(item)) for item in (4, 6, 8)]
    await asyncio.sleep(0)
    kitchen.gate.set()
    assert await asyncio.gather(first, *rest) == [4, 8, 12, 16]
    assert kitchen.batches == [[2], [4, 6, 8]]


async def test_a_batch_has_a_largest_size() -> None:
    """Twenty requests at once are served in batches of at most eight."""
    kitchen = Kitchen()
    kitchen.gate.set()
    batcher = Batcher(kitchen, max_size=8)
    assert await asyncio.gather(*(batcher.submit(2 * item) for item in range(20))) == [4 * item for item in range(20)]
    assert [len(batch) for batch in kitchen.batches] == [8, 8, 4]


async def test_calls_that_are_refused_are_taken_in_before_the_next_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """While calls still arrive, admitted or refused, the next batch waits for them, but not for ever."""
    kitchen = Kitchen()
    kitchen.gate.set()
    arrived = 0
    monkeypatch.setattr(batching, "SHORTEST_GATHER_S", 0.5)  # long enough for the flood, also on a busy machine
    batcher = Batcher(kitchen, max_size=1, crowd=Crowd(lambda: arrived))

    async def refusals(rounds: int) -> None:
        nonlocal arrived
        for _ in range(rounds):
            await asyncio.sleep(0)
            arrived += 1

    flood = asyncio.create_task(refusals(100))
    both = [asyncio.create_task(batcher.submit(item)) for item in (2, 4)]
    await flood
    assert kitchen.batches == [[2]]
    endless = asyncio.create_task(refusals(1_000_000))
    assert await asyncio.gather(*both) == [4, 8]
    assert not endless.done()
    endless.cancel()


async def test_an_error_reaches_its_own_caller_only() -> None:
    """The odd one raises, its neighbours have their results."""
    kitchen = Kitchen()
    kitchen.gate.set()
    batcher = Batcher(kitchen)
    results = await asyncio.gather(*(batcher.submit(item) for item in (2, 3, 4)), return_exceptions=True)
    assert results[0] == 4
    assert isinstance(results[1], NotFound)
    assert results[2] == 8


async def test_a_cancelled_caller_is_dropped() -> None:
    """Who goes while waiting never reaches the batch; who goes during it is not wanted any more."""
    kitchen = Kitchen()
    batcher = Batcher(kitchen)
    running = asyncio.create_task(batcher.submit(2))
    await kitchen.started.wait()
    waiting = [asyncio.create_task(batcher.submit(item)) for item in (4, 6)]
    await asyncio.sleep(0)
    running.cancel()
    waiting[0].cancel()
    await asyncio.sleep(0)
    kitchen.gate.set()
    assert await waiting[1] == 12
    assert kitchen.batches == [[2], [6]]
    assert kitchen.unwanted == [2]


async def test_an_exception_of_the_batch_reaches_all_its_callers() -> None:
    """A broken processor gives INTERNAL without its text, and the batcher lives on."""

    async def broken(items: Sequence[int], wanted: Wanted) -> list[int | NbaError]:
        if 0 in items:
            raise ZeroDivisionError("secret")
        return list(items)

    batcher = Batcher(broken)
    with pytest.raises(NbaError, match="internal error") as caught:
        await batcher.submit(0)
    assert "secret" not in caught.value.message
    assert "secret" in caught.value.detail
    assert await batcher.submit(1) == 1
    await batcher.drain()
    assert batcher.waiting == 0


async def test_a_result_that_nobody_waits_for_is_dropped_by_name() -> None:
    """Who goes while the batch is at work, or after it and before the hand-over, has the result told to `dropped`."""
    begun, gate, done, dropped = asyncio.Event(), asyncio.Event(), asyncio.Event(), list[int]()

    async def doubled(items: Sequence[int], wanted: Wanted) -> list[int | NbaError]:
        begun.set()
        await gate.wait()
        done.set()
        return [item * 2 for item in items]

    batcher = Batcher(doubled, dropped=dropped.append)
    during, after, stays = (asyncio.create_task(batcher.submit(item)) for item in (2, 4, 6))
    await begun.wait()
    during.cancel()
    gate.set()
    await done.wait()
    after.cancel()
    assert await stays == 12
    await asyncio.wait([during, after])
    assert dropped == [4, 8]


async def test_the_next_batch_begins_while_one_waits_and_no_third() -> None:
    """Where two may be under way, what comes meanwhile gathers for whoever is free first."""
    kitchen = Kitchen()
    batcher = Batcher(kitchen, at_once=2)
    answers = [asyncio.create_task(batcher.submit(2))]
    for number in (4, 6, 8):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        answers.append(asyncio.create_task(batcher.submit(number)))
    for _ in range(10):
        await asyncio.sleep(0)
    assert kitchen.batches == [[2], [4]]
    kitchen.gate.set()
    assert await asyncio.gather(*answers) == [4, 8, 12, 16]
    assert kitchen.batches == [[2], [4], [6, 8]]


async def test_a_crowd_is_shared_among_batches() -> None:
    """One that took all requests would leave nothing to do while it waits; a few requests are one batch."""
    kitchen = Kitchen()
    batcher = Batcher(kitchen, at_once=4)
    answers = [asyncio.create_task(batcher.submit(2 * number)) for number in range(64)]
    for _ in range(100):
        await asyncio.sleep(0)
    assert [len(batch) for batch in kitchen.batches] == [16, 16, 16, 16]
    kitchen.gate.set()
    assert await asyncio.gather(*answers) == [4 * number for number in range(64)]


async def test_a_few_wait_for_a_brisk_batch_and_not_for_a_slow_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where batches are over in a moment, calls gather behind the one under way until they are worth one of their own."""
    for brisk_s, begun in ((60.0, [[2], [4]]), (0.0, [[2], [4], [6]])):
        monkeypatch.setattr(batching, "BRISK_S", brisk_s)
        monkeypatch.setattr(batching, "BUSY", 2.0)
        kitchen = Kitchen()
        kitchen.gate.set()
        batcher = Batcher(kitchen, at_once=4)
        assert await batcher.submit(2) == 4
        kitchen.gate.clear()
        answers = [asyncio.create_task(batcher.submit(4))]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        answers.append(asyncio.create_task(batcher.submit(6)))
        for _ in range(20):
            await asyncio.sleep(0)
        assert kitchen.batches == begun
        answers += [asyncio.create_task(batcher.submit(2 * number)) for number in range(8)]
        for _ in range(100):
            await asyncio.sleep(0)
        assert len(kitchen.batches) == len(begun) + 1
        kitchen.gate.set()
        await asyncio.gather(*answers)


async def test_ends_are_told_once_to_who_does_not_wait() -> None:
    """The result, the error, or that it was cancelled: at once, and then its result is dropped by name."""
    kitchen, dropped, told = Kitchen(), list[int](), list[tuple[str, int | BaseException]]()
    batcher = Batcher(kitchen, dropped=dropped.append)
    first, odd, gone = (
        batcher.put(item, lambda outcome, name=name: told.append((name, outcome)))  # type: ignore[misc]
        for name, item in (("first", 2), ("odd", 3), ("gone", 4))
    )
    await kitchen.started.wait()
    assert gone.cancel()
    assert not gone.cancel()
    assert [(name, type(outcome)) for name, outcome in told] == [("gone", asyncio.CancelledError)]
    kitchen.gate.set()
    await batcher.drain()
    assert [name for name, _ in told] == ["gone", "first", "odd"]
    assert told[1][1] == 4
    assert isinstance(told[2][1], NotFound)
    assert dropped == [8]
    assert not any(waiting.cancel() for waiting in (first, odd))


async def test_nothing_gathers_behind_a_lone_request() -> None:
    """When it has its result the batcher is at rest in the same round of the event loop."""
    asked = list[int]()

    async def doubled(items: Sequence[int], wanted: Wanted) -> list[int | NbaError]:
        return [item * 2 for item in items]

    batcher = Batcher(doubled, crowd=Crowd(take_in=lambda: asked.append(1)))
    results = list[int | BaseException]()
    batcher.put(2, results.append)
    await asyncio.sleep(0)
    assert results == [4]
    assert len(asked) == 1
    await batcher.drain()
    assert len(asked) == 1


async def test_who_fails_at_being_told_fails_alone(caplog: pytest.LogCaptureFixture) -> None:
    """The others of the batch are told, and the log has the fault."""
    kitchen, results = Kitchen(), list[int | BaseException]()
    kitchen.gate.set()
    batcher = Batcher(kitchen)

    def broken(outcome: int | BaseException) -> None:
        raise ZeroDivisionError("told")

    batcher.put(2, broken)
    batcher.put(4, results.append)
    await batcher.drain()
    assert results == [8]
    assert "ZeroDivisionError" in caplog.text
