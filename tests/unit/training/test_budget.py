"""The error budget: a year of judgements never takes more than it, at any rhythm, and keeps its word on equal challengers."""

from __future__ import annotations

from itertools import pairwise
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_server.adapters.redis.store import Store
from nba_server.errors import FailedPrecondition
from nba_training.budget import YEAR_MS, allowance, spend

DAY_MS = 86_400_000


@given(st.lists(st.integers(0, 3 * YEAR_MS), min_size=1, max_size=60), st.integers(0, 2 * YEAR_MS))
def test_no_year_takes_more_than_the_budget(times: list[int], start: int) -> None:
    """The allowances of all judgements within any year add up to the budget at most."""
    times = sorted(times)
    alphas = [allowance(0.05, None, times[0])] + [allowance(0.05, a, b) for a, b in pairwise(times)]
    within = [alpha for at, alpha in zip(times, alphas, strict=True) if start <= at < start + YEAR_MS]
    assert sum(within) <= 0.05 + 1e-12


@pytest.mark.parametrize("correlation", [0.0, 0.9, 1.0])
def test_years_of_equal_challengers(correlation: float) -> None:
    """Of 4,000 years of nightly gates with equal challengers at most 5 % see a false promotion, whatever the nights share."""
    alphas = [allowance(0.05, None, 0)] + [allowance(0.05, 0, DAY_MS)] * 364
    limits = np.array([NormalDist().inv_cdf(1 - alpha) for alpha in alphas])
    rng = np.random.default_rng(11)
    shared = rng.standard_normal((4000, 1))
    nights = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * rng.standard_normal((4000, 365))
    false = float((nights > limits).any(axis=1).mean())
    assert false <= 0.05 + 2 * (0.05 * 0.95 / 4000) ** 0.5


async def test_what_is_spent_is_gone_and_fenced(replay_store: Store) -> None:
    """A judgement is noted before it is made; the next one gets what the time since allows, and a lost lease gets nothing."""
    fence = await replay_store.leases.acquire("train", 60_000, "me")
    assert fence is not None
    assert await spend(replay_store.artifacts, 0.05, 1000, fence) == 0.0125
    night = await spend(replay_store.artifacts, 0.05, 1000 + DAY_MS, fence)
    assert night == pytest.approx(0.75 * 0.05 / 365)
    with pytest.raises(FailedPrecondition):
        await spend(replay_store.artifacts, 0.05, 1000 + 2 * DAY_MS, fence + 1)
