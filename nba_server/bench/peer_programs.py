"""The peers, in an environment of their own that is built before any clock starts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from nba_models import artifact
from nba_server.bench import population
from nba_server.bench.loading import DISTINCT
from nba_server.bench.processes import Load, Program, free_port, listens
from nba_server.bench.scenario import GROUPS, NUMBERS, WORD_KINDS, Scenario
from nba_server.errors import FailedPrecondition

PACKAGES = (
    "mlserver==1.7.1",
    "mlserver-lightgbm==1.7.1",
    "fastapi",
    "uvicorn",
    "uvloop",
    "httptools",
    "redis",
    "hiredis",
    "lightgbm",
)
_HERE = Path(__file__).parent / "peers"
MLSERVER = "/inference.GRPCInferenceService/ModelInfer"


def environment(folder: Path) -> Path:
    """The peers' Python, installed once. Raises `FailedPrecondition` where the packages cannot be had."""
    python = folder / "peers" / "bin" / "python"
    done = folder / "peers" / "complete"
    if not done.exists():
        commands = (
            [sys.executable, "-m", "venv", "--clear", str(folder / "peers")],
            [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES],
        )
        for command in commands:
            built = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
            if built.returncode:
                raise FailedPrecondition(f"The peers cannot be installed: {built.stderr.strip()[-300:]}")
        done.touch()
    return python


@contextmanager
def mlserver(folder: Path, python: Path, model: bytes, cores: Iterable[int]) -> Iterator[tuple[int, Path]]:
    """MLServer with its LightGBM runtime: its gRPC port, and the request for 50 rows."""
    place = folder / "bench"
    place.mkdir(exist_ok=True)
    (place / "model.bst").write_bytes(model)
    ports = [str(free_port()) for _ in range(3)]
    request = [str(python), str(_HERE / "mlserver_request.py"), str(place), str(place / "model.bst"), *ports]
    subprocess.run(request, check=True, capture_output=True)  # noqa: S603 - our own command
    command = [str(python.parent / "mlserver"), "start", "."]
    with Program(command, folder / "mlserver.log", cores, folder=place) as program:
        program.wait_for(lambda: listens(int(ports[0])))
        yield int(ports[0]), place / "request.bin"


@contextmanager
def fastapi(
    folder: Path, python: Path, store: Path, files: dict[str, bytes], load: Load, cores: Iterable[int]
) -> Iterator[int]:
    """The afternoon's build with its customers in the same engine: its port."""
    (folder / "model.txt").write_bytes(files[artifact.MODEL])
    (folder / "scenario.json").write_text(json.dumps({"actions": actions(Scenario())}))
    _fill(store, load.customers)
    port = free_port()
    environment_ = {
        "PEER_STORE": f"unix://{store}",
        "PEER_SCENARIO": str(folder / "scenario.json"),
        "PEER_MODEL": str(folder / "model.txt"),
    }
    options = ("--host", "127.0.0.1", "--port", str(port), "--log-level", "error", "--no-access-log")
    command = [str(python), "-m", "uvicorn", "fastapi_app:app", *options]
    with Program(command, folder / "fastapi.log", cores, folder=_HERE, environment=environment_) as program:
        program.wait_for(lambda: listens(port))
        yield port


def actions(scenario: Scenario) -> list[dict[str, object]]:
    """The scenario's actions as that build keeps them: who does not reach scoring fails on the first rule."""
    return [
        {
            "id": f"action-{n:05d}",
            "number": n,
            "group": n % GROUPS,
            "value": 10 + n % 37,
            "rules": [[f"n{n % NUMBERS:02d}", n % 3 / 2 if n < scenario.reaching else 1000], ["n00", n % 10 - 10]],
        }
        for n in range(scenario.actions)
    ]


def _fill(store: Path, customers: int) -> None:
    link = redis.Redis(unix_socket_path=str(store))
    now_ms = int(link.time()[0]) * 1000
    records = [_record(number, now_ms) for number in range(min(DISTINCT, customers))]
    for start in range(0, customers, 1000):
        pipeline = link.pipeline(transaction=False)
        for number in range(start, min(start + 1000, customers)):
            profile, ledger = records[number % len(records)]
            pipeline.set(f"peer:p:c{number:07d}", profile)
            pipeline.set(f"peer:l:c{number:07d}", ledger)
        pipeline.execute()
    link.close()


def _record(number: int, now_ms: int) -> tuple[str, str]:
    profile = {
        name: int(str(value).rpartition("-")[2]) % WORD_KINDS if isinstance(value, str) else value
        for name, value in population.profile(number).attributes.items()
    }
    ledger = [
        {"at": contact.at_ms / 1000, "action": contact.action} for contact in population.ledger(number, now_ms, 200)
    ]
    return json.dumps(profile), json.dumps(ledger)
