"""`nba batch` on a real server: the same policy as for every decision, limits, and continuing after kill -9 without doubling."""

from __future__ import annotations

import asyncio
import csv
import dataclasses
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from nba_client import AsyncClient, Client
from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.engine.liveness import ask
from nba_server.adapters.redis.store import Store
from nba_server.batch.deciding import Pace
from nba_server.batch.order import Order
from nba_server.batch.progress import Progress, Settled
from nba_server.batch.reports import report
from nba_server.batch.running import begin, progress_path, run
from nba_server.batch.summary import Summary
from nba_server.errors import FailedPrecondition, InvalidArgument
from nba_server.pb import customer_pb2
from nba_server.settings import Settings
from tests.conftest import REPLAY_START_MS
from tests.integration.running import GRANTED, Running, running_server, values

EMAIL = Order("email", "all")
DAY_MS = 86_400_000


@asynccontextmanager
async def replayed(engine: EmbeddedEngine, settings: Settings, customers: int = 0) -> AsyncIterator[Running]:
    """A server on a fresh replay store whose clock stands still: equal requests have equal answers, to the id."""
    ask(engine.socket, "FLUSHALL", timeout_s=10.0)
    store = await Store.open(engine.url, kind="replay", seed=1)
    await store.clock.advance(REPLAY_START_MS)
    await store.close()
    async with running_server(dataclasses.replace(settings, replay=True)) as server:
        if customers:
            await born(server, customers)
        yield server


async def born(server: Running, count: int) -> None:
    """Customers `c-0`, `c-1`, …: every third too young, every seventh without consent."""
    patches = [
        customer_pb2.CustomerPatch(
            customer_id=f"c-{n}",
            attributes=values({"age": 17 if n % 3 == 0 else 40, "country": "DE", "data_used": 0.9}),
            consents=GRANTED if n % 7 else [],
        )
        for n in range(count)
    ]
    for start in range(0, count, 500):
        request = customer_pb2.UpsertCustomersRequest(customers=patches[start : start + 500])
        assert not any(one.error for one in (await server.stubs.customers.UpsertCustomers(request)).results)


async def batch(server: Running, out: Path, order: Order = EMAIL, *, name: str = "b", **more: object) -> Summary:
    """A batch to its end."""
    with Progress(progress_path(out)) as progress:
        id_, _ = begin(progress, order, name)
        async with AsyncClient(server.address) as client:
            return await run(client, progress, order, id_, out, **more)  # type: ignore[arg-type]


def rows(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV list."""
    with file.open(newline="") as source:
        return list(csv.DictReader(source))


async def live_contacts(server: Running, count: int) -> Counter[str]:
    """Contacts that count, by customer."""
    refs = {f"c-{n}": server.serving.store.identity.customer(f"c-{n}") for n in range(count)}
    read = await server.serving.store.reader.read(list(refs.values()))
    return Counter(
        {name: sum(c.counts_at(read.now_ms) for c in s.ledger) for name, s in zip(refs, read.states, strict=True)}
    )


async def test_everybody_is_decided_for_once(engine: EmbeddedEngine, settings: Settings, tmp_path: Path) -> None:
    """The list has who may get an offer, with contents; the summary says why others get none; a repeat changes nothing."""
    async with replayed(engine, settings, 60) as server:
        out = tmp_path / "today.csv"
        summary = await batch(server, out)
        wanted = {f"c-{n}" for n in range(60) if n % 3 and n % 7}
        assert {row["customer_id"] for row in rows(out)} == wanted
        assert (summary.customers, summary.offers, summary.rows, summary.left) == (60, len(wanted), len(wanted), 0)
        assert summary.reasons == {"rule_failed": 17, "consent_unknown": 9}
        row = rows(out)[0]
        assert row["content.template"] in ("unlimited", "second-sim")
        assert row["reserved_until"] == "2026-01-01T01:00:00Z"
        before = out.read_bytes()
        assert await batch(server, out) == summary
        assert out.read_bytes() == before
        counted = await live_contacts(server, 60)
        assert {name for name, number in counted.items() if number} == wanted
        assert max(counted.values()) == 1
        again = await batch(server, tmp_path / "again.csv", name="another")
        assert again.offers == 0
        assert again.reasons["contact_limit"] == len(wanted)


@pytest.mark.timeout(120)
async def test_killed_again_and_again_it_gives_the_list_of_an_undisturbed_run(
    engine: EmbeddedEngine, settings: Settings, tmp_path: Path
) -> None:
    """The same file, byte for byte, and one contact a customer: kill -9 twice in the middle."""
    count = 300
    calm, killed = tmp_path / "calm.jsonl", tmp_path / "killed.jsonl"
    async with replayed(engine, settings, count) as server:
        await batch(server, calm)
    async with replayed(engine, settings, count) as server:
        command = [sys.executable, "-m", "nba_server", "batch", "--channel", "email", "--out", str(killed)]
        command += ["--id", "b", "--address", server.address, "--in-flight", "4", "--json"]
        quiet = {name: text for name, text in os.environ.items() if not name.startswith("NBA_")}
        for kill in range(2):
            process = await asyncio.create_subprocess_exec(*command, env=quiet, stdout=asyncio.subprocess.DEVNULL)
            try:
                await _settled(progress_path(killed), 90 * kill + 30)
            finally:
                process.kill()
            assert await process.wait() == -9
        process = await asyncio.create_subprocess_exec(*command, env=quiet, stdout=asyncio.subprocess.PIPE)
        said, _ = await process.communicate()
        assert process.returncode == 0
        assert json.loads(said)["customers"] == count
        assert max((await live_contacts(server, count)).values()) == 1
    assert killed.read_bytes() == calm.read_bytes()


async def _settled(path: Path, count: int) -> None:
    """Waits until so many answers are kept."""
    async with asyncio.timeout(40):
        while True:
            if _kept(path) >= count:
                return
            await asyncio.sleep(0.02)


def _kept(path: Path) -> int:
    if not path.exists():
        return 0
    with Progress(path) as progress:
        counts = progress.counts()
    return counts.get("offer", 0) + counts.get("no_offer", 0)


async def test_a_limit_reserves_no_more_than_it_lists(
    engine: EmbeddedEngine, settings: Settings, tmp_path: Path
) -> None:
    """The first n with an offer in their turn, whatever is in flight; the turn is drawn by lot, the same each time."""
    limited = dataclasses.replace(EMAIL, limit=7)
    lists = []
    for in_flight in (1, 32):
        async with replayed(engine, settings, 80) as server:
            out = tmp_path / f"{in_flight}.jsonl"
            summary = await batch(server, out, limited, pace=Pace(in_flight))
            assert (summary.offers, summary.rows) == (7, 7)
            assert summary.left == 80 - 7 - summary.no_offers
            assert sum((await live_contacts(server, 80)).values()) == 7
            lists.append(out.read_text())
    assert lists[0] == lists[1]


async def test_segments_and_files(engine: EmbeddedEngine, settings: Settings, tmp_path: Path) -> None:
    """A segment in CEL; a file in its own order, each once; a row that names nobody is refused with its number."""
    async with replayed(engine, settings, 30) as server:
        young = await batch(
            server, tmp_path / "young.csv", dataclasses.replace(EMAIL, source="segment:customer.age < 18")
        )
        assert young.customers == 10
        file = tmp_path / "some.csv"
        file.write_text("name,customer_id\nx,c-5\ny,c-1\nz,c-5\n")
        out = tmp_path / "some.parquet"
        await batch(server, out, dataclasses.replace(EMAIL, source="file:x"), name="f", customers=file)
        assert pq.read_table(out)["customer_id"].to_pylist() == ["c-5", "c-1"]
        file.write_text('customer_id\nc-5\n""\n')
        with pytest.raises(InvalidArgument, match=r"some\.csv:3"):
            await batch(server, tmp_path / "bad.csv", dataclasses.replace(EMAIL, source="file:y"), customers=file)
        lines = tmp_path / "ids.txt"
        lines.write_text("c-2\n\nc-4\n")
        listed = await batch(
            server, tmp_path / "l.csv", dataclasses.replace(EMAIL, source="file:z"), name="g", customers=lines
        )
        assert listed.customers == 2


async def test_planned_messages_count_at_their_time(engine: EmbeddedEngine, settings: Settings, tmp_path: Path) -> None:
    """Planned for the day after tomorrow: the contact stands there, and the week around it is taken."""
    async with replayed(engine, settings, 10) as server:
        order = dataclasses.replace(EMAIL, planned_at="2026-01-03T08:00:00Z")
        summary = await batch(server, tmp_path / "later.csv", order)
        (row, *_) = rows(tmp_path / "later.csv")
        assert (row["planned_at"], row["reserved_until"]) == ("2026-01-03T08:00:00Z", "2026-01-03T09:00:00Z")
        ref = server.serving.store.identity.customer(row["customer_id"])
        (contact,) = (await server.serving.store.reader.read([ref])).states[0].ledger
        assert contact.at_ms == REPLAY_START_MS + 2 * DAY_MS + 8 * 3_600_000
        now = await batch(server, tmp_path / "now.csv", name="now")
        assert now.reasons["contact_limit"] == summary.offers


async def test_reports_confirm_and_release(engine: EmbeddedEngine, settings: Settings, tmp_path: Path) -> None:
    """Delivered ones stay counted, failed and unsent ones do not; bad rows are listed; a repeat changes nothing."""
    async with replayed(engine, settings, 20) as server:
        out = tmp_path / "today.csv"
        await batch(server, out)
        sent = rows(out)
        states = ["delivered", "bounced", "", *["sent"] * (len(sent) - 3)]
        reports = tmp_path / "reports.csv"
        lines = ["decision_id,action,status"]
        lines += [f"{row['decision_id']},{row['action']},{state}" for row, state in zip(sent, states, strict=True)]
        reports.write_text("\n".join([*lines, ",x,sent", f"{sent[0]['decision_id']},x,lost"]) + "\n")

        def told() -> tuple[dict[str, int], int, list[int]]:
            with Client(server.address) as client:
                done = report(client, reports, "sent", only=False, told=lambda _: None)
            return dict(done.recorded), done.known, [bad.line for bad in done.refused]

        first = await asyncio.to_thread(told)
        assert first[0] == {"delivered": 1, "delivery_failed": 1, "sent": len(sent) - 2}
        assert first[2] == [len(sent) + 2, len(sent) + 3]
        assert (await asyncio.to_thread(told))[1] == len(sent)
        counted = await live_contacts(server, 20)
        assert counted[sent[1]["customer_id"]] == 0
        assert counted[sent[0]["customer_id"]] == counted[sent[2]["customer_id"]] == 1


def test_another_order_is_refused(tmp_path: Path) -> None:
    """What differs is named; the same order is continued."""
    with Progress(tmp_path / "x.progress") as progress:
        assert begin(progress, EMAIL, "b") == ("b", False)
        assert begin(progress, EMAIL, "") == ("b", True)
        with pytest.raises(FailedPrecondition, match="context"):
            begin(progress, dataclasses.replace(EMAIL, context={"at": datetime(2026, 1, 1, tzinfo=UTC)}), "")
        with pytest.raises(FailedPrecondition, match="limit"):
            begin(progress, dataclasses.replace(EMAIL, limit=3), "")
        with pytest.raises(FailedPrecondition, match="id"):
            begin(progress, EMAIL, "c")


def test_what_was_begun_too_long_ago_is_not_asked_again(tmp_path: Path) -> None:
    """It might be decided twice: it is counted as unknown. What was begun lately is asked again, first in turn."""
    with Progress(tmp_path / "x.progress") as progress:
        progress.listed(enumerate(("a", "b", "c", "d")))
        assert progress.begin(1, 100.0) == ["a"]
        assert progress.begin(1, 200.0) == ["b"]
        assert progress.resume(150.0) == 1
        assert progress.begin(9, 300.0) == ["b", "c", "d"]
        progress.settle([Settled("b", "no_offer", {"reasons": []})])
        assert progress.counts() == {"unknown": 1, "no_offer": 1, "begun": 2}


def test_a_file_that_is_no_progress_is_refused(tmp_path: Path) -> None:
    """With the mend."""
    (tmp_path / "x.progress").write_text("hello, this is no database at all" * 50)
    with pytest.raises(FailedPrecondition, match="another --out"):
        Progress(tmp_path / "x.progress")
