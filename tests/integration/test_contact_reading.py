"""What counts against a customer now, over gRPC and through the client; shadow limits in metrics and traces."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nba_client import AsyncClient, Contact, DoNotContact
from tests.integration.cli_server import run
from tests.integration.running import Running, request

TRIAL = """
contact_policies:
  - {id: trial, cap: 0, window: 7d, channels: [call], shadow: true}
contact_pressure:
  - {id: fatigue, budget: 1, channels: {email: {half_life: 4d}}}
quiet_hours:
  - {id: always, channels: [web], directions: [inbound]}
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """The small telephone company with a limit on trial, a budget and quiet hours."""
    folder = Path(shutil.copytree(Path(__file__).parents[2] / "examples/minimal", tmp_path / "catalogue"))
    (folder / "trial.yaml").write_text(TRIAL, encoding="utf-8")
    return folder


async def test_everything_that_counts_is_read_as_it_binds(server: Running) -> None:
    """Contacts with outcomes, limits with use and end, pressure, suppressions and their cause, quiet hours, the list."""
    await server.stubs.upsert()
    decision = await server.stubs.decide(request_id="first")
    offered = decision.actions[0].action
    await server.stubs.react(decision.decision_id, "REJECTED", offered)
    async with AsyncClient(server.address) as client:
        planned = datetime.now(UTC) + timedelta(days=3)
        await client.contact(Contact("anna", "mail-1", "email", occurred_at=planned))
        await client.customers.do_not_contact("anna", DoNotContact(channels=["email"], source="a letter"))
        reading = await client.customers.contacts("anna")
        few = await client.customers.contacts("anna", max_contacts=1)
        unknown = await client.customers.contacts("nobody")
    assert reading.at is not None
    assert reading.contacts[0].contact_id == "x:mail-1"
    rejected = next(contact for contact in reading.contacts if contact.action == offered)
    assert (rejected.state, rejected.counts, [o.type for o in rejected.outcomes]) == ("confirmed", True, ["rejected"])
    limits = {use.limit: use for use in reading.limits}
    assert (limits["one-email-a-week"].used, limits["one-email-a-week"].contact_ids) == (1, ("x:mail-1",))
    until = limits["one-email-a-week"].until
    assert until is not None
    assert abs(until - planned - timedelta(days=7)) < timedelta(seconds=1)
    assert (limits["trial"].shadow, limits["trial"].used_up, limits["trial"].until) == (True, True, None)
    assert not limits["three-offers-a-week"].used_up
    (pressure,) = reading.pressures
    assert (pressure.level, pressure.budget, pressure.channels[0].used_up) == (0.0, 1.0, True)
    assert [(s.rule, s.key, s.cause) for s in reading.suppressions] == [
        ("refused-rest-a-month", offered, rejected.contact_id)
    ]
    assert [(quiet.quiet_hours, quiet.channels) for quiet in reading.quiet] == [("always", ("web",))]
    assert reading.do_not_contact is not None
    assert (list(reading.do_not_contact.channels), reading.do_not_contact.source) == (["email"], "a letter")
    assert (len(few.contacts), few.total_contacts) == (1, reading.total_contacts)
    assert (unknown.contacts, unknown.suppressions, unknown.do_not_contact) == ((), (), None)


async def test_a_shadow_limit_is_counted_and_told_but_not_applied(server: Running) -> None:
    """The metric counts decisions that it would have changed, the trace says so of each action, and all are offered."""
    await server.stubs.upsert()
    decision = await server.stubs.decisions.Decide(request("anna", "call"))
    assert decision.actions
    assert server.metric("nba_shadow_limit_decisions_total", limit="trial") == 1.0
    async with AsyncClient(server.address) as client:
        trace = (await client.explain(decision.decision_id)).trace
    offered = [action for action in trace if action.stage == "offered"]
    assert offered
    assert all([reason.subject for reason in action.shadows] == ["trial"] for action in offered)


async def test_the_command_shows_it_to_people_and_programs(server: Running) -> None:
    """`nba contacts` says what is used, until when, what is muted and who is listed; `--json` has the same as data."""
    await server.stubs.upsert()
    decision = await server.stubs.decide()
    await server.stubs.react(decision.decision_id, "REJECTED", decision.actions[0].action)
    async with AsyncClient(server.address) as client:
        await client.contact(Contact("anna", "mail-1", "email"))
        await client.customers.do_not_contact("anna", DoNotContact(source="a letter"))
    arguments = ("contacts", "anna", "--address", server.address)
    shown = await asyncio.to_thread(run, *arguments)
    told = await asyncio.to_thread(run, *arguments, "--json")
    assert shown.exit_code == told.exit_code == 0
    for words in ("on the do-not-contact list for all channels", "quiet on web until 24:00", "one-email-a-week",
                  "rule refused-rest-a-month", "confirmed", "rejected", "fatigue"):  # fmt: skip
        assert words in shown.stdout, words
    data = json.loads(told.stdout)
    assert {use["limit"]: use["used"] for use in data["limits"]}["one-email-a-week"] == 1
    assert data["do_not_contact"]["source"] == "a letter"
    empty = await asyncio.to_thread(run, "contacts", "nobody", "--address", server.address)
    assert "no contacts" in empty.stdout
