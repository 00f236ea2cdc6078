"""The outbox with a given clock: order per customer, back-off, trouble of one message and of a whole endpoint, marks."""

from __future__ import annotations

import pytest

from nba_server.adapters.webhooks.backoff import ASKED_AT_MOST_MS, FIRST_MS, LONGEST_MS, wait_ms
from nba_server.adapters.webhooks.outbox import LEAST_ATTEMPTS, Message, Outbox, Tries

DAY_MS = 86_400_000


def message(lane: str, number: int, bucket: int = 0, part: int = 0) -> Message:
    """A message of an entry of its own."""
    return Message(f"m{number}.{part}", bucket, f"{number}-0", (number, 0, bucket, part), lane, "t", number, b"{}")


def outbox(*messages: Message, concurrency: int = 4) -> Outbox:
    """An outbox with these, without jitter, that gives up after a day."""
    box = Outbox(concurrency, DAY_MS, lambda: 0.0)
    for one in messages:
        box.add(one.bucket, one.stream_id, [one], {})
    return box


def started(box: Outbox, now_ms: int = 0) -> list[str]:
    """Everything that may go now."""
    found = []
    while one := box.next(now_ms):
        found.append(one.id)
    return found


def test_the_wait_doubles_up_to_an_hour_with_half_of_it_as_jitter() -> None:
    """5 s, 10 s, 20 s … ; a draw takes up to a half off; the receiver may ask for more, a day at most."""
    assert [wait_ms(n, 0.0) for n in (1, 2, 3)] == [FIRST_MS, 2 * FIRST_MS, 4 * FIRST_MS]
    assert wait_ms(50, 0.0) == LONGEST_MS
    assert wait_ms(1, 0.999) == pytest.approx(FIRST_MS / 2, rel=0.01)
    assert wait_ms(1, 0.0, 60_000) == 60_000
    assert wait_ms(1, 0.0, 10**12) == ASKED_AT_MOST_MS


def test_messages_of_one_customer_go_in_order_and_those_of_others_meanwhile() -> None:
    """The second one of a customer waits for the first."""
    box = outbox(message("anna", 1), message("anna", 2), message("bert", 3))
    assert started(box) == ["m1.0", "m3.0"]
    box.delivered("m1.0")
    assert started(box) == ["m2.0"]


def test_no_more_are_under_way_than_are_allowed() -> None:
    """And the next goes when one has arrived."""
    box = outbox(*(message(f"c{n}", n) for n in range(1, 8)), concurrency=3)
    assert started(box) == ["m1.0", "m2.0", "m3.0"]
    box.delivered("m2.0")
    assert started(box) == ["m4.0"]


def test_a_message_that_fails_holds_up_its_customer_only() -> None:
    """Others go on, its own successor waits, and after the wait it comes again first."""
    box = outbox(message("anna", 1), message("anna", 2), message("bert", 3), message("bert", 4), concurrency=2)
    assert started(box) == ["m1.0", "m3.0"]
    tries, given_up = box.failed("m1.0", 1_000, "500")
    assert (tries, given_up) == (Tries(1, 1_000, 1_000 + FIRST_MS, "500"), False)
    box.delivered("m3.0")
    assert started(box, 1_000) == ["m4.0"]
    box.delivered("m4.0")
    assert started(box, FIRST_MS) == []
    assert box.next_at_ms() == 1_000 + FIRST_MS
    assert started(box, 1_000 + FIRST_MS) == ["m1.0"]


def test_one_poisonous_message_does_not_stop_the_rest_of_an_endpoint() -> None:
    """However often it fails, everybody else's messages arrive, and fast."""
    box = outbox(*(message(f"c{n}", n) for n in range(1, 101)))
    now, done = 0, 0
    while done < 99:
        for id_ in started(box, now):
            if id_ == "m1.0":
                box.failed(id_, now, "500")
            else:
                box.delivered(id_)
                done += 1
        now = max(now, box.next_at_ms() or now)
    assert now <= 60_000


def test_an_endpoint_in_trouble_is_left_alone_and_then_asked_carefully() -> None:
    """After three failures in a row nothing goes until the rest is over; then one message, and more as they arrive."""
    box = outbox(*(message(f"c{n}", n) for n in range(1, 30)), concurrency=4)
    first = started(box)
    assert len(first) == 4
    for id_ in first:
        box.failed(id_, 0, "no connection")
    assert started(box, 0) == []
    rested = box.resting_until_ms
    assert rested >= FIRST_MS
    assert len(started(box, rested)) == 1
    box.delivered("m5.0")
    assert len(started(box, rested)) == 2
    assert len(started(box, rested)) == 0


def test_what_a_receiver_asks_for_holds_for_all_of_its_messages() -> None:
    """`Retry-After` of two minutes: nobody's message goes before."""
    box = outbox(message("anna", 1), message("bert", 2), concurrency=1)
    assert started(box) == ["m1.0"]
    box.failed("m1.0", 0, "429", asked_ms=120_000)
    assert started(box, 119_999) == []
    assert started(box, 120_000) != []


def test_a_message_is_given_up_after_its_time_and_enough_attempts() -> None:
    """Its customer's next message goes then, and the mark moves on."""
    box = outbox(message("anna", 1), message("anna", 2))
    now = 0
    for attempt in range(1, 1_000):
        assert started(box, now) == ["m1.0"]
        tries, given_up = box.failed("m1.0", now, "500")
        assert tries.attempts == attempt
        if given_up:
            break
        now = box.next_at_ms() or 0
    assert now >= DAY_MS
    assert tries.attempts >= LEAST_ATTEMPTS
    assert box.marks() == {0: "1-0"}
    assert started(box, box.resting_until_ms) == ["m2.0"]


def test_failures_of_an_earlier_process_count() -> None:
    """A message keeps its attempts and its time, so that restarts do not keep it alive for ever."""
    box = Outbox(4, DAY_MS, lambda: 0.0)
    box.add(0, "1-0", [message("anna", 1)], {"m1.0": Tries(7, -2 * DAY_MS, 500, "500")})
    assert started(box, 499) == []
    assert started(box, 500) == ["m1.0"]
    assert box.failed("m1.0", 500, "500") == (Tries(8, -2 * DAY_MS, 500 + wait_ms(8, 0.0), "500"), True)


def test_a_mark_moves_only_over_what_is_settled() -> None:
    """By bucket; entries that nobody wants are passed when all before them is settled."""
    box = outbox(message("anna", 1), message("bert", 2), message("carl", 3, bucket=1))
    box.add(0, "5-0", [], {})
    box.add(0, "6-0", [], {})
    started(box)
    box.delivered("m2.0")
    assert box.marks() == {}
    box.delivered("m3.0")
    assert box.marks() == {1: "3-0"}
    box.delivered("m1.0")
    assert box.marks() == {0: "6-0"}
    assert box.marks() == {}


def test_an_entry_with_several_messages_is_settled_with_the_last() -> None:
    """They go in their order, being of one customer."""
    box = Outbox(4, DAY_MS, lambda: 0.0)
    box.add(0, "1-0", [message("anna", 1, part=0), message("anna", 1, part=1)], {})
    assert started(box) == ["m1.0"]
    box.delivered("m1.0")
    assert box.marks() == {}
    assert started(box) == ["m1.1"]
    box.delivered("m1.1")
    assert box.marks() == {0: "1-0"}
    assert (box.messages, box.size, box.oldest_ms()) == (0, 0, None)


def test_what_nobody_wants_takes_no_memory_behind_what_waits() -> None:
    """A million unwanted entries behind one that cannot be delivered are one."""
    box = outbox(message("anna", 1))
    for number in range(2, 10_000):
        box.add(0, f"{number}-0", [], {})
    assert len(box._entries[0]) == 2
    started(box)
    box.delivered("m1.0")
    assert box.marks() == {0: "9999-0"}
