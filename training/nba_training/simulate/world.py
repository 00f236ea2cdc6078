"""The worlds: customers, actions, and the true chance of a positive answer. Nothing here knows who decides.

A chance is logistic in three attributes of the customer, with the action's season, a drift or swap of tastes, and fatigue: each
contact of the last week takes a tenth off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

START_MS = 1_767_225_600_000
"""2026-01-01T00:00:00Z."""
DAY_MS = 86_400_000
ATTRIBUTES = ("warmth", "wealth", "wander")
FATIGUE = 0.1


@dataclass(frozen=True, slots=True)
class Scenario:
    """What kind of world. `tastes`: how much customers differ. `drift_day`: tastes change hands among the actions then.

    `new_days`: when one more action each is added, better than the old ones by `new_lift` log odds. `delay_days`: answers
    take up to so long. `lead`: log odds by which the first action is best for everybody, and known to be by its prior.
    """

    name: str
    tastes: float = 0.8
    drift_day: int = -1
    new_days: tuple[int, ...] = ()
    new_lift: float = 0.8
    delay_days: int = 0
    lead: float = 0.0


SCENARIOS: Mapping[str, Scenario] = {
    found.name: found
    for found in (
        Scenario("stationary"),
        Scenario("drift", drift_day=35),
        Scenario("new-actions", new_days=(21, 42)),
        Scenario("delayed", delay_days=10),
        Scenario("greedy-is-best", tastes=0.2, lead=1.0),
    )
}


@dataclass(frozen=True)
class World:
    """One world: a scenario with its random numbers. `actions` at the start; `arrivals` customers come a day."""

    scenario: Scenario
    seed: int
    customers: int = 600
    actions: int = 6
    arrivals: int = 80
    days: int = 70

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The actions, new ones last."""
        return tuple(f"offer-{number}" for number in range(self.actions + len(self.scenario.new_days)))

    @cached_property
    def start_days(self) -> tuple[int, ...]:
        """When each action is first there."""
        return (0,) * self.actions + self.scenario.new_days

    @cached_property
    def people(self) -> Floats:
        """(customers, 3): attributes."""
        return np.random.default_rng((self.seed, 1)).standard_normal((self.customers, len(ATTRIBUTES))).round(3)

    @cached_property
    def _tastes(self) -> tuple[Floats, Floats]:
        rng = np.random.default_rng((self.seed, 2))
        count, scenario = len(self.names), self.scenario
        base = -2.0 + 0.3 * rng.standard_normal(count)
        base[self.actions :] = base[: self.actions].max() + scenario.new_lift - 0.3
        base[0] += scenario.lead
        return base, scenario.tastes * rng.standard_normal((count, len(ATTRIBUTES)))

    def chances(self, customer: int, day: int, contacts_7d: int) -> Floats:
        """The true chance of a positive answer to each action, there or not."""
        base, tastes = self._tastes
        if 0 <= self.scenario.drift_day <= day:
            base, tastes = np.roll(base, 2), np.roll(tastes, 2, axis=0)
        phase = np.arange(len(base)) * 2.0
        odds = base + tastes @ self.people[customer] + 0.2 * np.sin(2 * np.pi * day / 60 + phase)
        return np.asarray(np.maximum(0.1, 1.0 - FATIGUE * contacts_7d) / (1.0 + np.exp(-odds)))

    def prior(self, name: str) -> float:
        """What the catalogue believes of an action: nothing in particular, but for a known favourite."""
        return 0.25 if self.scenario.lead and name == self.names[0] else 0.12

    def visitors(self, day: int) -> list[int]:
        """Who comes on a day."""
        rng = np.random.default_rng((self.seed, 3, day))
        return [int(found) for found in rng.choice(self.customers, self.arrivals, replace=False)]

    def answer(self, customer: int, day: int) -> tuple[float, int]:
        """A uniform number that answers whatever is offered, and the delay in days: the same for every policy."""
        rng = np.random.default_rng((self.seed, 4, day, customer))
        return float(rng.random()), int(rng.integers(0, self.scenario.delay_days + 1))
