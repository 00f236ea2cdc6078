"""The gate on a policy's value: the better policy passes, the equal does not, guard-rails stop, and silence is told."""

from __future__ import annotations

import numpy as np
import pytest

from nba_models.definition import Gates
from nba_training.ope.choices import Choices
from nba_training.ope.log import Floats
from nba_training.ope.policy import ByPriority
from nba_training.value_gate import Judged, judge_value, largest_share
from tests.unit.training.logged import RATES, built, small_log

GATES = Gates(min_decisions=2000)


def _truth(choices: Choices) -> Floats:
    """The true rates, by the customers' kind."""
    kind = choices.features.table.numbers[choices.features.row[:, 0], 0].astype(int)
    rates = np.array([RATES[name] for name in choices.names])
    return np.asarray(rates[choices.candidates, kind[:, None]])


def _flat(choices: Choices) -> Floats:
    """The mean rates: the same action for everybody."""
    return np.asarray(np.array([np.mean(RATES[name]) for name in choices.names])[choices.candidates])


BEST, FLAT = ByPriority("best", _truth, 0.05), ByPriority("flat", _flat, 0.05)


def _judge(n: int, challenger: ByPriority, live: ByPriority, harm: str = "", gates: Gates = GATES) -> Judged:
    choices, left_out = built(small_log(n, 3))
    if harm:
        chosen = choices.candidates[np.arange(len(choices)), choices.chosen] == choices.names.index(harm)
        object.__setattr__(choices, "harm", (chosen & (np.arange(len(choices)) % 9 == 0)).astype(float))
    return judge_value(choices, left_out, challenger, live, gates, alpha=0.0125, seed=1)


def test_better_policy_passes_and_equal_does_not() -> None:
    """The policy that knows the kinds beats the flat one beyond chance; against itself there is no difference."""
    better = _judge(9000, BEST, FLAT)
    assert better.evaluation is not None
    assert all(check.passed for check in better.checks), [str(check) for check in better.checks]
    equal = _judge(9000, BEST, BEST)
    assert [check.name for check in equal.checks if not check.passed] == ["policy value over the live one's"]
    assert not _judge(9000, FLAT, BEST).checks[0].passed


def test_harm_stops_the_better_policy() -> None:
    """A policy that earns more but whose action makes people opt out is refused by name."""
    found = _judge(9000, BEST, FLAT, harm="beta")
    assert [check.name for check in found.checks if not check.passed] == ["opt-outs and complaints"]


def test_one_actions_share_is_bounded() -> None:
    """A policy that gives everything to one action is refused where the live one does not."""
    gates = Gates(min_decisions=2000, action_share=0.6)
    always = ByPriority("alpha", lambda log: np.where(log.candidates == 0, 0.9, 0.1), 0.0)
    found = _judge(9000, always, BEST, gates=gates)
    assert "one action's share" in [check.name for check in found.checks if not check.passed]
    choices, _ = built(small_log(90, 3))
    assert largest_share(choices, always.chances(choices)) == ("alpha", 1.0)


@pytest.mark.parametrize(("n", "least"), [(900, 2000), (9000, 0)])
def test_what_cannot_be_judged_says_why(n: int, least: int) -> None:
    """Too few choices, or a gate that is not to look at value: no checks, and the reason."""
    found = _judge(n, BEST, FLAT, gates=Gates(min_decisions=least))
    assert (found.checks, found.evaluation) == ((), None)
    assert "evaluable choices" in found.why_not
