"""Requests that the compiled part reads are the ones that protobuf reads, and all others are left to it."""

from __future__ import annotations

from random import Random

import pytest

from nba_server.adapters.express import compiled
from nba_server.adapters.express.requests import KnownRequests
from nba_server.application.admission import DecideCommand
from nba_server.pb import decision_pb2
from nba_server.transport.grpc.codec.request import decision_request

pytestmark = pytest.mark.skipif(bool(compiled()), reason=f"no express lane: {compiled()}")
Request = decision_pb2.DecideRequest
USUAL = Request(
    customer_id="ada",
    channel="web",
    placements=[decision_pb2.PlacementRequest(placement="hero", slots=2, width=300)],
    request_id="r1",
)


def parsed(data: bytes) -> DecideCommand:
    """By way of a message."""
    return DecideCommand(decision_request(Request.FromString(data)), "key")


def fresh() -> KnownRequests:
    """A reader that knows nothing yet."""
    return KnownRequests(lambda data: decision_request(Request.FromString(data)))


def usual(**other: object) -> bytes:
    """The usual request, changed."""
    changed = Request.FromString(USUAL.SerializeToString())
    for name, value in other.items():
        setattr(changed, name, value)
    return bytes(changed.SerializeToString(deterministic=True))


def test_the_second_one_of_its_kind_is_read_and_equal() -> None:
    """Whatever its ids are."""
    known = fresh()
    assert known(usual(), "key") is None
    for other in ({}, {"customer_id": "zoë"}, {"request_id": ""}, {"customer_id": "", "visitor_id": "cookie"}):
        data = usual(**other)
        command = known(data, "key")
        assert command == parsed(data)
        assert type(command) is DecideCommand
        assert type(command.request) is type(parsed(data).request)


def test_other_placements_are_another_kind() -> None:
    """Each is known by itself, also none at all and several."""
    known = fresh()
    requests = [usual(), usual(channel="mail"), Request(customer_id="ada").SerializeToString()]
    several = Request.FromString(usual())
    several.placements.add(placement="side")
    requests.append(several.SerializeToString())
    assert [known(data, "key") for data in requests] == [None] * 4
    assert [known(data, "key") for data in requests] == [parsed(data) for data in requests]


@pytest.mark.parametrize(
    "other",
    [
        {"preview": True},
        {"supersedes": "d"},
        {"defer_activation": True},
        {"call_id": "c"},
    ],
)
def test_what_has_more_is_left(other: dict[str, object]) -> None:
    """Time and again."""
    known = fresh()
    known(usual(), "key")
    assert [known(usual(**other), "key") for _ in range(2)] == [None, None]


def test_what_is_no_request_is_left() -> None:
    """Truncated, not UTF-8, fields twice, fields of a later version: protobuf says what they are."""
    known = fresh()
    data = usual()
    known(data, "key")
    twice, later, foreign = data + b"\x0a\x03bob", data + b"\xfa\x01\x01x", data.replace(b"ada", b"\xff\xfe\xfd")
    assert [known(odd, "key") for odd in (twice, later, foreign)] == [None] * 3
    dice = Random(1)
    for _ in range(2_000):
        odd = bytearray(data[: dice.randrange(len(data) + 1)] if dice.random() < 0.5 else data)
        for _ in range(dice.randrange(3)):
            if odd:
                odd[dice.randrange(len(odd))] = dice.randrange(256)
        command = known(bytes(odd), "key")
        assert command is None or command == parsed(bytes(odd))
