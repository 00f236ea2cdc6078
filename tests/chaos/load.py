"""The clients of the proofs: crews that ask for the same hot customer at once, and note what they were told.

Every request has its own id and is repeated with it until it is answered or given up; both are in the log.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc

from nba_server.pb import decision_pb2, outcome_pb2
from tests.chaos.acknowledged import AcknowledgedLog

CODES = grpc.StatusCode
PASSING = {CODES.UNAVAILABLE, CODES.DEADLINE_EXCEEDED, CODES.RESOURCE_EXHAUSTED, CODES.CANCELLED, CODES.ABORTED}
"""What a client repeats with the same id: the effect is unknown or nothing happened."""
OPTIONS = [
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 500),
    ("grpc.use_local_subchannel_pool", 1),
]
LIMIT_REASONS = {"contact_limit", "lost_race"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What the clients do. Seconds; `requests` bounds the decisions of all crews together.

    After `generation` turns of a crew the hot customers are others, so that no customer's history grows without end.
    """

    requests: int
    seconds: float
    crews: int = 8
    crew_size: int = 8
    customers: int = 200
    generation: int = 250
    seed: int = 1
    run: str = "r"
    channels: tuple[str, ...] = ("web", "web", "call", "email")
    outcome_share: float = 0.5
    deadline_s: float = 4.0
    patience_s: float = 40.0
    connections: int = 16


@dataclass(slots=True)
class Tally:
    """What the clients saw. `waits` are the seconds of answered calls, `failures` counts refused attempts by code."""

    asked: int = 0
    answered: int = 0
    outcomes: int = 0
    given_up: int = 0
    attempts: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    waits: list[tuple[float, float]] = field(default_factory=list)
    kills: dict[str, int] = field(default_factory=dict)


class Clients:
    """Calls with retries over a few connections; each connection may end at another worker."""

    def __init__(self, channels: list[grpc.aio.Channel], log: AcknowledgedLog, plan: Plan) -> None:
        serialize = decision_pb2.DecideRequest.SerializeToString
        write = outcome_pb2.RecordOutcomeRequest.SerializeToString
        read = outcome_pb2.RecordOutcomeResponse.FromString
        decide, record = "/nba.v1.DecisionService/Decide", "/nba.v1.OutcomeService/RecordOutcome"
        self._decide = [c.unary_unary(decide, request_serializer=serialize) for c in channels]
        self._record = [c.unary_unary(record, request_serializer=write, response_deserializer=read) for c in channels]
        self._log = log
        self._plan = plan
        self._turn = 0
        self.tally = Tally()

    async def decide(self, customer: str, channel: str, request_id: str) -> decision_pb2.DecideResponse | None:
        """One decision, noted; None when it was given up."""
        request = decision_pb2.DecideRequest(customer_id=customer, channel=channel, request_id=request_id)
        self.tally.asked += 1
        started = time.monotonic()
        answer = await self._until_answered(self._decide, request)
        if answer is None:
            self.tally.given_up += 1
            await self._log.note("unanswered", q=request_id)
            return None
        ended = time.monotonic()
        response = decision_pb2.DecideResponse.FromString(answer)
        self.tally.answered += 1
        await self._log.note(
            "decision",
            c=customer,
            q=request_id,
            ch=channel,
            t0=started,
            t1=ended,
            met=met(response),
            id=response.decision_id,
            at=response.decided_at.ToMilliseconds(),
            h=digest(answer),
            o=[[action.placement, action.action] for action in response.actions],
        )
        return response

    async def record(self, decision_id: str, action: str, kind: int, event_id: str) -> int | None:
        """One outcome, noted when it was taken; None when it was given up or refused."""
        started = time.monotonic()
        outcome = outcome_pb2.Outcome(decision_id=decision_id, action=action, type=kind, event_id=event_id)  # type: ignore[arg-type]
        answer = await self._until_answered(self._record, outcome_pb2.RecordOutcomeRequest(outcome=outcome))
        if answer is None:
            self.tally.given_up += 1
            await self._log.note("unanswered", q=event_id)
            return None
        self.tally.outcomes += 1
        status = int(answer.result.status)
        await self._log.note("outcome", id=decision_id, a=action, e=event_id, s=status, t0=started, t1=time.monotonic())
        return status

    async def _until_answered(self, calls: list[Any], request: Any) -> Any:
        """The answer; None when it was given up or refused for good (`tally.refused` says why)."""
        deadline = time.monotonic() + self._plan.patience_s
        pause = 0.02
        while time.monotonic() < deadline:
            self._turn += 1
            self.tally.attempts += 1
            started = time.monotonic()
            try:
                answer = await calls[self._turn % len(calls)](request, timeout=self._plan.deadline_s)
            except grpc.aio.AioRpcError as error:
                if error.code() not in PASSING:
                    self.tally.refused[f"{error.code().name}: {error.details()}"[:70]] += 1
                    return None
                self.tally.failures[error.code().name] += 1
                await asyncio.sleep(pause)
                pause = min(0.4, pause * 2)
                continue
            self.tally.waits.append((started, time.monotonic() - started))
            return answer
        return None


def met(response: decision_pb2.DecideResponse) -> bool:
    """Whether a limit shows in the answer: a place left empty by one, or a choice that lost the race."""
    empty = any(no_offer.reason.code in LIMIT_REASONS for no_offer in response.no_offers)
    return empty or any(action.substituted for action in response.actions)


def digest(answer: bytes) -> str:
    """A short name of the exact bytes."""
    return hashlib.blake2b(answer, digest_size=8).hexdigest()


@asynccontextmanager
async def clients(address: str, log: AcknowledgedLog, plan: Plan) -> AsyncIterator[Clients]:
    """Clients on fresh connections."""
    async with AsyncExitStack() as stack:
        channels = [
            await stack.enter_async_context(grpc.aio.insecure_channel(address, options=OPTIONS))
            for _ in range(plan.connections)
        ]
        yield Clients(channels, log, plan)


async def drive(calling: Clients, plan: Plan, stop: Callable[[], bool] = lambda: False) -> Tally:
    """All crews until the requests are used up, the time is over or `stop` says so."""
    end = time.monotonic() + plan.seconds
    left = plan.requests

    async def crew(number: int) -> None:
        nonlocal left
        draw = random.Random(f"{plan.seed}:{number}")
        turn = 0
        while left > 0 and time.monotonic() < end and not stop():
            left -= plan.crew_size
            turn += 1
            customer = f"c{turn // plan.generation}-{draw.randrange(plan.customers)}"
            await asyncio.gather(
                *(
                    _one(calling, plan, draw, customer, f"{plan.run}-{number}-{turn}-{member}")
                    for member in range(plan.crew_size)
                )
            )

    await asyncio.gather(*(crew(number) for number in range(plan.crews)))
    return calling.tally


async def _one(calling: Clients, plan: Plan, draw: random.Random, customer: str, request_id: str) -> None:
    channel = draw.choice(plan.channels)
    reaction = draw.choices(("IMPRESSION", "NOT_MENTIONED", "CLICKED", "DELIVERY_FAILED"), (5, 3, 1, 1))[0]
    reacts, twice = draw.random() < plan.outcome_share, draw.random() < 0.1
    response = await calling.decide(customer, channel, request_id)
    if response is None or not reacts:
        return
    for action in response.actions:
        kind = outcome_pb2.OutcomeType.Value(f"OUTCOME_TYPE_{reaction}")
        calls = [calling.record(response.decision_id, action.action, kind, f"e-{request_id}") for _ in range(1 + twice)]
        await asyncio.gather(*calls)
