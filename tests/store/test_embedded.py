"""The embedded engine: one supervisor a folder, orphans adopted, nothing lost by a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nba_server.adapters.embedded import EmbeddedEngine, attach_url
from nba_server.adapters.engine.binary import find_binary
from nba_server.adapters.engine.folder import SOCKET_PATH_LIMIT, EngineFolder
from nba_server.adapters.engine.liveness import ProcessMark, ask
from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CommitStatus
from nba_server.errors import FailedPrecondition
from tests.store.builders import commit

SUPERVISOR = """
import sys, time
from nba_server.adapters.embedded import EmbeddedEngine
engine = EmbeddedEngine.start(sys.argv[1])
print(engine.pid, flush=True)
time.sleep(60)
"""


def supervise(folder: Path) -> tuple[subprocess.Popen[str], int]:
    """A supervisor in a process of its own, and its engine's pid."""
    process = subprocess.Popen([sys.executable, "-c", SUPERVISOR, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    process.stdout.close()
    return process, int(line)


def kill(process: subprocess.Popen[str]) -> None:
    """Ends a supervisor as a crash does."""
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_second_supervisor_is_refused_by_name_of_the_first(tmp_path: Path) -> None:
    """The folder of a running server is locked; the message says which process has it."""
    with EmbeddedEngine.start(tmp_path) as engine:
        with pytest.raises(FailedPrecondition) as refused:
            EmbeddedEngine.start(tmp_path)
        assert f"process id {os.getpid()}" in refused.value.message
        assert refused.value.metadata == {"pid": str(os.getpid())}
        assert engine.alive()


def test_a_clean_stop_ends_the_engine_and_frees_the_folder(tmp_path: Path) -> None:
    """After a stop nothing runs, nothing is attached to, and the next start gets the folder."""
    engine = EmbeddedEngine.start(tmp_path)
    mark = ProcessMark.of(engine.pid)
    assert attach_url(tmp_path) == engine.url
    engine.stop()
    engine.stop()
    assert not mark.alive()
    assert attach_url(tmp_path) is None
    with EmbeddedEngine.start(tmp_path) as next_engine:
        assert next_engine.pid != mark.pid
        assert not next_engine.adopted


async def test_the_engine_of_a_killed_supervisor_is_adopted(tmp_path: Path) -> None:
    """The engine survives its supervisor; the next one takes over that very process with all its data."""
    supervisor, pid = supervise(tmp_path)
    url = attach_url(tmp_path)
    assert url is not None
    store = await Store.open(url)
    ref = store.identity.customer("c1")
    await store.decisions.commit([commit(store, ref, "r1")])
    kill(supervisor)
    with EmbeddedEngine.start(tmp_path) as engine:
        assert (engine.pid, engine.adopted, engine.url) == (pid, True, url)
        (again,) = await store.decisions.commit([commit(store, ref, "r1")])
        assert again.status is CommitStatus.REPEATED
        await store.close()
    assert attach_url(tmp_path) is None


def test_an_orphan_is_found_without_the_supervisors_note(tmp_path: Path) -> None:
    """A supervisor killed before it noted its engine leaves one that is adopted by the engine's own pid file."""
    supervisor, pid = supervise(tmp_path)
    kill(supervisor)
    EngineFolder.within(tmp_path).record.unlink()
    with EmbeddedEngine.start(tmp_path) as engine:
        assert (engine.pid, engine.adopted) == (pid, True)


def test_an_orphan_that_does_not_answer_is_ended(tmp_path: Path) -> None:
    """A frozen engine is ended by force and a new one started on the same files."""
    supervisor, pid = supervise(tmp_path)
    orphan = ProcessMark.of(pid)
    kill(supervisor)
    os.kill(pid, signal.SIGSTOP)
    with EmbeddedEngine.start(tmp_path, silence_s=0.5) as engine:
        assert engine.pid != pid
        assert not engine.adopted
        assert not orphan.alive()
        assert ask(engine.socket, "PING") == "+PONG"


def test_a_stranger_with_the_noted_pid_is_left_alone(tmp_path: Path) -> None:
    """A pid that the system gave to another process is recognised by its start time and not touched."""
    place = EngineFolder.within(tmp_path)
    place.create()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        place.write_record(ProcessMark(stranger.pid, "1"), place.socket())
        assert attach_url(tmp_path) is None
        with EmbeddedEngine.start(tmp_path) as engine:
            assert engine.pid != stranger.pid
        assert stranger.poll() is None
        stranger.kill()


async def test_a_killed_engine_comes_back_with_everything_acknowledged(tmp_path: Path) -> None:
    """After kill -9 of the engine and a restart all acknowledged decisions are there, and a retry repeats them."""
    with EmbeddedEngine.start(tmp_path) as engine:
        store = await Store.open(engine.url)
        acknowledged = []
        for round_ in range(3):
            commits = [commit(store, store.identity.customer(f"c{i}"), f"r{round_}") for i in range(20)]
            acknowledged += [c for c, r in zip(commits, await store.decisions.commit(commits), strict=True) if r.taken]
            mark = ProcessMark.of(engine.pid)
            os.kill(engine.pid, signal.SIGKILL)
            assert mark.wait(30.0)
            engine.restart()
            assert engine.alive()
        assert len(acknowledged) == 60
        assert len(await store.journal.read({}, 100)) == 60
        results = await store.decisions.commit(acknowledged)
        assert {result.status for result in results} == {CommitStatus.REPEATED}
        await store.close()


def test_a_restart_of_a_living_engine_changes_nothing(tmp_path: Path) -> None:
    """Asking for a restart while the engine answers keeps the process."""
    with EmbeddedEngine.start(tmp_path) as engine:
        pid = engine.pid
        engine.restart()
        assert engine.pid == pid


def test_a_deep_folder_gets_its_socket_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path too long for a socket is replaced by a short private folder, found by everybody through the note."""
    short = tmp_path / "run"
    short.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short))
    deep = tmp_path.joinpath(*["a-rather-long-name"] * 6)
    with EmbeddedEngine.start(deep) as engine:
        assert len(str(engine.socket)) <= SOCKET_PATH_LIMIT + 8
        assert engine.socket.is_relative_to(short)
        assert engine.socket.parent.stat().st_mode & 0o077 == 0
        monkeypatch.delenv("XDG_RUNTIME_DIR")
        assert attach_url(deep) == engine.url


def test_durability_is_always_unless_named(tmp_path: Path) -> None:
    """The engine syncs before it answers; `everysec` is a named mode, and an adopted engine follows the setting."""
    supervisor, _ = supervise(tmp_path)
    assert "always" in ask(EngineFolder.within(tmp_path).socket(), "CONFIG GET appendfsync", whole=True)
    kill(supervisor)
    with EmbeddedEngine.start(tmp_path, durability="everysec") as engine:
        assert engine.adopted
        assert "everysec" in ask(engine.socket, "CONFIG GET appendfsync", whole=True)
    with pytest.raises(FailedPrecondition, match="always, everysec"):
        EmbeddedEngine.start(tmp_path, durability="no")


def test_an_engine_that_cannot_start_says_where_to_look(tmp_path: Path) -> None:
    """A missing binary and a damaged store are told in words, and the folder is free again afterwards."""
    with pytest.raises(FailedPrecondition, match="neither a program on PATH"):
        EmbeddedEngine.start(tmp_path, binary="no-such-engine")
    assert find_binary().is_file()
    files = EngineFolder.within(tmp_path).path / "appendonlydir"
    files.mkdir(parents=True)
    (files / "appendonly.aof.manifest").write_text("nonsense\n")
    with pytest.raises(Exception, match=r"engine\.log"):
        EmbeddedEngine.start(tmp_path)
    (files / "appendonly.aof.manifest").unlink()
    with EmbeddedEngine.start(tmp_path) as engine:
        assert engine.alive()
