"""Uplift: a known effect is found and ranked, none is not invented, and what is no randomised comparison is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from nba_training.logs.builder import ChoicesBuilder
from nba_training.logs.choice import LoggedCandidate, LoggedChoice
from nba_training.logs.lines import hashed
from nba_training.logs.plain import PlainChoice, with_features
from nba_training.ope.choices import Choices
from nba_training.uplift import UpliftSettings, uplift
from nba_training.uplift_command import uplift as command
from tests.prove import datasets

FAST = UpliftSettings(folds=2, rounds=40, draws=100)


def trial(rows: int, effect: float, *, seed: int = 1, chance: float = 0.5, money: bool = False) -> Choices:
    """Customers of whom the young are changed by `effect` and the old not; half are treated."""
    rng = np.random.default_rng(seed)
    found = []
    for place in range(rows):
        age = int(rng.integers(20, 80))
        treated = rng.random() < chance
        rate = 0.1 + effect * (treated and age < 50)
        reward = float(rng.random() < rate) * (float(rng.integers(5, 50)) if money else 1.0)
        candidates = (LoggedCandidate("mail", chance, row=0), LoggedCandidate("", 1 - chance, row=1))
        choice = LoggedChoice(
            customer=hashed(str(place)),
            at_ms=place,
            slate=str(place),
            position=1,
            candidates=candidates,
            chosen=0 if treated else 1,
            pick_probability=chance if treated else 1 - chance,
            reward=reward,
        )
        found.append(PlainChoice(choice, {"customer.age": age, "customer.city": "ab"[place % 2]}, [{}, {}]))
    choices, layouts = with_features(found)
    builder = ChoicesBuilder(layouts)
    builder.collect(choices)
    return builder.build()[0]


def test_a_known_effect_is_found_and_ranked() -> None:
    """Both methods rank the changed customers first, above a random ranking beyond chance; the mean effect is in its interval."""
    found = uplift(trial(2500, 0.2), "mail", "", FAST)
    assert found.refused is None
    assert found.effect is not None
    assert found.effect.low < 0.1 < found.effect.high
    for method in found.methods.values():
        assert method.above_random
        assert method.at[0.3] > 0.1
        assert method.auuc is not None
        assert method.auuc > 0
        assert method.curve[-1] == pytest.approx(found.effect.value, abs=1e-9)


def test_no_effect_is_not_invented() -> None:
    """Where the action changes nobody, no method claims a ranking, for money too; areas are for rewards of 0 and 1 only."""
    found = uplift(trial(3000, 0.0, seed=3, money=True), "mail", "", FAST)
    assert found.refused is None
    assert not any(method.above_random for method in found.methods.values())
    assert all(method.auuc is None for method in found.methods.values())


def test_what_is_no_randomised_comparison_is_refused() -> None:
    """An unknown arm, too few rows, and a chance of treatment that differs: each with its reason."""
    choices = trial(1000, 0.1)
    assert uplift(choices, "letter", "", FAST).refused == "the log has no candidate letter"
    assert "200 that are needed" in (uplift(trial(300, 0.1), "mail", "", FAST).refused or "")
    skewed = choices.logged.copy()
    skewed[:300] = [0.9, 0.1]
    object.__setattr__(choices, "logged", skewed)
    assert "not one randomised comparison" in (uplift(choices, "mail", "", FAST).refused or "")


def test_command_says_it_and_draws_it(tmp_path: Path) -> None:
    """`nba uplift` on the project's own lines: JSON for programs, a page with the curves, exit code 3 for a refusal."""
    rng = np.random.default_rng(5)
    lines = []
    for place in range(900):
        treated, age = bool(rng.random() < 0.5), int(rng.integers(20, 80))
        lines.append(
            {
                "decision": f"d{place}", "customer": f"c{place}", "time": "2026-03-01T12:00:00Z", "position": 1,
                "context": {"customer.age": age}, "action": "mail" if treated else None, "probability": 0.5,
                "candidates": [{"action": "mail", "probability": 0.5}, {"action": None, "probability": 0.5}],
                "reward": float(rng.random() < (0.5 if treated and age < 50 else 0.1)),
            }
        )  # fmt: skip
    log, html = tmp_path / "log.jsonl", tmp_path / "page.html"
    log.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    options = ["--log", str(log), "--draws", "100", "--html", str(html), "--json"]
    done = CliRunner().invoke(command, [*options, "--treatment", "mail"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["methods"]["two_models"]["above_random"] is True
    assert told["refused"] is None
    page = html.read_text(encoding="utf-8")
    assert "random ranking" in page
    assert "<svg" in page
    refused = CliRunner().invoke(command, [*options, "--treatment", "letter"])
    assert refused.exit_code == 3


@pytest.mark.skipif(not datasets.DATA.exists(), reason="the shared data are not beside this checkout")
def test_real_mailing_has_a_ranking() -> None:
    """On the mailing of hillstrom the women's e-mail over none has an effect on visits, and a ranking above a random one."""
    plain = [item for _, item in datasets.hillstrom("visit")[::2]]
    choices, layouts = with_features(plain)
    builder = ChoicesBuilder(layouts)
    builder.collect(choices)
    found = uplift(builder.build()[0], "Womens E-Mail", "No E-Mail", FAST)
    assert found.effect is not None
    assert found.effect.low > 0
    assert all(method.gain.low > 0 for method in found.methods.values())
