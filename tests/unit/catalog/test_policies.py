"""Contact pressure and quiet hours in the catalogue: what they compile to, their faults with places, hash and differences."""

from __future__ import annotations

import orjson
import pytest

from nba_server.adapters.catalog import CatalogFaulty, compile_snapshot, compile_text
from nba_server.adapters.catalog.difference import differences
from nba_server.domain.engagement import Direction
from nba_server.domain.pressure import ContactPressure, PressureRate
from nba_server.domain.quiet_hours import QuietHours
from tests.unit.catalog.conftest import BODY, HEAD

DAY_MS = 86_400_000
PRESSURE = """\
contact_pressure:
  - id: fatigue
    budget: 3
    segments: {vip: 5}
    channels:
      email: {half_life: 4d, classes: {service: 0.5}}
      web: {half_life: 1d, weight: 2}
"""


def test_pressure_compiles_to_the_domains_record() -> None:
    """Rates are sorted by channel, a weight left out is one, and the snapshot reads back as the same."""
    compiled = compile_text(HEAD, BODY, PRESSURE)
    wanted = ContactPressure(
        "fatigue",
        3.0,
        (PressureRate("email", 4 * DAY_MS, 1.0, (("service", 0.5),)), PressureRate("web", DAY_MS, 2.0)),
        (("vip", 5.0),),
    )
    assert compiled.catalog.pressures == (wanted,)
    assert compile_snapshot(compiled.canonical).pressures == (wanted,)


def test_only_a_catalogue_that_uses_it_has_the_new_format() -> None:
    """Without the new sections format and hash stay, so that older servers of a fleet can read it."""
    assert orjson.loads(compile_text(HEAD, BODY).canonical)["format"] == 1
    assert orjson.loads(compile_text(HEAD, BODY, PRESSURE).canonical)["format"] == 2


def test_the_ledger_is_kept_for_ten_half_lives() -> None:
    """A half-life of sixty days keeps the ledger for six hundred."""
    catalog = compile_text(HEAD, BODY, PRESSURE.replace("4d", "60d")).catalog
    assert catalog.ledger_retention_ms == 600 * DAY_MS


def test_a_change_is_told_as_people_write_it() -> None:
    """Half-lives are durations, and a new pressure is summed up by its budget."""
    documents = [
        orjson.loads(compile_text(HEAD, BODY, *more).canonical)
        for more in ((), (PRESSURE,), (PRESSURE.replace("4d", "5d"),))
    ]
    assert [str(change) for change in differences(documents[0], documents[1])] == [
        "added contact pressure fatigue: a budget of 3"
    ]
    (change,) = differences(documents[1], documents[2])
    assert "email: {classes: {service: 0.5}, half life: 4d, weight: 1}" in str(change)


@pytest.mark.parametrize(
    ("old", "new", "place", "what", "mend"),
    [
        ("email:", "emial:", "6:7", "unknown channel `emial`", "did you mean `email`?"),
        ("service: 0.5", "servce: 0.5", "6:40", "unknown class `servce`", "did you mean `service`?"),
        ("weight: 2", "weight: 6", "7:36", "a contact of weight 6 never fits a budget of 5", "lower the weight"),
        ("service: 0.5", "service: 7", "6:49", "a contact of weight 7 never fits a budget of 5", "raise the budget"),
        ("budget: 3", "budget: 0", "3:13", "`0` is out of range", "more than 0"),
        ("half_life: 1d", "half_life: 1", "7:24", "a text is needed here, not `1`", "write a duration"),
        ("{half_life: 1d, weight: 2}", "{weight: 2}", "7:12", "`half_life` is missing", "add `half_life:`"),
        ("id: fatigue", "id: weekly", "2:9", "the id `weekly` is that of a contact limit", "another id"),
    ],
)  # fmt: skip
def test_faults(old: str, new: str, place: str, what: str, mend: str) -> None:
    """One thing wrong is one fault, where it stands, with the mend."""
    assert PRESSURE.count(old) == 1
    with pytest.raises(CatalogFaulty) as caught:
        compile_text(HEAD, BODY, PRESSURE.replace(old, new))
    (fault,) = caught.value.faults
    assert fault.startswith(f"catalog-3.yaml:{place}: {what}")
    assert mend in fault


QUIET = """\
quiet_hours:
  - {id: night, from: "21:00", to: "08:00", weekdays: [sun, mon], channels: [email]}
  - {id: feast, dates: [12-25, 2026-05-01], directions: [inbound]}
"""
OWN_CLOCK = HEAD.replace("currency: EUR}", "currency: EUR, customer_timezone: zone}").replace(
    "vip: {type: boolean}", "vip: {type: boolean}\n  zone: {type: string}"
)


def test_quiet_hours_compile_to_the_domains_records() -> None:
    """Minutes of the day, numbers of weekdays, outbound unless said otherwise, and the attribute of the customer's zone."""
    compiled = compile_text(OWN_CLOCK, BODY, QUIET)
    feast = QuietHours("feast", dates=frozenset({"12-25", "2026-05-01"}), directions=frozenset({Direction.INBOUND}))
    night = QuietHours("night", 1260, 480, weekdays=frozenset({1, 7}), channels=frozenset({"email"}))
    assert compiled.catalog.quiet_hours == (feast, night)
    assert compiled.catalog.customer_timezone == "zone"
    again = compile_snapshot(compiled.canonical)
    assert (again.quiet_hours, again.customer_timezone) == ((feast, night), "zone")


def test_changed_quiet_hours_are_told_as_times_of_day() -> None:
    """Minutes are told as 22:00."""
    old, new = (
        orjson.loads(compile_text(HEAD, BODY, text).canonical) for text in (QUIET, QUIET.replace("21:00", "22:00"))
    )
    assert [str(change) for change in differences(old, new)] == ["changed quiet hours night: from 21:00 → 22:00"]


@pytest.mark.parametrize(
    ("old", "new", "place", "what", "mend"),
    [
        ('"21:00"', '"9pm"', "2:23", "`9pm` cannot be read", "write a time of day as 08:00"),
        ('"21:00"', '"08:00"', "2:23", "nothing is quiet from 08:00 to 08:00", "for the whole day"),
        ("[email]", "[emial]", "2:78", "unknown channel `emial`", "did you mean `email`?"),
        ("12-25", "13-25", "3:25", "`13-25` is no day", "write a day that exists"),
        ("dates: [12-25, 2026-05-01]", "dates: [12-25], weekdays: [mon]", "3:24", "weekdays and dates at once", "each"),
        ("id: feast", "id: weekly", "3:10", "the id `weekly` is that of a contact limit or pressure", "another id"),
    ],
)  # fmt: skip
def test_faults_of_quiet_hours(old: str, new: str, place: str, what: str, mend: str) -> None:
    """One thing wrong is one fault, where it stands, with the mend."""
    assert QUIET.count(old) == 1
    with pytest.raises(CatalogFaulty) as caught:
        compile_text(HEAD, BODY, QUIET.replace(old, new))
    (fault,) = caught.value.faults
    assert fault.startswith(f"catalog-3.yaml:{place}: {what}")
    assert mend in fault


@pytest.mark.parametrize(
    ("named", "what"), [("zoen", "unknown attribute `zoen`; did you mean `zone`?"), ("vip", "`vip` is no string")]
)
def test_the_customers_zone_is_a_string_attribute(named: str, what: str) -> None:
    """Another attribute, or one of another type, is a fault of the head."""
    with pytest.raises(CatalogFaulty) as caught:
        compile_text(OWN_CLOCK.replace("customer_timezone: zone", f"customer_timezone: {named}"), BODY)
    (fault,) = caught.value.faults
    assert fault.startswith("catalog.yaml:1:")
    assert what in fault


LEGAL = BODY.replace(
    "title: Gold card\n            value: 10", "title: Gold card\n            class: service\n            legal: true"
)


def test_legal_actions_are_so_after_a_snapshot_too() -> None:
    """`legal` is part of the snapshot, whose format is the newer one."""
    compiled = compile_text(HEAD, LEGAL)
    assert orjson.loads(compiled.canonical)["format"] == 2
    for catalog in (compiled.catalog, compile_snapshot(compiled.canonical)):
        assert [action.id for action in catalog.actions if action.legal] == ["gold"]


def test_the_law_demands_no_advertising() -> None:
    """A legal action needs another purpose than advertising."""
    with pytest.raises(CatalogFaulty) as caught:
        compile_text(HEAD, LEGAL.replace("class: service\n", "value: 3\n"))
    (fault,) = caught.value.faults
    assert "the action `gold` is legal and advertising; the law demands no advertising" in fault


def test_limits_of_a_household() -> None:
    """The scope is part of the snapshot, in the newer format; a limit that names none is a person's."""
    text = "contact_policies:\n  - {id: home, cap: 3, window: 7d, scope: household}\n"
    compiled = compile_text(HEAD, BODY, text)
    assert orjson.loads(compiled.canonical)["format"] == 2
    for catalog in (compiled.catalog, compile_snapshot(compiled.canonical)):
        assert {limit.id: limit.scope for limit in catalog.limits} == {"home": "household", "weekly": "person"}
