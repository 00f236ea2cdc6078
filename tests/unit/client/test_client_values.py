"""Python values on the wire and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from nba_client import Client, OutcomeType
from nba_client.outcome import Outcome, outcome_call
from nba_client.pb import outcome_pb2, value_pb2
from nba_client.value import from_value, to_value
from tests.unit.client.flaky import PATIENT, Flaky

MOMENT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("text", "text"),
        ("", "text"),
        (True, "flag"),
        (False, "flag"),
        (0, "integer"),
        (-(2**62), "integer"),
        (0.0, "number"),
        (1.5, "number"),
        (["b", "a"], "texts"),
        ([], "texts"),
        (MOMENT, "time"),
        (None, None),
    ],
)
def test_every_value_comes_back_as_it_went(value: Any, kind: str | None) -> None:
    """False, 0 and the empty text are values; None is "unknown"."""
    message = to_value("field", value)
    assert message.WhichOneof("kind") == kind
    assert from_value(message) == value
    assert type(from_value(message)) is type(value)


def test_a_set_becomes_a_sorted_list() -> None:
    """Equal requests give equal bytes."""
    assert list(to_value("field", {"b", "a"}).texts.items) == ["a", "b"]


def test_a_time_of_another_zone_is_the_same_moment() -> None:
    """Only the moment travels."""
    there = MOMENT.astimezone(timezone(timedelta(hours=5)))
    assert from_value(to_value("field", there)) == MOMENT


def test_a_time_without_a_zone_is_refused_with_the_fields_name() -> None:
    """Nobody can know which moment it is."""
    with pytest.raises(ValueError, match=r"context\['when'\]: a time needs a zone"):
        to_value("context['when']", MOMENT.replace(tzinfo=None))


@pytest.mark.parametrize("value", [b"bytes", [1, 2], {"a": 1}, object()])
def test_what_is_no_value_is_refused_with_the_fields_name(value: Any) -> None:
    """A wrong type is found before it travels."""
    with pytest.raises(TypeError, match="field: a value is"):
        to_value("field", value)


def test_a_text_in_place_of_a_list_is_refused(flaky: Flaky) -> None:
    """`placements="top"` would ask for the placements t, o and p."""
    with Client(flaky.address, deadlines=PATIENT) as client:
        with pytest.raises(TypeError, match="placements: give a list"):
            client.decide("customer-1", channel="web", placements="top")
        with pytest.raises(TypeError, match="excluded_actions: give a list"):
            client.decide("customer-1", channel="web", excluded_actions="offer")
    assert not flaky.requests


def test_the_request_carries_what_was_asked(flaky: Flaky) -> None:
    """Placements, context, exclusions and preview arrive."""
    with Client(flaky.address, deadlines=PATIENT) as client:
        client.decide(
            visitor_id="cookie-1",
            channel="web",
            placements=["hero"],
            context={"page": "home", "basket": 12.5, "unknown": None},
            excluded_actions=["a"],
            preview=True,
        )
    (request,) = flaky.requests
    assert (request.customer_id, request.visitor_id, request.channel) == ("", "cookie-1", "web")
    assert [place.placement for place in request.placements] == ["hero"]
    assert request.context["page"].text == "home"
    assert request.context["basket"].number == 12.5
    assert request.context["unknown"] == value_pb2.Value()
    assert list(request.excluded_actions) == ["a"]
    assert request.preview


@pytest.mark.parametrize("outcome_type", list(OutcomeType))
def test_every_outcome_of_the_client_has_its_number_in_the_protocol(outcome_type: OutcomeType) -> None:
    """By the enum's member and by its word."""
    for given in (outcome_type, outcome_type.value):
        request = outcome_call(Outcome(given, "d", "a")).request
        assert outcome_pb2.OutcomeType.Name(request.outcome.type) == f"OUTCOME_TYPE_{outcome_type.name}"


def test_the_client_knows_every_outcome_of_the_protocol() -> None:
    """A new outcome of the protocol must not be forgotten here."""
    wanted = {name.removeprefix("OUTCOME_TYPE_").lower() for name in outcome_pb2.OutcomeType.DESCRIPTOR.values_by_name}
    assert {outcome.value for outcome in OutcomeType} == wanted - {"unspecified"}


def test_a_misspelt_outcome_is_refused_before_it_travels() -> None:
    """The list is closed."""
    with pytest.raises(ValueError, match="acepted"):
        outcome_call(Outcome("acepted", "d", "a"))


@pytest.mark.parametrize(("value", "present"), [(None, False), (0.0, True), (9.5, True)])
def test_a_value_of_zero_is_a_value(value: float | None, present: bool) -> None:
    """A score of 0 is not "no score"."""
    request = outcome_call(Outcome("score", "d", "a", value=value)).request
    assert request.outcome.HasField("value") is present
