"""Customers as JSON Lines, and how an import goes through a server that restarts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from nba_client import Consent, CustomerPatch, UpsertResult
from nba_client.errors import Overloaded, Unavailable
from nba_client.testing import FakeClient
from nba_server.commands.customer_import import import_lines
from nba_server.commands.customer_lines import BadLine, GoodLine, patch, read
from nba_server.commands.patient import ATTEMPTS


def line(**record: Any) -> bytes:
    """A line of a file."""
    return json.dumps(record).encode() + b"\n"


def test_a_line_becomes_a_patch() -> None:
    """All parts of it, moments as objects."""
    assert patch(
        line(
            customer_id="c",
            attributes={"age": 41, "gone": None, "tags": ["a"], "since": {"time": "2026-01-01T00:00:00Z"}},
            segments=["gold"],
            add_segments=["new"],
            remove_segments=["old"],
            products=["card"],
            remove_products=["loan"],
            consents=[{"channel": "email", "purpose": "advertising", "status": "granted", "valid_from": "2026-01-01"}],
            expected_version=0,
        )
    ) == CustomerPatch(
        "c",
        {"age": 41, "gone": None, "tags": ["a"], "since": datetime(2026, 1, 1, tzinfo=UTC)},
        add_segments=["gold", "new"],
        remove_segments=["old"],
        add_products=["card"],
        remove_products=["loan"],
        consents=[Consent("email", "advertising", "granted", valid_from=datetime(2026, 1, 1, tzinfo=UTC))],
        expected_version=0,
    )


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"{", "is no JSON"),
        (b"[]", "is no JSON object"),
        (b"{}", "customer_id: a non-empty text is required"),
        (line(customer_id=1), "customer_id"),
        (line(customer_id="c", colour="red"), "colour: is not known here; known are customer_id"),
        (line(customer_id="c", attributes=[]), "attributes: must be an object"),
        (line(customer_id="c", attributes={"a": {"b": 1}}), "attributes.a: an object may only be a moment"),
        (line(customer_id="c", attributes={"a": {"time": "soon"}}), "attributes.a: 'soon' is no ISO 8601 time"),
        (line(customer_id="c", attributes={"a": [1]}), "attributes.a: must be a list of texts"),
        (line(customer_id="c", segments="gold"), "segments: must be a list of texts"),
        (line(customer_id="c", consents={}), "consents: must be a list"),
        (line(customer_id="c", consents=["x"]), r"consents\[0\]: must be an object"),
        (line(customer_id="c", consents=[{"channel": "email"}]), r"consents\[0\].purpose: is required"),
        (
            line(customer_id="c", consents=[{"channel": "email", "purpose": "p", "status": "yes"}]),
            "status: 'yes' is not one of granted, denied, revoked",
        ),
        (line(customer_id="c", expected_version=True), "expected_version: must be a whole number"),
    ],
)
def test_a_bad_line_says_what_is_wrong(raw: bytes, fault: str) -> None:
    """The field and the mend."""
    with pytest.raises(ValueError, match=fault):
        patch(raw)


def test_lines_keep_their_numbers_and_blank_ones_are_skipped() -> None:
    """Numbers are those of the file."""
    lines = list(read([line(customer_id="a"), b"\n", b"broken\n", line(customer_id="b")]))
    assert [(type(item), item.line) for item in lines] == [(GoodLine, 1), (BadLine, 3), (GoodLine, 4)]
    assert lines[2].end == 2 * len(line(customer_id="a")) + 1 + len(b"broken\n")  # type: ignore[union-attr]


def test_a_customer_comes_once_a_batch_and_later_lines_win() -> None:
    """The API refuses a customer twice in a call; order is kept."""
    fake = FakeClient()
    lines = [
        line(customer_id="a", attributes={"n": 1}),
        line(customer_id="b"),
        line(customer_id="a", attributes={"n": 2}),
    ]
    settled: list[int] = []
    done = import_lines(fake.customers, read(lines), batch=10, progress=settled.append)
    assert (done.customers, done.refused, done.line) == (3, [], 3)
    assert fake.customers.get("a").attributes == {"n": 2}
    assert settled == [len(lines[0] + lines[1]), sum(map(len, lines))]


class Restarting:
    """Customers of a server that is away for some calls."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.batches: list[list[str]] = []

    def upsert_many(self, patches: list[CustomerPatch], /) -> list[UpsertResult]:
        """Fails first."""
        if self.failures:
            raise self.failures.pop(0)
        self.batches.append([patch.customer_id for patch in patches])
        return [UpsertResult(1) for _ in patches]


def test_an_import_waits_for_a_server_that_restarts() -> None:
    """Each batch is sent again until it is taken; nothing is left out or sent out of order."""
    away = Restarting(Unavailable("away"), Overloaded("busy"), Unavailable("away"))
    waited: list[float] = []
    lines = [line(customer_id=name) for name in "abcde"]
    done = import_lines(away, read(lines), batch=2, progress=lambda _: None, wait=waited.append)
    assert done.customers == 5
    assert away.batches == [["a", "b"], ["c", "d"], ["e"]]
    assert waited == [0.25, 0.5, 1.0]


def test_an_import_gives_up_when_the_server_stays_away() -> None:
    """After about thirty seconds, with the server's own error."""
    away = Restarting(*[Unavailable("away")] * ATTEMPTS)
    waited: list[float] = []
    with pytest.raises(Unavailable):
        import_lines(away, read([line(customer_id="a")]), batch=2, progress=lambda _: None, wait=waited.append)
    assert len(waited) == ATTEMPTS - 1
    assert 20 < sum(waited) < 40
