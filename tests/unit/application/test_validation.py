"""A request for a decision is refused with all its faults at once, each with its mend."""

from __future__ import annotations

from typing import Any

import pytest

from nba_server.application.faults import Faults
from nba_server.application.field_value import fault_of, fit
from nba_server.application.validation import check_ids, checked_request, ids_fit
from nba_server.domain.catalog import FieldType
from nba_server.domain.decision import DecisionRequest, PlacementRequest
from nba_server.errors import InvalidArgument
from tests.unit.application.shop import shop


def request(**other: Any) -> DecisionRequest:
    """A request that passes unless `other` breaks it."""
    fields: dict[str, Any] = {"customer_id": "ada", "visitor_id": "", "channel": "web", "placements": ()} | other
    return DecisionRequest(**fields)


def faults(**other: Any) -> dict[str, str]:
    """Field paths and messages of a refused request."""
    with pytest.raises(InvalidArgument) as caught:
        checked_request(request(**other), shop())
    return {violation.field: violation.message for violation in caught.value.violations}


@pytest.mark.parametrize("customer", ["", "ada", "ädä 1", "a\n", "x" * 256, "x" * 257])
@pytest.mark.parametrize("visitor", ["", "cookie", "\t", "y" * 257])
@pytest.mark.parametrize("rest", [("", 0), ("r" * 128, 1), ("r" * 129, 0), ("r", -1)])
def test_the_fast_look_at_ids_agrees_with_the_full_one(customer: str, visitor: str, rest: tuple[str, int]) -> None:
    """It finds them fit exactly where nothing would be noted."""
    asked = request(customer_id=customer, visitor_id=visitor, request_id=rest[0], planned_ms=rest[1])
    noted = Faults()
    check_ids(asked, noted)
    assert ids_fit(asked) == (not noted)


def test_all_faults_are_reported_at_once() -> None:
    """Ids, request id, placements, context and excluded actions are all named in one refusal."""
    found = faults(
        visitor_id="v",
        request_id="x" * 129,
        placements=(PlacementRequest("hero"), PlacementRequest("mail"), PlacementRequest("sid", slots=99)),
        context={"reasn": "call", "basket": "much", "items": 1.5},
        excluded_actions=("loan", "loan", "lone"),
    )
    assert set(found) == {
        "visitor_id",
        "request_id",
        "placements[1].placement",
        "placements[2].placement",
        "placements[2].slots",
        "context.reasn",
        "context.basket",
        "context.items",
        "excluded_actions[2]",
    }
    assert "belongs to the channel `email`" in found["placements[1].placement"]
    assert "did you mean `side`?" in found["placements[2].placement"]
    assert "did you mean `reason`?" in found["context.reasn"]
    assert found["context.basket"] == "must be a number, is a string"
    assert "did you mean `loan`?" in found["excluded_actions[2]"]


def test_an_unknown_channel_names_the_near_one() -> None:
    """A channel that is not there is refused with those that are near, an empty one is asked for."""
    assert "did you mean `email`?" in faults(channel="emial")["channel"]
    assert "must name a channel" in faults(channel="")["channel"]


@pytest.mark.parametrize("channel", ["emial", ""])
def test_placements_are_checked_without_a_channel_too(channel: str) -> None:
    """A placement that no channel has is named although the channel is wrong; one that exists is left in peace."""
    found = faults(channel=channel, placements=(PlacementRequest("sidd"), PlacementRequest("hero")))
    assert set(found) == {"channel", "placements[0].placement"}
    assert "did you mean `side`?" in found["placements[0].placement"]


def test_a_placement_is_asked_for_once() -> None:
    """Naming a placement twice is a fault at the second."""
    twice = faults(placements=(PlacementRequest("hero"), PlacementRequest("hero")))
    assert list(twice) == ["placements[1].placement"]


def test_without_placements_all_of_the_channel_are_filled() -> None:
    """Placements and slots are named in the checked request, in catalogue order."""
    checked = checked_request(request(), shop())
    assert checked.placements == (PlacementRequest("hero", 1), PlacementRequest("side", 2))


def test_context_values_take_their_declared_type() -> None:
    """Whole numbers pass for integer and number in either spelling."""
    checked = checked_request(request(context={"basket": 3, "items": 2.0}), shop())
    assert [type(value) for value in checked.context.values()] == [float, int]
    assert checked.context == {"basket": 3.0, "items": 2}


@pytest.mark.parametrize(
    ("value", "declared"),
    [
        (float("nan"), FieldType.NUMBER),
        (float("inf"), FieldType.INTEGER),
        (True, FieldType.INTEGER),
        (1, FieldType.BOOLEAN),
        (1e300, FieldType.INTEGER),
        (2**63, FieldType.TIME),
        ("a", FieldType.STRINGS),
        (("a",), FieldType.STRING),
    ],
)
def test_values_of_another_type_do_not_fit(value: Any, declared: FieldType) -> None:
    """Nothing is converted by guesswork: truth values are no numbers, numbers are finite and fit 64 bits."""
    assert fit(value, declared) is None


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (1_772_368_200_000, 1_772_368_200_000),
        ("2026-03-01T12:30:00Z", 1_772_368_200_000),
        ("2026-03-01T13:30:00.5+01:00", 1_772_368_200_500),
        ("1969-12-31T23:59:59.999Z", -1),
        ("2026-03-01T12:30:00", None),
        ("2026-03-01", None),
        ("tomorrow", None),
        ("", None),
        (253_402_300_800_000, None),
        (True, None),
    ],
)
def test_a_time_is_milliseconds_or_text_with_a_zone(value: Any, moment: int | None) -> None:
    """ISO 8601 text with a zone is a moment; without one nobody knows which moment it means, so it is refused."""
    assert fit(value, FieldType.TIME) == moment


@pytest.mark.parametrize(
    ("value", "declared", "words"),
    [
        ("x", FieldType.INTEGER, "must be an integer, is a string"),
        ("x", FieldType.STRINGS, "must be a list of strings, is a string"),
        (float("nan"), FieldType.INTEGER, "must be a finite integer"),
        (True, FieldType.TIME, "is a boolean"),
        (2**62, FieldType.TIME, "must be a time of the years 1 to 9999"),
        ("tomorrow", FieldType.TIME, "`tomorrow` is not a Timestamp, milliseconds since 1970 UTC or text with a zone"),
    ],
)
def test_a_misfit_is_told_in_words(value: Any, declared: FieldType, words: str) -> None:
    """The message says what the field takes and what came."""
    assert words in fault_of(value, declared)


def test_control_characters_are_no_ids() -> None:
    """An id must be printable and of bounded length."""
    assert "control characters" in faults(customer_id="a\nb")["customer_id"]
    assert "at most 256" in faults(customer_id="a" * 257)["customer_id"]
