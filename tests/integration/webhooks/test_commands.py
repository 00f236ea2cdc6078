"""`nba webhooks` on a store: endpoints and how far they are, dead letters, redelivery, a test message."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.redis.store import Store
from nba_server.adapters.redis.webhooks import WebhookLetter
from tests.integration.cli_server import run
from tests.integration.webhooks.receiver import Receiver, Reply
from tests.integration.webhooks.told import dispatcher, endpoint

LETTER = WebhookLetter("nba_001-1-0-0", "nba.purchase.recorded", "ref", 1_768_478_400_000, 7, 2, "500 No", b'{"a":1}')


async def webhooks(engine: EmbeddedEngine, *arguments: str) -> tuple[int, str]:
    """Exit code and output of a command on the store."""
    result = await asyncio.to_thread(run, "webhooks", *arguments, "--store", engine.url)
    return result.exit_code, result.output


@pytest.fixture
async def crm(store: Store) -> None:
    """An endpoint that has failed, with a dead letter."""
    with Receiver() as receiver:
        await dispatcher(store, endpoint(receiver, url="https://crm.example/")).register()
    counts: dict[str, Any] = {"delivered": 5, "failures": 7, "last_ms": LETTER.at_ms, "failing": "500 No"}
    await store.webhooks.advance("crm", {}, dead=[LETTER], counts=counts)


@pytest.mark.usefixtures("crm")
async def test_list_shows_how_far_each_is(engine: EmbeddedEngine) -> None:
    """For people and for programs."""
    code, text = await webhooks(engine, "list", "--json")
    (one,) = json.loads(text)
    assert code == 0
    assert (one["name"], one["state"], one["delivered"], one["failed_attempts"]) == ("crm", "failing", 5, 7)
    assert (one["dead"], one["skipped"], one["why"]) == (1, 0, "500 No")
    assert "failing" in (await webhooks(engine, "list"))[1]


@pytest.mark.usefixtures("crm")
async def test_dead_letters_are_listed_redelivered_and_dropped(engine: EmbeddedEngine, store: Store) -> None:
    """Redelivery leaves them where they are until they have arrived."""
    assert "7 attempts: 500 No" in (await webhooks(engine, "dead", "crm"))[1]
    (one,) = json.loads((await webhooks(engine, "dead", "crm", "--json"))[1])
    assert (one["id"], one["body"]) == (LETTER.id, '{"a":1}')
    assert (await webhooks(engine, "redeliver", "crm"))[0] == 2
    assert (await webhooks(engine, "redeliver", "crm", "nobody"))[0] == 1
    assert "delivered again: 1" in (await webhooks(engine, "redeliver", "crm", LETTER.id))[1]
    assert await store.webhooks.again("crm") == await store.webhooks.dead("crm") == [LETTER]
    assert "forgotten" in (await webhooks(engine, "dead", "crm", "--drop"))[1]
    assert await store.webhooks.again("crm") == await store.webhooks.dead("crm") == []


@pytest.mark.usefixtures("crm")
async def test_enable_and_forget(engine: EmbeddedEngine, store: Store) -> None:
    """Of an endpoint that is known; else the command says where to look."""
    await store.webhooks.disable("crm", "gone")
    assert "told again" in (await webhooks(engine, "enable", "crm"))[1]
    assert (await store.webhooks.states())[0].disabled == ""
    assert (await webhooks(engine, "forget", "crm"))[0] == 0
    assert await store.webhooks.states() == []
    code, text = await webhooks(engine, "enable", "crm")
    assert code == 1
    assert "nba webhooks list" in text


def test_a_test_message(tmp_path: Path) -> None:
    """Signed like all others; what the receiver answers is told, and a refusal is exit code 1."""
    with Receiver() as receiver:
        (tmp_path / "secret").write_text(receiver.secret)
        file = tmp_path / "webhooks.yaml"
        file.write_text(f"endpoints: {{crm: {{url: '{receiver.url}', events: [nba.*], secret: {{file: secret}}}}}}\n")
        taken = run("webhooks", "test", "crm", "--webhooks", str(file))
        assert taken.exit_code == 0
        assert "taken" in taken.output
        assert [one.type for one in receiver.received] == ["nba.webhook.test"]
        receiver.reply = lambda _: Reply(500)
        assert run("webhooks", "test", "crm", "--webhooks", str(file)).exit_code == 1
        assert "no endpoint 'erp'" in run("webhooks", "test", "erp", "--webhooks", str(file)).output
        assert run("webhooks", "check", str(file)).output == "no faults: crm\n"


def test_a_faulty_file_stops_the_server_before_it_starts(tmp_path: Path) -> None:
    """With all faults; exit code 2."""
    file = tmp_path / "webhooks.yaml"
    file.write_text("endpoints:\n  crm: {url: 'x', events: [nba.x], secret: {env: NONE}}\n")
    result = run("serve", "--webhooks", str(file), "--data", str(tmp_path / "data"))
    assert result.exit_code == 2
    assert "webhooks.yaml:2:14" in result.output
    assert "the environment has no NONE" in result.output
