"""What an agent records at the terminal while the server is away."""

from __future__ import annotations

import stat
from pathlib import Path

from nba_client.errors import InvalidRequest, Unavailable
from nba_client.testing import FakeClient
from nba_server.commands.agent_call import AgentCall
from nba_server.commands.agent_outbox import Outbox


def call_of(fake: FakeClient, outbox: Outbox, told: list[str]) -> AgentCall:
    """A ranked call."""
    fake.server.offer("unlimited")
    fake.server.offer("roaming")
    call = AgentCall(fake, outbox, told.append, customer="anna", channel="call", placement="agent", agent="maria")
    call.rank()
    return call


def test_what_is_recorded_while_the_server_is_away_is_sent_once(tmp_path: Path) -> None:
    """It is in a file that only its owner reads, another run finds it there, and it goes out in order under its id."""
    told: list[str] = []
    file = tmp_path / "state" / "outbox.jsonl"
    with FakeClient() as fake:
        call = call_of(fake, Outbox(file), told)
        fake.server.fail_next(Unavailable("away"))
        assert not call.react(call.proposals[0], "presented")
        fake.server.fail_next(Unavailable("away"))
        assert not call.react(call.proposals[0], "refused", "too_expensive")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        later = Outbox(file)
        assert [entry["type"] for entry in later.waiting] == ["impression", "rejected"]
        assert later.flush(fake, told.append)
        assert Outbox(file).flush(fake, told.append)
        sent = fake.server.outcomes
        assert [(outcome.type, outcome.reason) for outcome in sent] == [(3, ""), (6, "too_expensive")]
        assert len({outcome.event_id for outcome in sent}) == 2
    assert not file.exists()
    assert told == []


def test_what_the_server_refuses_does_not_hold_up_the_rest(tmp_path: Path) -> None:
    """A refused entry is told and dropped; those behind it are sent."""
    told: list[str] = []
    with FakeClient() as fake:
        call = call_of(fake, Outbox(tmp_path / "outbox.jsonl"), told)
        fake.server.fail_next(Unavailable("away"))
        call.react(call.proposals[0], "presented")
        fake.server.fail_next(InvalidRequest("that is wrong"))
        assert call.react(call.proposals[1], "accepted")
        assert [outcome.action for outcome in fake.server.outcomes] == ["roaming"]
    assert told == ["not taken: unlimited: presented: that is wrong"]


def test_a_ranking_takes_the_place_of_the_one_before_and_knows_what_was_said(tmp_path: Path) -> None:
    """Every change supersedes, excludes what was spoken of, and is deferred until it is spoken."""
    with FakeClient() as fake:
        call = call_of(fake, Outbox(tmp_path / "outbox.jsonl"), [])
        first = call.proposals[0].decision_id
        call.react(call.proposals[0], "presented")
        call.set("reason", "move")
        request = fake.server.requests[-1]
        assert (request.supersedes, list(request.excluded_actions)) == (first, ["unlimited"])
        assert request.defer_activation
        assert call.proposals[0].decision_id == first
        call.end()
        types = [outcome.type for outcome in fake.server.outcomes]
        assert types == [3, *[10] * (len(call.proposals) - 1)]
