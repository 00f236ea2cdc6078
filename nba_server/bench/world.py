"""What a run works with: filled stores, our server over one of them, and what has been found so far.

A server's answers are compared with the journal when it ends: a run that lost or doubled one is not valid.
"""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.bench import loading, machine
from nba_server.bench.figures import Bench
from nba_server.bench.processes import Load, ServerSetup, server
from nba_server.bench.scenario import Scenario, definition
from nba_server.errors import FailedPrecondition, NbaError
from nba_server.settings import GRPCIO, NATIVE
from nba_server.transport.front import compiled as compiled_front

CUSTOMERS = 100_000


class NotValid(FailedPrecondition):
    """What a server answered is not what the journal has: nothing measured on it counts."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured. Seconds are those of one window; `lives` are the customers whose bytes are weighed."""

    rounds: int
    seconds: float
    customers: int = CUSTOMERS
    lives: int = 2_000
    uvloop: bool = True
    """Whether the empty call is measured on that event loop too, which no figure is made of. `cpp_rounds`: nor of that in C++."""
    cpp_rounds: int = 7

    @classmethod
    def of(cls, *, quick: bool) -> Sizes:
        """The quick form scales windows and rounds, never the population of the headline."""
        return cls(3, 2.0, lives=500, uvloop=False, cpp_rounds=1) if quick else cls(7, 5.0)


@dataclass(frozen=True, slots=True)
class Stored:
    """A filled store of a scenario: its folder, address and engine."""

    folder: Path
    url: str
    engine: int
    catalog: Path
    definition: Path
    customers: int


@dataclass(slots=True)
class Run:
    """What a run has found. `say` is told what is measured now; `why` says why a figure is not there.

    `keep` is called whenever a part has ended, so that nothing of it is lost whatever comes later.
    """

    folder: Path
    sizes: Sizes
    load: Path
    say: Callable[[str], None]
    found: dict[str, Any] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)
    seeds: Iterator[int] = field(default_factory=lambda: count(1))
    keep: Callable[[Run], None] = lambda run: None

    @contextmanager
    def stored(
        self, name: str, scenario: Scenario, *, durability: str = "everysec", customers: int = 0
    ) -> Iterator[Stored]:
        """An engine of its own with customers and model, beside the load. Its files go when it does: they are gigabytes."""
        place = self.folder / name
        place.mkdir()
        try:
            known = place / "definition.yaml"
            known.write_text(definition().text)
            catalog = scenario.write(place / "catalog")
            customers = customers or self.sizes.customers
            with EmbeddedEngine.start(place / "engine", durability=durability) as engine:
                machine.pin(engine.pid, machine.cores()[1])
                asyncio.run(loading.fill(engine.url, customers, scenario.actions))
                yield Stored(place, engine.url, engine.pid, catalog, known, customers)
        finally:
            shutil.rmtree(place, ignore_errors=True)

    @contextmanager
    def serving(self, stored: Stored, transport: str, *options: str, warm: bool = True) -> Iterator[Bench]:
        """Our server over the store, warm unless its customers must not have been asked for; at its end its answers are held
        against the journal."""
        ours, theirs = machine.cores()
        place = stored.folder / f"server-{transport}"
        place.mkdir(exist_ok=True)
        setup = ServerSetup(stored.url, stored.catalog, stored.definition, transport, options)
        before = asyncio.run(loading.journaled(stored.url))
        program, port = server(place, setup, ours, theirs)
        with program:
            load = Load(self.load, frozenset(theirs), stored.customers)
            bench = Bench(load, program, port, stored.url, stored.engine, self.seeds)
            if warm:
                bench.warm_up()
            yield bench
            rows = asyncio.run(loading.journaled(stored.url)) - before
            self._check(bench, rows, f"{stored.folder.name}, {transport}")

    def _check(self, bench: Bench, rows: int, name: str) -> None:
        """Every answer is in the journal once; a call that failed may or may not be."""
        self.detail.setdefault("journal", {})[name] = {"rows": rows, "answers": bench.answered, "failed": bench.failed}
        if not bench.answered <= rows <= bench.answered + bench.failed:
            raise NotValid(
                f"The run is not valid: {bench.answered} answers and {bench.failed} failed calls, but {rows} journal rows"
            )

    def attempt(self, names: tuple[str, ...], what: str, measure: Callable[[], None]) -> None:
        """Measures; a part that cannot be had leaves its figures None, with the reason, and one that is not valid has none.

        Whatever goes wrong in it, the other parts are measured: a fault that nobody expected is kept with where it was. How
        long it took, with the parts in it, is kept under `part_seconds`.
        """
        self.say(what)
        before, began = dict(self.found), time.monotonic()
        try:
            measure()
        except NbaError as fault:
            if isinstance(fault, NotValid):
                names = (*names, *(self.found.keys() - before.keys()))
                self.found = before
            self._missing(names, what, fault.message)
        except Exception as fault:
            self._missing(names, what, f"{type(fault).__name__}: {fault}")
            self.detail.setdefault("faults", {})[what] = traceback.format_exc()
        finally:
            self.detail.setdefault("part_seconds", {})[what] = round(time.monotonic() - began, 1)
            with suppress(OSError):  # a disk that is full now may have room at the end
                self.keep(self)

    def _missing(self, names: tuple[str, ...], what: str, why: str) -> None:
        lost = [name for name in names if name not in self.found] or [what]
        self.why |= dict.fromkeys(lost, why)
        self.say(f"{what}: {why}")


def best_transport() -> str:
    """The fastest one that is installed."""
    return NATIVE if not compiled_front() or importlib.util.find_spec("pygrpc_native") else GRPCIO
