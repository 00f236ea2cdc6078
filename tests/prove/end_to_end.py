"""End to end: a running server that explores and a scheduled trainer, left to themselves, earn more from simulated customers.

`nba serve` on a replay store and `nba train --every` are processes as people run them. Customers come, see, answer and fall
silent through the API; nobody trains, promotes or restarts anything. The last third is compared with what was before any model.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import numpy as np

from nba_server.adapters.embedded import attach_url
from nba_server.demo.clock import ReplayClock
from nba_server.demo.process import ServerProcess, free_address
from nba_server.pb import (
    customer_pb2,
    customer_pb2_grpc,
    decision_pb2,
    decision_pb2_grpc,
    model_pb2,
    model_pb2_grpc,
    outcome_pb2,
    outcome_pb2_grpc,
)
from nba_server.transport.grpc.codec.values import to_value
from nba_training.ope.estimators import Terms
from nba_training.ope.intervals import bootstrap_difference
from nba_training.simulate.shop import catalogue_text, definition_text
from nba_training.simulate.world import ATTRIBUTES, DAY_MS, SCENARIOS, START_MS, World

EXPLORATION = "{kind: epsilon, epsilon: 0.1}"
MODEL = """
kind: regression
fit: {min_category_rows: 5, history_days: 90}
split: {test: 0.25}
gates: {%s, min_positives: 100, leak_auc: 0.95}
rollout: {hours: 24, decisions: 100}
"""
GATES = "min_rows: 1500"
HOUR_MS = 3_600_000
WEEK = 7
TICK_S, SWAP_S = 120.0, 60.0
CALLERS = 4
RETRIES = json.dumps(
    {
        "methodConfig": [
            {
                "name": [{}],
                "retryPolicy": {
                    "maxAttempts": 5,
                    "initialBackoff": "0.2s",
                    "maxBackoff": "2s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ]
    }
)
"""A caller on a busy machine tries again; request and event ids make that harmless."""


@dataclass(frozen=True, slots=True)
class Contact:
    """An offer that was made: by which model, its true chance, and that of an offer drawn at random at the same moment."""

    day: int
    customer: int
    model: str
    chance: float
    random: float
    clicked: bool


class Trainer:
    """`nba train --every 5`, a process of its own."""

    def __init__(self, data: Path, definition: Path) -> None:
        self.log = data / "trainer.log"
        command = (sys.executable, "-m", "nba_server", "train", "--every", "5")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--data", str(data), "--definition", str(definition)], stdout=log, stderr=log
            )

    def runs(self) -> int:
        """How many runs have ended so far; one that left its tick to another looked at nothing and does not count.

        Raises `AssertionError` when the process has died or a run has failed.
        """
        text = self.log.read_text()
        assert self._process.poll() is None, text[-2000:]
        assert "training failed" not in text, text[-2000:]
        return sum(" training " in line and " training busy " not in line for line in text.splitlines())

    def turn(self) -> None:
        """Waits until a run that began after this moment has ended: the next that ends may have begun before.

        Each run archives all that is in the journal at its begin, so this one has seen whatever happened until now.
        """
        wanted, until = self.runs() + 2, time.monotonic() + TICK_S
        while self.runs() < wanted:
            assert time.monotonic() < until, f"no training within {TICK_S:g} s: {self.log.read_text()[-2000:]}"
            time.sleep(0.05)

    def stop(self) -> None:
        """Ends it."""
        self._process.terminate()
        self._process.wait(30)


class Customers:
    """The world's customers at the server's door."""

    def __init__(self, world: World, channel: grpc.Channel) -> None:
        self._world = world
        self._decisions = decision_pb2_grpc.DecisionServiceStub(channel)
        self._outcomes = outcome_pb2_grpc.OutcomeServiceStub(channel)
        self._customers = customer_pb2_grpc.CustomerServiceStub(channel)
        self._models = model_pb2_grpc.ModelServiceStub(channel)
        self._due: dict[int, list[tuple[str, str]]] = {}
        self._days: dict[int, list[int]] = {}
        self._names = list(world.names)

    def register(self) -> None:
        """All of them, with their attributes."""
        patches = [
            customer_pb2.CustomerPatch(
                customer_id=f"c{row}",
                attributes={name: to_value(value) for name, value in zip(ATTRIBUTES, person.tolist(), strict=True)},
            )
            for row, person in enumerate(self._world.people)
        ]
        for start in range(0, len(patches), 100):
            self._customers.UpsertCustomers(customer_pb2.UpsertCustomersRequest(customers=patches[start : start + 100]))

    def meet_the_live_model(self) -> None:
        """Waits until the server scores with what the trainer promoted: loading it takes a busy machine a few days of theirs."""
        until = time.monotonic() + SWAP_S
        while any(m.live and not m.serving for m in self._models.ListModels(model_pb2.ListModelsRequest()).models):
            assert time.monotonic() < until, f"the server did not take the live model within {SWAP_S:g} s"
            time.sleep(0.05)

    def answer(self, day: int, pool: ThreadPoolExecutor) -> None:
        """What they say today to offers of earlier days."""
        list(pool.map(lambda due: self._say(*due, "CLICKED"), self._due.pop(day, ())))

    def visit(self, day: int, pool: ThreadPoolExecutor) -> list[Contact]:
        """Today's visitors decide and look."""
        visitors = self._world.visitors(day)
        found = zip(visitors, pool.map(lambda row: self._decide(row, day), visitors), strict=True)
        return [self._made(row, day, answer) for row, answer in found if answer.actions]

    def _decide(self, row: int, day: int) -> decision_pb2.DecideResponse:
        request = decision_pb2.DecideRequest(customer_id=f"c{row}", channel="web", request_id=f"{day}-{row}")
        answer: decision_pb2.DecideResponse = self._decisions.Decide(request, timeout=30)
        if answer.actions:
            self._say(answer.decision_id, answer.actions[0].action, "IMPRESSION")
        return answer

    def _say(self, decision_id: str, action: str, type_: str) -> None:
        event_id = f"{decision_id}-{type_}"
        outcome = outcome_pb2.Outcome(
            decision_id=decision_id, action=action, type=f"OUTCOME_TYPE_{type_}", event_id=event_id
        )
        self._outcomes.RecordOutcome(outcome_pb2.RecordOutcomeRequest(outcome=outcome), timeout=30)

    def _made(self, row: int, day: int, answer: decision_pb2.DecideResponse) -> Contact:
        past = self._days.setdefault(row, [])
        chances = self._world.chances(row, day, sum(day - WEEK < before for before in past))
        past.append(day)
        chance = float(chances[self._names.index(answer.actions[0].action)])
        number, delay = self._world.answer(row, day)
        if number < chance:
            self._due.setdefault(day + 1 + delay, []).append((answer.decision_id, answer.actions[0].action))
        return Contact(day, row, answer.model_version, chance, float(chances.mean()), number < chance)


def run(
    *,
    customers: int = 600,
    arrivals: int = 120,
    days: int = 56,
    cadence: int = WEEK,
    gates: str = GATES,
    seed: int = 301,
) -> dict[str, Any]:
    """Lets days pass; after each `cadence` of them the trainer is given the time for a turn.

    Each judgement costs the gate's budget of errors, and how many runs a simulated day sees depends on the machine; the rows that
    `gates` ask for decide which run is the first to judge.
    """
    world = World(SCENARIOS["stationary"], seed, customers=customers, arrivals=arrivals, days=days)
    with (
        tempfile.TemporaryDirectory(prefix="nba-end-to-end-") as folder,
        _running(world, Path(folder), MODEL % gates, seed) as (door, trainer, clock),
    ):
        with ThreadPoolExecutor(CALLERS) as pool:
            door.register()
            made: list[Contact] = []
            for day in range(days):
                clock.advance(START_MS + day * DAY_MS)
                door.answer(day, pool)
                clock.advance(START_MS + day * DAY_MS + HOUR_MS)
                if day and day % cadence == 0:
                    trainer.turn()
                    door.meet_the_live_model()
                made += door.visit(day, pool)
        return judged(made, trainer.log.read_text())


@contextmanager
def _running(world: World, data: Path, model: str, seed: int) -> Iterator[tuple[Customers, Trainer, ReplayClock]]:
    """The server, the trainer, a door to the one and the store's clock. The store draws what it draws in every run."""
    catalogue, definition = data / "catalogue", data / "model.yaml"
    catalogue.mkdir()
    (catalogue / "catalog.yaml").write_text(catalogue_text(world, EXPLORATION))
    definition.write_text(definition_text(model))
    address = free_address(0)
    fixed = ("--seed", str(seed), "--store-patience", "2s")
    with ServerProcess(data, catalogue, address, "--definition", str(definition), *fixed):
        url = attach_url(data)
        assert url is not None
        trainer = Trainer(data, definition)
        try:
            with (
                grpc.insecure_channel(address, [("grpc.service_config", RETRIES)]) as channel,
                ReplayClock(url) as clock,
            ):
                clock.advance(START_MS)
                yield Customers(world, channel), trainer, clock
        finally:
            trainer.stop()


def judged(made: list[Contact], log: str) -> dict[str, Any]:
    """Clicks a contact before the first model and in the last third, as they were and over those of random offers."""
    first = [contact for contact in made if contact.model.startswith("prior")]
    end = max(contact.day for contact in made)
    last = [contact for contact in made if contact.day > end - (end + 1) // 3]
    gain = _gap(last, first, lambda contact: float(contact.clicked))
    over = _gap(last, first, lambda contact: float(contact.clicked) - contact.random)
    return {
        "contacts": len(made),
        "models": list(dict.fromkeys(contact.model for contact in made)),
        "first_model_on_day": min((contact.day for contact in made if contact not in first), default=None),
        "clicks_before": float(np.mean([contact.clicked for contact in first])),
        "clicks_in_the_last_third": float(np.mean([contact.clicked for contact in last])),
        "random_offers_before": float(np.mean([contact.random for contact in first])),
        "random_offers_in_the_last_third": float(np.mean([contact.random for contact in last])),
        "gain": gain,
        "gain_over_random_offers": over,
        "trainer": [line.partition(" training ")[2] for line in log.splitlines() if " training " in line],
        "passed": gain[1] > 0 and over[1] > 0,
    }


def _gap(last: list[Contact], first: list[Contact], of: Any) -> list[float]:
    """The difference of the means with its 95 % interval by bootstrap over customers, who are in both parts."""
    both = [*last, *first]
    late = np.arange(len(both)) < len(last)
    values = np.array([of(contact) for contact in both])
    terms = [Terms(np.where(part, values, 0.0), part.astype(float)) for part in (late, ~late)]
    found = bootstrap_difference(*terms, np.array([contact.customer for contact in both]), seed=1)
    return [found.value, found.low, found.high]
