"""Consent: which record holds and what it allows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nba_server.domain.consent import (
    KEPT_RECORDS,
    Consent,
    ConsentStatus,
    ConsentVerdict,
    allows,
    changed_consents,
    merge_consents,
    refusals,
    said_now,
    verdict,
)

GRANTED, DENIED, REVOKED = ConsentStatus.GRANTED, ConsentStatus.DENIED, ConsentStatus.REVOKED


def record(status: ConsentStatus, since: int, *, channel: str = "email", until: int = 0) -> Consent:
    """An advertising consent."""
    return Consent(channel, "advertising", status, since, until)


def said(*records: Consent, now: int = 100) -> ConsentVerdict:
    """The verdict for advertising by e-mail."""
    return verdict(records, "email", "advertising", now)


def test_later_record_holds_in_any_order() -> None:
    """The record with the later start holds, wherever it stands."""
    records = (record(GRANTED, 10), record(REVOKED, 20))
    assert said(*records) == said(*reversed(records)) == ConsentVerdict.REVOKED


@pytest.mark.parametrize("strict", [DENIED, REVOKED])
def test_stricter_record_holds_at_the_same_time(strict: ConsentStatus) -> None:
    """At the same time a refusal is stronger than a grant, also across `*` and the channel."""
    for channel, other in (("email", "*"), ("*", "email"), ("email", "email")):
        records = (record(strict, 10, channel=channel), record(GRANTED, 10, channel=other))
        assert said(*records) == said(*reversed(records)) == strict.value


def test_star_applies_to_every_channel_and_others_do_not() -> None:
    """A record for all channels counts here, one for another channel does not."""
    assert said(record(GRANTED, 10, channel="*")) is ConsentVerdict.GRANTED
    assert said(record(GRANTED, 10, channel="web")) is ConsentVerdict.UNKNOWN


def test_validity_bounds() -> None:
    """A record holds from its start until before its end."""
    granted = record(GRANTED, 100, until=200)
    assert [said(granted, now=now) for now in (99, 100, 199, 200)] == ["unknown", "granted", "granted", "expired"]
    assert said(record(DENIED, 100, until=200), now=200) is ConsentVerdict.UNKNOWN


def test_what_a_verdict_allows() -> None:
    """Refusals always hold; without a grant only service passes, or what the channel lets pass while unknown."""
    table = {
        (ConsentVerdict.GRANTED, "advertising", False): True,
        (ConsentVerdict.UNKNOWN, "advertising", False): False,
        (ConsentVerdict.UNKNOWN, "advertising", True): True,
        (ConsentVerdict.UNKNOWN, "service", False): True,
        (ConsentVerdict.UNKNOWN, "transactional", False): True,
        (ConsentVerdict.UNKNOWN, "research", False): False,
        (ConsentVerdict.EXPIRED, "advertising", True): False,
        (ConsentVerdict.EXPIRED, "service", False): True,
        (ConsentVerdict.DENIED, "service", True): False,
        (ConsentVerdict.REVOKED, "transactional", True): False,
    }
    for (verdict_, purpose, unknown), wanted in table.items():
        assert allows(verdict_, purpose, unknown_allowed=unknown) is wanted, (verdict_, purpose, unknown)


def test_merging_keeps_what_can_still_hold() -> None:
    """Merging forgets equal records and the oldest, and never changes what holds."""
    records = [record(GRANTED if i % 2 else DENIED, i) for i in range(20)]
    merged: tuple[Consent, ...] = ()
    for item in [*records, *records]:
        merged = merge_consents(merged, (item,))
    assert merged == tuple(records[-KEPT_RECORDS:])
    assert said(*merged) == said(*records)


def test_refusals_outlive_the_profile() -> None:
    """When a profile goes, grants go with it and refusals stay."""
    kept = refusals((record(GRANTED, 1), record(DENIED, 2), record(REVOKED, 3)))
    assert [item.status for item in kept] == [DENIED, REVOKED]


def test_what_is_said_without_a_time_holds_from_now_unless_it_stands() -> None:
    """A repeat keeps its time; another status, another proof or a time of its own is a new record."""
    standing = (record(GRANTED, 10), record(REVOKED, 20), record(GRANTED, 10, channel="web"))
    assert said_now(standing, [record(REVOKED, 0), record(GRANTED, 0, channel="web")], 50) == ()
    assert said_now(standing, [record(DENIED, 0)], 50) == (record(DENIED, 50),)
    assert said_now(standing, [record(REVOKED, 0, until=99)], 50) == (record(REVOKED, 50, until=99),)
    assert said_now(standing, [record(REVOKED, 30)], 50) == (record(REVOKED, 30),)
    assert said_now((), [record(GRANTED, 0)], 50) == (record(GRANTED, 50),)


def test_a_grant_for_all_channels_lifts_no_refusal_of_one() -> None:
    """Who refused calls is not called because a later list says yes to everything; a later yes to calls counts."""
    refused = Consent("call", "advertising", ConsentStatus.REVOKED, 1_000)
    general = Consent("*", "advertising", ConsentStatus.GRANTED, 2_000)
    own = Consent("call", "advertising", ConsentStatus.GRANTED, 3_000)
    assert verdict([refused, general], "call", "advertising", 5_000) is ConsentVerdict.REVOKED
    assert verdict([refused, general], "web", "advertising", 5_000) is ConsentVerdict.GRANTED
    assert verdict([refused, general, own], "call", "advertising", 5_000) is ConsentVerdict.GRANTED
    later_no = Consent("*", "advertising", ConsentStatus.DENIED, 4_000)
    assert verdict([refused, general, own, later_no], "call", "advertising", 5_000) is ConsentVerdict.DENIED


def test_a_grant_without_time_and_proof_lifts_no_refusal() -> None:
    """A stale import does not undo an opt-out; a yes with a proof or a date of its own does."""
    refused = [Consent("call", "advertising", ConsentStatus.REVOKED, 1_000)]
    stale = Consent("call", "advertising", ConsentStatus.GRANTED, 0)
    proven = Consent("call", "advertising", ConsentStatus.GRANTED, 0, proof_id="form-7")
    assert said_now(refused, [stale], 5_000) == ()
    assert [record.valid_from_ms for record in said_now(refused, [proven], 5_000)] == [5_000]
    assert said_now([], [stale], 5_000)[0].valid_from_ms == 5_000
    assert said_now([Consent("*", "advertising", ConsentStatus.DENIED, 1_000)], [stale], 5_000) == ()


def test_what_a_change_of_consents_is_told_as() -> None:
    """New records; for one that was undone the record that stands again, or itself as ended where none does."""
    granted = Consent("email", "advertising", ConsentStatus.GRANTED, 1)
    revoked = Consent("email", "advertising", ConsentStatus.REVOKED, 5)
    other = Consent("web", "profiling", ConsentStatus.DENIED, 2)
    assert changed_consents((granted,), (granted, revoked)) == (revoked,)
    assert changed_consents((granted, revoked), (granted,)) == (granted,)
    assert changed_consents((revoked,), ()) == (replace(revoked, valid_to_ms=5),)
    assert changed_consents((granted,), (granted, other)) == (other,)
    assert changed_consents((granted,), (granted,)) == ()
