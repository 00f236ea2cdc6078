"""The concurrency limit follows the measured speed, bounded, and knows the time that a caller has left."""

from __future__ import annotations

from nba_server.transport.grpc.capacity import ENOUGH, FEWEST, Capacity


def busy(capacity: Capacity, crowd: int, seconds: float, calls: int = 200) -> None:
    """As after many calls that took `seconds` in a crowd of so many."""
    while capacity.began() < crowd:
        pass
    for _ in range(calls):
        capacity.ended(seconds, crowd, served=True)
        capacity.began()
    for _ in range(crowd):
        capacity.ended(0.0, 1, served=False)


def fill(capacity: Capacity, seconds_left: float | None = None, most: int = 1000) -> int:
    """How many calls are let in at once."""
    while capacity.in_flight < most and capacity.admits(seconds_left):
        capacity.began()
    return capacity.in_flight


def test_a_fast_server_admits_up_to_its_bound() -> None:
    """With answers in 1 ms only the fixed bound counts."""
    capacity = Capacity(200, 1.0)
    busy(capacity, 1, 0.001)
    assert fill(capacity) == capacity.limit == 200


def test_the_first_call_does_not_decide() -> None:
    """One call of a second in a process that has just begun refuses nobody; sixteen do."""
    capacity = Capacity(200, 1.0)
    busy(capacity, 1, 1.0, calls=1)
    assert capacity.limit == 200
    busy(capacity, 1, 0.001, calls=ENOUGH - 2)
    assert capacity.limit == 200
    busy(capacity, 1, 0.001, calls=1)
    assert 8 <= capacity.limit < 20  # the mean of a second and fifteen milliseconds


def test_a_slow_server_admits_what_it_answers_in_time() -> None:
    """A hundred calls that take two seconds are 50 a second: half of them fit into one second."""
    capacity = Capacity(200, 1.0)
    busy(capacity, 100, 2.0)
    assert 45 <= fill(capacity) <= 50


def test_a_short_deadline_is_refused_in_a_crowd_that_others_may_join() -> None:
    """Whoever has 100 ms left is refused where 20 calls of 10 ms wait; whoever has a second is let in."""
    capacity = Capacity(200, 1.0)
    busy(capacity, 10, 0.1)
    for _ in range(20):
        capacity.began()
    assert not capacity.admits(0.1)
    assert capacity.admits(1.0)


def test_it_opens_again_by_itself() -> None:
    """A few calls are always let in, and when they are fast again so are all."""
    capacity = Capacity(200, 1.0)
    busy(capacity, 1, 5.0)
    assert fill(capacity) == FEWEST
    for crowd in range(FEWEST, 0, -1):
        capacity.ended(0.001, crowd, served=True)
    busy(capacity, 1, 0.001)
    assert fill(capacity) == 200


def test_calls_that_come_at_the_same_moment_are_a_crowd() -> None:
    """Sixty calls at once that take 200 ms together are 300 a second, about; the first is not taken for one that was alone."""
    capacity = Capacity(400, 1.0)
    for _ in range(3):
        crowds = [capacity.began() for _ in range(60)]
        for crowd in crowds:
            capacity.ended(0.2, crowd, served=True)
    assert 120 <= capacity.limit <= 300


def test_failures_say_nothing_of_the_speed() -> None:
    """A store that refuses in no time, or in a long time, moves no limit."""
    capacity = Capacity(200, 1.0)
    busy(capacity, 100, 2.0)
    before = capacity.limit
    for seconds in (0.0001, 30.0):
        capacity.began()
        capacity.ended(seconds, 1, served=False)
    assert capacity.limit == before


def test_the_retry_stands_behind_the_crowd_and_those_refused_before() -> None:
    """The time of what is in flight and of the refusals of the last second, between 20 ms and two seconds."""
    capacity = Capacity(1000, 1.0)
    assert capacity.refused(0.0) == 0.02
    busy(capacity, 100, 1.0)
    for _ in range(30):
        capacity.began()
    first = capacity.refused(10.0)
    assert 0.3 < first < 0.33
    later = [capacity.refused(10.0) for _ in range(60)][-1]
    assert 0.85 < later < 0.95
    assert capacity.refused(20.0) < 0.33
    assert [capacity.refused(20.0) for _ in range(400)][-1] == 2.0
