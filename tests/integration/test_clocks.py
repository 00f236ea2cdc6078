"""Servers whose wall clocks are wrong: windows use the store's time, so nothing changes."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import grpc

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.redis.store import Store
from nba_server.settings import Settings
from tests.integration.running import Stubs

FIVE_MINUTES = 300.0
SHIFTED = Path(__file__).parent / "shifted"
SOURCE = Path(__file__).parents[2] / "nba_server"

WALL_CLOCK_READERS = {
    "bootstrap.py": "ages of what is live, told to operators",
    "adapters/archive/data_file.py": "times of files in the table's log",
    "adapters/archive/files.py": "age of forgotten drafts",
    "adapters/backup/making.py": "when a backup was made",
    "adapters/catalog/publishing.py": "notes in the catalogue's list",
    "adapters/catalog/watcher.py": "since when a catalogue is live in this process, for ages",
    "adapters/model_watcher.py": "since when a model is live in this process, for ages",
    "adapters/webhooks/delivery.py": "when a message is due again after a failure, on this machine alone",
    "adapters/webhooks/sending.py": "the signature's own time, which receivers compare with theirs",
    "adapters/webhooks/trial.py": "the time of a test message",
    "observability/logs.py": "log lines",
    "transport/grpc/core.py": "how long a call's deadline is away, which gRPC tells as a time of this machine's clock",
    "transport/grpc/interceptors/auth.py": "whether a token has expired: it was signed by another machine's clock",
}
"""Every module that may ask for the wall clock, and what it does with it: nothing that decides."""
CALLERS = ("batch/", "bench/", "commands/", "demo/")
"""Programs that call a server; their clocks are their own."""


@contextmanager
def worker(settings: Settings, shift_s: float) -> Iterator[str]:
    """A worker process whose wall clock is shifted; its address."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("NBA_")}
    path = os.pathsep.join(filter(None, (str(SHIFTED), inherited.get("PYTHONPATH"))))
    environment = inherited | settings.environment() | {"PYTHONPATH": path, "SHIFT_SECONDS": str(shift_s)}
    process = subprocess.Popen(
        [sys.executable, "-m", "nba_server.worker"], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield f"127.0.0.1:{json.loads(process.stdout.readline())['port']}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        process.stdout.close()


def test_the_shift_is_real() -> None:
    """A process started as the workers are has another wall clock."""
    environment = os.environ | {"PYTHONPATH": str(SHIFTED), "SHIFT_SECONDS": str(FIVE_MINUTES)}
    told = subprocess.run(
        [sys.executable, "-c", "import time; print(time.time())"], env=environment, capture_output=True, check=True
    )
    assert abs(float(told.stdout) - time.time() - FIVE_MINUTES) < 60


async def test_clocks_ten_minutes_apart_change_nothing(
    settings: Settings, store: Store, engine: EmbeddedEngine
) -> None:
    """Two servers, one five minutes late and one early, give one customer exactly what the limit allows, at the store's time."""
    with ExitStack() as stack:
        addresses = [stack.enter_context(worker(settings, shift)) for shift in (-FIVE_MINUTES, FIVE_MINUTES)]
        for number in range(12):
            async with grpc.aio.insecure_channel(addresses[number % 2]) as channel:
                stubs = Stubs(channel)
                if not number:
                    await stubs.upsert()
                before = await store.clock.now()
                answer = await stubs.decide(channel="email", request_id=f"r{number}")
                assert before <= answer.decided_at.ToMilliseconds() <= await store.clock.now()
                for offered in answer.actions:
                    assert offered.reserved_until.ToMilliseconds() > before
                    await stubs.react(answer.decision_id, "SENT", offered.action)
    (state,) = (await store.reader.read([store.identity.customer("anna")])).states
    now = await store.clock.now()
    assert [contact.class_ for contact in state.ledger].count("advertising") == 1, "one a week, whoever asks"
    assert all(contact.at_ms <= now for contact in state.ledger)
    assert all(reaction.at_ms <= now for contact in state.ledger for reaction in contact.reactions)


def test_nobody_asks_for_the_wall_clock_but_to_tell_it() -> None:
    """Of the server's modules only those of the list read the wall clock, and none of them decides anything."""
    readers = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if "pb" not in path.relative_to(SOURCE).parts
        and not str(path.relative_to(SOURCE)).startswith(CALLERS)
        and _reads_wall_clock(path)
    }
    deciding = {name for name in readers if name.startswith(("domain/", "application/", "adapters/redis/"))}
    assert deciding == set()
    assert readers - set(WALL_CLOCK_READERS) == set()


def _reads_wall_clock(path: Path) -> bool:
    """Whether a module calls `time.time`, `time.time_ns`, `datetime.now`, `utcnow` or `today`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in (
            "time_ns",
            "utcnow",
            "today",
            "now",
            "gmtime",
            "localtime",
        ):
            owner = ast.unparse(node.value)
            if owner in ("time", "datetime", "datetime.datetime", "date"):
                return True
        if isinstance(node, ast.Attribute) and node.attr == "time" and ast.unparse(node.value) == "time":
            return True
    return False
