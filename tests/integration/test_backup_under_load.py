"""A backup of a server that answers meanwhile: what was acknowledged before it began is in it, and is known after a restore."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from click.testing import CliRunner, Result

from nba_server.adapters.archive.archiver import Archiver
from nba_server.adapters.archive.reader import ArchiveReader
from nba_server.adapters.embedded import attach_url
from nba_server.adapters.redis.store import Store
from nba_server.cli import nba
from nba_server.pb import decision_pb2
from tests.integration.running import Stubs, request
from tests.integration.supervised import PATIENT, Supervised

pytestmark = pytest.mark.timeout(300)
RESTLESS = ("--archive-interval", "100ms", "--journal-keep", "0s", "--durability", "everysec", *PATIENT)
CLIENTS = 8


class Load:
    """Clients that decide for customers and report clicks, each call with an id of its own, and keep the answers."""

    def __init__(self, stubs: Stubs) -> None:
        self._stubs = stubs
        self.answers: dict[str, bytes] = {}
        self.clicks: list[str] = []
        self._answered = asyncio.Event()

    async def until(self, reached: Callable[[], bool]) -> None:
        """Waits for a state, which is looked at after every answer."""
        async with asyncio.timeout(60):
            while not reached():
                self._answered.clear()
                await self._answered.wait()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; what was sent is answered then."""
        await asyncio.gather(*(self._client(number, stop) for number in range(CLIENTS)))

    async def _client(self, number: int, stop: asyncio.Event) -> None:
        turn = 0
        while not stop.is_set():
            id_ = f"r-{number}-{turn}"
            sent = asked(id_)
            answer = await self._stubs.decide_bytes(sent.SerializeToString())
            self.answers[id_] = answer
            self._answered.set()
            decision = decision_pb2.DecideResponse.FromString(answer)
            if turn % 3 == 0 and decision.actions:
                click = f"e-{number}-{turn}"
                await self._stubs.react(decision.decision_id, "CLICKED", decision.actions[0].action, event_id=click)
                self.clicks.append(click)
            turn += 1


def asked(id_: str) -> decision_pb2.DecideRequest:
    """The request with this id."""
    return request(f"customer-{id_}", request_id=id_)


async def _nba(*arguments: str | Path) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, nba, list(map(str, arguments)))


@pytest.mark.parametrize("form", ["snapshot", "keys"])
async def test_nothing_acknowledged_before_the_backup_is_missing(tmp_path: Path, form: str) -> None:
    """Under load, with an archiver that commits and trims all the time: every answer given before the backup began is given
    again byte for byte by the restored server, its entries are there once, and the counts are those of the backup."""
    data, new = tmp_path / "data", tmp_path / "new"
    with Supervised(data, *RESTLESS) as server:
        async with grpc.aio.insecure_channel(server.address) as channel:
            load, stop = Load(Stubs(channel)), asyncio.Event()
            clients = asyncio.create_task(load.run(stop))
            await load.until(lambda: len(load.answers) >= 200 and ArchiveReader(data / "archive").version >= 2)
            before, clicks = dict(load.answers), list(load.clicks)
            address = ("--store", attach_url(data)) if form == "keys" else ()
            made = await _nba("backup", tmp_path / "b.tar", "--data", data, *address, "--json")
            assert made.exit_code == 0, made.output
            assert len(load.answers) > len(before)
            stop.set()
            await clients
    back = await _nba("restore", tmp_path / "b.tar", "--data", new, "--json")
    assert back.exit_code == 0, back.output
    assert json.loads(made.stdout)["store_form"] == form
    assert json.loads(back.stdout)["restored"] == json.loads(made.stdout)["counts"]
    with Supervised(new, *RESTLESS) as server:
        async with grpc.aio.insecure_channel(server.address) as channel:
            stubs = Stubs(channel)
            for id_, answer in before.items():
                assert await stubs.decide_bytes(asked(id_).SerializeToString()) == answer
        ids, events = await _archived(new)
    assert set(ids.values()) == set(events.values()) == {1}
    decided = {decision_pb2.DecideResponse.FromString(answer).decision_id for answer in before.values()}
    assert decided <= ids.keys()
    assert set(clicks) <= events.keys()


async def _archived(data: Path) -> tuple[Counter[str], Counter[str]]:
    """How often the archive has each decision and each event, when all of the journal is in it."""
    url = attach_url(data)
    assert url is not None
    store = await Store.open(url, kind="any")
    await Archiver(store, data / "archive").drain()
    await store.close()
    ids: Counter[str] = Counter()
    events: Counter[str] = Counter()
    for archived in ArchiveReader(data / "archive").entries(["decision", "outcome"]):
        if archived.kind == "decision":
            ids[archived.entry.decision.decision_id] += 1
        else:
            events[archived.entry.outcome.event_id] += 1
    return ids, events
