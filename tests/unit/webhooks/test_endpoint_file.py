"""The file of endpoints: what it may say, and that every fault is found at its line with a mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from nba_server.adapters.webhooks.endpoint import DAY_MS, Endpoint, Filters, Naming, Start
from nba_server.adapters.webhooks.endpoint_file import load_endpoints
from nba_server.adapters.webhooks.signature import new_secret
from nba_server.errors import InvalidArgument

SECRET, OLDER = new_secret(), new_secret()
GOOD = """
endpoints:
  crm:
    url: https://crm.example/hooks
    events: [nba.decision.made, nba.outcome.*]
    secret: {env: CRM}
    previous_secret: {file: older.txt}
    customer: ref
    start: oldest
    only: {channels: [email], outcomes: [accepted], offers: true}
    timeout: 3s
    concurrency: 2
    give_up_after: 12h
    enabled: false
"""


def loaded(tmp_path: Path, text: str) -> tuple[Endpoint, ...]:
    """The endpoints of a file with this text."""
    file = tmp_path / "webhooks.yaml"
    file.write_text(text)
    (tmp_path / "older.txt").write_text(OLDER + "\n")
    return load_endpoints(file, {"CRM": SECRET, "SHORT": "whsec_YWJj"})


def faults(tmp_path: Path, text: str) -> dict[str, str]:
    """What is wrong, by place."""
    with pytest.raises(InvalidArgument) as caught:
        loaded(tmp_path, text)
    return {violation.field: violation.message for violation in caught.value.violations}


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    """Secrets come from the environment or from files beside the file."""
    assert loaded(tmp_path, GOOD) == (
        Endpoint(
            name="crm",
            url="https://crm.example/hooks",
            events=("nba.decision.made", "nba.outcome.*"),
            secrets=(SECRET, OLDER),
            filters=Filters(frozenset({"email"}), frozenset(), frozenset({"accepted"}), True),
            naming=Naming.REF,
            start=Start.OLDEST,
            timeout_ms=3_000,
            concurrency=2,
            give_up_ms=DAY_MS // 2,
            enabled=False,
        ),
    )


def test_the_least_that_must_be_said(tmp_path: Path) -> None:
    """The rest has sensible values."""
    text = "endpoints:\n  crm:\n    url: http://127.0.0.1:9/x\n    events: [nba.*]\n    secret: {env: CRM}\n"
    (endpoint,) = loaded(tmp_path, text)
    assert (endpoint.naming, endpoint.start, endpoint.give_up_ms, endpoint.enabled) == ("id", "now", 3 * DAY_MS, True)
    assert endpoint.wants("nba.matter.opened")


def test_no_endpoints_are_no_fault(tmp_path: Path) -> None:
    """So that all of them can be taken out."""
    assert loaded(tmp_path, "endpoints: {}\n") == ()


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        (("https://crm.example", "http://crm.example"), "webhooks.yaml:4:10", "plain_http"),
        (("https://crm.example/hooks", "crm.example"), "webhooks.yaml:4:10", "no web address"),
        (("https://crm", "https://me:secret@crm"), "webhooks.yaml:4:10", "password"),
        (("nba.decision.made", "nba.decision.mad"), "webhooks.yaml:5:14", "did you mean `nba.decision.made`"),
        (("{env: CRM}", "whsec_abc"), "webhooks.yaml:6:13", "{env: NAME}"),
        (("{env: CRM}", "{env: NONE}"), "webhooks.yaml:6:19", "the environment has no NONE"),
        (("{env: CRM}", "{env: SHORT}"), "webhooks.yaml:6:19", "24 to 64 bytes"),
        (("older.txt", "no.txt"), "webhooks.yaml:7:29", "cannot be read"),
        (("customer: ref", "customer: name"), "webhooks.yaml:8:15", "id, ref"),
        (("only:", "onyl:"), "webhooks.yaml:10:5", "did you mean `only`"),
        (("offers: true", "offers: maybe"), "webhooks.yaml:10:61", "true or false"),
        (("channels", "chanels"), "webhooks.yaml:10:12", "did you mean `channels`"),
        (("timeout: 3s", "timeout: 300s"), "webhooks.yaml:11:14", "from 1s to 1m"),
        (("concurrency: 2", "concurrency: 0"), "webhooks.yaml:12:18", "1 to 64"),
        (("12h", "12 hours"), "webhooks.yaml:13:20", "12h or 3d"),
        (("  crm:", "  CRM:"), "webhooks.yaml:3:3", "small letters"),
    ],
)
def test_a_fault_has_its_line_and_the_mend(tmp_path: Path, change: tuple[str, str], place: str, said: str) -> None:
    """One fault, at its place."""
    found = faults(tmp_path, GOOD.replace(*change))
    assert list(found) == [place]
    assert said in found[place]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Also those of two endpoints."""
    found = faults(tmp_path, "endpoints:\n  a: {url: 'x', events: [], secret: 1}\n  b:\n    url: https://x.example\n")
    assert len(found) >= 4
