"""Runs one policy through one world, day by day: the real `decide()`, the real ledger and outcomes, training ticks in between."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace

import numpy as np

from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import Decision, DecisionInput, DecisionRequest, PlacementRequest, decide
from nba_server.domain.engagement import Contact, ContactState, CustomerState
from nba_server.domain.outcome import OutcomeEvent, OutcomeType
from nba_server.domain.profile import Profile
from nba_server.domain.reaction import apply
from nba_training.simulate.journal import Journal
from nba_training.simulate.learners import Learner
from nba_training.simulate.shop import PLACE, catalogue
from nba_training.simulate.world import ATTRIBUTES, DAY_MS, START_MS, World

WEEK = 7
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Told:
    """What a run was like, by day: expected regret and reward, contacts made, decisions. `offers` counts by action."""

    policy: str
    regret: list[float] = field(default_factory=list)
    reward: list[float] = field(default_factory=list)
    contacts: list[int] = field(default_factory=list)
    decisions: list[int] = field(default_factory=list)
    offers: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> float:
        """Cumulative regret: expected positive answers that the best choice among the same candidates would have had more."""
        return float(np.sum(self.regret))


def simulate(world: World, learner: Learner, *, cadence: int = WEEK) -> Told:
    """One run. `cadence`: days between training ticks."""
    return _Run(world, learner).told(cadence)


class _Run:
    def __init__(self, world: World, learner: Learner) -> None:
        self._world = world
        self._learner = learner
        self._catalog: Catalog = catalogue(world, learner.exploration)
        self._journal = Journal(self._catalog, learner.definition)
        self._states = [self._customer(row) for row in range(world.customers)]
        self._due: defaultdict[int, list[tuple[int, str, str]]] = defaultdict(list)

    def _customer(self, row: int) -> CustomerState:
        values = self._world.people[row].tolist()
        return CustomerState(profile=Profile(attributes=dict(zip(ATTRIBUTES, values, strict=True)), known=True))

    def told(self, cadence: int) -> Told:
        found = Told(self._learner.name)
        for day in range(self._world.days):
            now_ms = START_MS + day * DAY_MS
            if day and day % cadence == 0:
                self._learner.learn(self._journal, now_ms)
            self._answers(day, now_ms)
            self._day(day, now_ms + _HOUR_MS, found)
        return found

    def _answers(self, day: int, now_ms: int) -> None:
        """What customers say today to offers of earlier days."""
        for customer, decision_id, action in self._due.pop(day, ()):
            self._react(customer, decision_id, action, OutcomeType.CLICKED, now_ms)

    def _day(self, day: int, now_ms: int, found: Told) -> None:
        visitors = self._world.visitors(day)
        inputs = [self._input(customer, day, now_ms) for customer in visitors]
        regret = reward = 0.0
        contacts = 0
        for customer, decision in zip(visitors, decide(inputs, self._catalog, self._learner.scorer), strict=True):
            self._journal.decided(decision, ref(customer))
            if not decision.picks:
                continue
            contacts += 1
            found.offers[self._catalog.actions[decision.candidates[decision.picks[0].candidate].action].id] += 1
            best, mine = self._offer(customer, day, now_ms, decision)
            regret, reward = regret + best - mine, reward + mine
        for figures, value in zip((found.regret, found.reward), (regret, reward), strict=True):
            figures.append(value)
        found.contacts.append(contacts)
        found.decisions.append(len(visitors))

    def _input(self, customer: int, day: int, now_ms: int) -> DecisionInput:
        name = f"{self._world.seed}-{day}-{customer}"
        seed = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")
        request = DecisionRequest(ref(customer), "", "web", (PlacementRequest(PLACE),), request_id=name)
        return DecisionInput(request, self._states[customer], now_ms, seed, name)

    def _offer(self, customer: int, day: int, now_ms: int, decision: Decision) -> tuple[float, float]:
        """Makes the contact and lets the customer answer; the chances of the best candidate and of the choice."""
        state, chosen = self._states[customer], decision.candidates[decision.picks[0].candidate]
        recent = sum(1 for contact in state.ledger if contact.at_ms > now_ms - 7 * DAY_MS)
        chances = self._world.chances(customer, day, recent)
        action = self._catalog.actions[chosen.action]
        channel = self._catalog.channels["web"]
        contact = Contact(
            id=f"{decision.input.decision_id}:{action.id}",
            at_ms=now_ms,
            expires_ms=now_ms + channel.reservation_ms,
            state=ContactState.RESERVED,
            channel="web",
            direction=channel.direction,
            class_=action.class_,
            group=action.group,
            action=action.id,
            decision_id=decision.input.decision_id,
            placement=PLACE,
            respond_until_ms=now_ms + channel.response_window_ms,
        )
        self._states[customer] = replace(state, ledger=(*state.ledger, contact))
        self._react(customer, contact.decision_id, action.id, OutcomeType.IMPRESSION, now_ms)
        number, delay = self._world.answer(customer, day)
        if number < chances[chosen.action]:
            self._due[day + 1 + delay].append((customer, contact.decision_id, action.id))
        candidates = [candidate.action for candidate in decision.candidates]
        return float(chances[candidates].max()), float(chances[chosen.action])

    def _react(self, customer: int, decision_id: str, action: str, type_: OutcomeType, now_ms: int) -> None:
        event = OutcomeEvent(type=type_, decision_id=decision_id, action=action, occurred_ms=now_ms)
        state = self._states[customer]
        if not any(contact.decision_id == decision_id for contact in state.ledger):
            return
        reacted = apply(state, event, self._catalog, now_ms)
        self._states[customer] = replace(state, ledger=reacted.ledger, suppressions=reacted.suppressions)
        self._journal.answered(f"{decision_id}:{action}", ref(customer), type_.value, now_ms)


def ref(customer: int) -> str:
    """A customer's reference."""
    return hashlib.blake2b(str(customer).encode(), digest_size=16).hexdigest()
