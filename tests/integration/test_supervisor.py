"""`nba serve` as a process: start, deaths of its parts, drain, refusals, exit codes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from pathlib import Path

import grpc
import pytest

from nba_server.pb import decision_pb2
from tests.integration.callers import Load, connected
from tests.integration.running import Stubs, request
from tests.integration.supervised import PATIENT, Supervised, alive, command, environment

pytestmark = pytest.mark.timeout(300)
ANSWERED = 'nba_calls_total{code="OK",method="Decide"}'


def run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """A command that must end by itself."""
    return subprocess.run(arguments, capture_output=True, text=True, timeout=120, check=False, env=environment())


async def test_workers_share_the_port_and_the_page_adds_them_up(tmp_path: Path) -> None:
    """Two workers answer on one port; the metrics page counts what both answered; SIGTERM ends all with code 0."""
    with Supervised(tmp_path, "--workers", "2") as server:
        for _ in range(12):
            async with connected(server.address) as stubs:
                await stubs.decide("", "web")
        told = lambda: [server.metrics().get(name) for name in (ANSWERED, "nba_calls_in_flight")]  # noqa: E731
        server.until(lambda: told() == [12, 0], "the page has heard of all calls and of their ends")
        page = server.metrics()
        assert (page[ANSWERED], page["nba_calls_in_flight"]) == (12, 0)
        assert page["nba_catalog_live_since_seconds"] > 1_700_000_000
        assert len(server.children("nba_server.worker")) == 2
        children = server.children()
        assert len(children) == 4  # two workers, the background process, the engine
        assert server.stop() == 0
        assert not [pid for pid in children if alive(pid)]
    assert not (tmp_path / "server.json").exists()
    assert not server.logged("child died and is started again")


async def test_deaths_of_its_parts_lose_nothing(tmp_path: Path) -> None:
    """After kill -9 of the worker, the background process and the engine all are back, and a repeat gets its answer."""
    with Supervised(tmp_path) as server:
        async with connected(server.address) as stubs:
            await stubs.upsert()
            before = await stubs.decide(request_id="once")
        for module in ("nba_server.worker", "nba_server.background", "engine.sock"):
            for pid in server.children(module):
                os.kill(pid, signal.SIGKILL)
                server.until(lambda pid=pid: not alive(pid), f"{module} is dead")
            server.until(lambda module=module: bool(server.children(module)), f"{module} is back")
        async with connected(server.address) as stubs:
            assert await repeated(stubs) == before
        died = [entry["child"] for entry in server.logged("child died and is started again")]
        assert {"worker-0", "background"} <= set(died)
        assert server.logged("the store's engine died and is started again")


async def repeated(stubs: Stubs) -> decision_pb2.DecideResponse:
    """The answer to the request that was made before. A worker may be back before the engine is: then it says so."""
    async with asyncio.timeout(90):
        while True:
            try:
                return await stubs.decisions.Decide(request(request_id="once"), wait_for_ready=True)
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise
                await asyncio.sleep(0.05)


async def test_a_leaving_worker_fails_no_call(tmp_path: Path) -> None:
    """While workers are ended one after the other under load, not one call fails, without any retry by the caller."""
    with Supervised(tmp_path, "--workers", "2", "--max-connection-age", "1s", "--drain", "20s", *PATIENT) as server:
        load = Load(server.address)
        async with load:
            for worker in server.children("nba_server.worker"):
                await load.more(30)
                os.kill(worker, signal.SIGTERM)
                async with asyncio.timeout(120):
                    while alive(worker) or len(server.children("nba_server.worker")) < 2:
                        await load.more(1)
            await load.more(30)
        codes = [name for name in server.metrics() if name.startswith("nba_calls_total{") and 'code="OK"' not in name]
        assert not codes


def told(server: Supervised) -> list[str]:
    """The addresses in lines of JSON that are no log entries."""
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    return [line["address"] for line in lines if "message" not in line]


async def test_ctrl_c_does_not_wait_for_callers(tmp_path: Path) -> None:
    """SIGINT ends the server in order although a caller stays connected; `--json` said where it answers."""
    with Supervised(tmp_path, "--drain", "60s", "--max-connection-age", "0s", "--json") as server:
        server.until(lambda: bool(told(server)), "it says where it answers")
        assert told(server) == [server.address]
        async with connected(server.address) as stubs:
            await stubs.decide("", "web")
            server.process.send_signal(signal.SIGTERM)
            server.until(lambda: bool(server.logged("stopping: callers may leave")), "it leaves")
            server.process.send_signal(signal.SIGINT)
            assert await asyncio.to_thread(server.process.wait, 50) == 0


async def test_children_end_with_a_killed_supervisor_and_the_next_goes_on(tmp_path: Path) -> None:
    """Kill -9 of the supervisor ends workers too; the engine stays, the next supervisor adopts it, nothing is lost."""
    with Supervised(tmp_path) as server:
        async with connected(server.address) as stubs:
            before = await stubs.decide(request_id="once")
        children = server.children("nba_server.")
        assert len(children) == 2
        server.process.kill()
        server.process.wait()
        server.until(lambda: not any(alive(pid) for pid in children), "the children have ended")
    with Supervised(tmp_path) as server:
        async with connected(server.address) as stubs:
            assert await stubs.decide(request_id="once") == before


def test_a_second_supervisor_is_refused(tmp_path: Path) -> None:
    """On a data folder that is in use a second server says so and ends with code 1; the first is not disturbed."""
    with Supervised(tmp_path) as server:
        second = run(command(tmp_path))
        assert second.returncode == 1
        assert str(tmp_path) in second.stderr
        assert server.process.poll() is None
        taken = run([*command(tmp_path / "other"), "--listen", server.address])
        assert taken.returncode == 1
        assert f"cannot listen on {server.address}" in taken.stderr


def test_wrong_settings_are_listed_together(tmp_path: Path) -> None:
    """Wrong settings end with code 2 and all of them are listed; nothing is started."""
    ended = run([*command(tmp_path), "--listen", "0.0.0.0:50051", "--workers", "0", "--drain", "soon"])
    assert ended.returncode == 2
    for part in ("--tls-cert", "--api-keys", "--workers", "--drain"):
        assert part in ended.stderr
    assert not (tmp_path / "store").exists()


def test_a_broken_catalogue_stops_the_start(tmp_path: Path) -> None:
    """Without a catalogue to serve from, a broken folder ends the start with code 1 and the faults in the log."""
    folder = tmp_path / "catalogue"
    folder.mkdir()
    (folder / "catalog.yaml").write_text("catalog: {name: shop}\nchanels: {}\n")
    ended = run([*command(tmp_path / "data"), "--catalog", str(folder)])
    assert ended.returncode == 1
    assert "catalog.yaml:" in ended.stderr
    assert not (tmp_path / "data" / "server.json").exists()
