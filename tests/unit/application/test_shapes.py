"""Requests of a known shape: checked once, until the catalogue changes; ids are checked for each."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from nba_server.adapters.catalog import compile_folder
from nba_server.adapters.redis.identity import StoreIdentity
from nba_server.application.admission import Admission, DecideCommand, fingerprint
from nba_server.application.shapes import MOST
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import DecisionRequest, PlacementRequest
from nba_server.errors import InvalidArgument

MINIMAL = Path(__file__).parents[3] / "examples" / "minimal"
PLAIN = DecisionRequest("anna", "", "web", (), request_id="r1")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """The minimal example's."""
    return compile_folder(MINIMAL).catalog


@pytest.fixture
def admission() -> Admission:
    """With ids that count."""
    numbers = count()
    return Admission(StoreIdentity(b"s" * 32, 256, 7), lambda: f"new-{next(numbers)}")


def test_a_repeat_of_a_shape_is_admitted_as_the_first(admission: Admission, catalog: Catalog) -> None:
    """Request, key, seed and fingerprint are those of an admission that knows no shapes."""
    asked = [PLAIN._replace(customer_id=f"c{number}", preview=number % 2 == 1) for number in range(4)]
    for place, request in enumerate(asked):
        fresh = Admission(StoreIdentity(b"s" * 32, 256, 7), lambda: "unused").admit(
            place, DecideCommand(request, "shop"), catalog
        )
        assert admission.admit(place, DecideCommand(request, "shop"), catalog) == fresh
        assert fresh.claim.fingerprint == fingerprint(request)


def test_a_request_that_names_its_slots_is_taken_as_it_is(admission: Admission, catalog: Catalog) -> None:
    """Where nothing is left to be filled in no other request is made of it; the key and the seed are those of any other."""
    place = next(p for p in catalog.placements.values() if p.channel == "web")
    asked = PLAIN._replace(placements=(PlacementRequest(place.id, place.slots),), excluded_actions=())
    first, again = (admission.admit(0, DecideCommand(asked, "shop"), catalog) for _ in range(2))
    assert again.request is asked
    assert (again.claim, again.seed, again.request.placements) == (first.claim, first.seed, first.request.placements)


def test_ids_are_checked_for_each(admission: Admission, catalog: Catalog) -> None:
    """Both ids, and a call id that is none, are refused behind a request that was right; a missing request id is made."""
    admission.admit(0, DecideCommand(PLAIN, "shop"), catalog)
    wrong = PLAIN._replace(visitor_id="v1")
    with pytest.raises(InvalidArgument) as raised:
        admission.admit(0, DecideCommand(wrong, "shop", call_id="a/b"), catalog)
    assert {violation.field for violation in raised.value.violations} == {"visitor_id", "call_id"}
    made = [admission.admit(0, DecideCommand(PLAIN._replace(request_id=""), "shop"), catalog) for _ in range(2)]
    assert made[0].request.request_id != made[1].request.request_id


def test_another_catalogue_is_asked_anew(admission: Admission, catalog: Catalog) -> None:
    """A placement that the new catalogue does not have is refused, although the old one had it."""
    there = next(iter(p.id for p in catalog.placements.values() if p.channel == "web"))
    asked = PLAIN._replace(placements=(PlacementRequest(there),))
    admission.admit(0, DecideCommand(asked, "shop"), catalog)
    without = replace(catalog, placements={id_: p for id_, p in catalog.placements.items() if id_ != there})
    with pytest.raises(InvalidArgument):
        admission.admit(0, DecideCommand(asked, "shop"), without)


def test_what_asks_for_more_is_checked_each_time(admission: Admission, catalog: Catalog) -> None:
    """Exclusions of unknown actions are refused, also behind a plain request; more shapes than are kept do no harm."""
    admission.admit(0, DecideCommand(PLAIN, "shop"), catalog)
    with pytest.raises(InvalidArgument):
        admission.admit(0, DecideCommand(PLAIN._replace(excluded_actions=("nothing",)), "shop"), catalog)
    there = next(iter(p.id for p in catalog.placements.values() if p.channel == "web"))
    for width in range(MOST + 10):
        place = PlacementRequest(there, 1, width)
        case = admission.admit(0, DecideCommand(PLAIN._replace(placements=(place,)), "shop"), catalog)
        assert case.request.placements == (place,)
