"""Log files of every format become the same kind of choices, and bad lines are named."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from nba_training.evaluate_command import evaluate
from nba_training.logs.choice import LogUnreadable
from nba_training.logs.dsjson import is_dsjson, read_dsjson
from nba_training.logs.lines import read_lines

CHANCES = {"alpha": 0.6, "beta": 0.3, "gamma": 0.1}
RATES = {"alpha": 0.2, "beta": 0.5, "gamma": 0.3}


def _records(n: int, seed: int = 1) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    names = list(CHANCES)
    found = []
    for number in range(n):
        action = names[int(rng.choice(3, p=list(CHANCES.values())))]
        found.append(
            {
                "decision": f"d-{number}",
                "customer": f"c-{number // 2}",
                "time": f"2026-03-0{1 + number % 9}T12:00:00Z",
                "context": {"customer.age": 20 + number % 50, "request.channel": "web"},
                "candidates": [{"action": name, "probability": chance} for name, chance in CHANCES.items()],
                "action": action,
                "probability": CHANCES[action],
                "reward": float(rng.random() < RATES[action]),
            }
        )
    return found


def _written(path: Path, records: list[dict[str, Any]]) -> Path:
    text = "".join(json.dumps(record) + "\n" for record in records)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


def _run(*arguments: str) -> Result:
    return CliRunner(env={"NBA_DATA": None}).invoke(evaluate, list(arguments), catch_exceptions=False)


def test_the_command_prints_exactly_one_object(tmp_path: Path) -> None:
    """With the promised keys, numbers in their intervals, and nothing beside it on standard output."""
    log = _written(tmp_path / "log.jsonl.gz", _records(3000))
    result = _run("--log", str(log), "--policy", "action:beta", "--versus", "uniform", "--draws", "200", "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert set(found) == {"n", "estimates", "difference", "diagnostics", "refused"}
    assert (found["n"], found["refused"]) == (3000, None)
    assert {"ess", "max_weight", "mean_weight", "unsupported"} <= set(found["diagnostics"])
    assert found["diagnostics"]["max_weight"] == pytest.approx(1 / 0.3)
    for name in ("ips", "snips", "dr", "switch_dr", "dros", "replay"):
        assert found["estimates"][name]["low"] <= 0.5 <= found["estimates"][name]["high"], name
    assert found["difference"]["dr"]["low"] > 0
    again = _run("--log", str(log), "--policy", "action:beta", "--versus", "uniform", "--draws", "200", "--json")
    assert again.stdout == result.stdout, "equal questions get equal answers"


def test_a_refusal_is_an_answer_with_its_own_exit_code(tmp_path: Path) -> None:
    """Few rows: no estimates, the reason in words, exit code 3; and people see it too."""
    log = _written(tmp_path / "log.jsonl", _records(150))
    result = _run("--log", str(log), "--policy", "action:gamma", "--versus", "logged", "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 3
    assert (found["estimates"], found["difference"]) == ({}, None)
    assert "effective sample size" in found["refused"]
    assert "refused: action:gamma" in _run("--log", str(log), "--policy", "action:gamma").stdout


def test_substituted_lines_stay_in_the_denominator(tmp_path: Path) -> None:
    """Two per cent of substituted choices are too many."""
    records = _records(1000)
    for record in records[::50]:
        record["substituted"] = True
    found = json.loads(
        _run("--log", str(_written(tmp_path / "l.jsonl", records)), "--policy", "uniform", "--json").stdout
    )
    assert "substituted" in found["refused"]
    assert (found["n"], found["diagnostics"]["substituted"]) == (980, 20)


def test_bad_lines_are_named() -> None:
    """All of them at once, each with its line and what is wrong."""
    good = json.dumps(_records(1)[0])
    lines = [
        good,
        "{",
        '{"action": "a", "reward": 1, "probability": 2}',
        '{"action": "a"}',
        '{"action": "a", "rewrad": 1}',
    ]
    with pytest.raises(LogUnreadable) as raised:
        read_lines(lines)
    assert [fault.split(":")[0] for fault in raised.value.faults] == ["line 2", "line 3", "line 4", "line 5"]
    assert "is not in (0, 1]" in raised.value.faults[1]
    assert "`rewrad` is no key" in raised.value.faults[3]


def test_a_line_without_candidates_could_have_been_anything_of_its_place() -> None:
    """And one without a probability is counted, not guessed."""
    lines = [
        json.dumps({"action": name, "reward": 0, "probability": chance, "placement": place})
        for name, chance, place in (("a", 0.5, "x"), (None, 0.5, "x"), ("b", 1.0, "y"), ("c", None, "x"))
    ]
    choices, left_out = read_lines(lines).build()
    assert choices.names == ("", "a", "b")
    assert sorted(choices.present.sum(axis=1).tolist()) == [1, 2, 2]
    assert left_out.reasons == {"no pick probability": 1}


def _dsjson(cost: float, order: list[int], chances: list[float], **more: Any) -> str:
    event = {
        "_label_cost": cost,
        "_label_probability": chances[0],
        "_label_Action": order[0],
        "_labelIndex": order[0] - 1,
        "EventId": more.pop("EventId", "e"),
        "Timestamp": "2026-03-01T00:00:00Z",
        "a": order,
        "p": chances,
        "c": {
            "Shared": {"age": 41, "page": "home"},
            "_multi": [{"_tag": "one", "A": {"price": 1}}, {"A": {"id": "two", "price": 2}}, {"A": {"price": 3}}],
        },
    }
    return json.dumps(event | more)


def test_dsjson_has_its_reward_from_the_cost_and_names_from_tags() -> None:
    """Order and chances are mapped back to the actions; dangling rewards and deferred events are counted."""
    lines = [
        _dsjson(-1.0, [2, 1, 3], [0.8, 0.1, 0.1], EventId="1"),
        _dsjson(0.0, [3, 1, 2], [0.1, 0.45, 0.45], EventId="2"),
        json.dumps({"EventId": "1", "RewardValue": 1.0}),
        _dsjson(0.0, [1, 2, 3], [1.0, 0.0, 0.0], EventId="3", _skipLearn=True),
    ]
    assert is_dsjson(lines[0])
    choices, left_out = read_dsjson(lines).build()
    assert choices.names == ("3", "one", "two")
    assert [choices.names[choices.candidates[row, choices.chosen[row]]] for row in (0, 1)] == ["two", "3"]
    assert choices.reward.tolist() == [1.0, 0.0]
    assert choices.pick_probability.tolist() == [0.8, 0.1]
    assert choices.logged[0].tolist() == [0.1, 0.8, 0.1]
    assert set(choices.features.layout.numbers) >= {"context.Shared.age", "action.A.price"}
    assert left_out.reasons == {"dangling reward": 1, "not activated": 1}


def test_dsjson_slots_are_positions_of_one_slate() -> None:
    """Each slot has the chances of its own candidates."""
    event = json.dumps(
        {
            "EventId": "s",
            "c": {"_multi": [{"_tag": "a"}, {"_tag": "b"}, {"_tag": "c"}], "_slots": [{}, {}]},
            "_outcomes": [
                {"_label_cost": -1.0, "_a": [1, 0, 2], "_p": [0.8, 0.1, 0.1]},
                {"_label_cost": 0.0, "_a": [0, 2], "_p": [0.5, 0.5]},
            ],
        }
    )
    choices, _ = read_dsjson([event]).build()
    assert choices.position.tolist() == [1, 2]
    assert len(set(choices.slate.tolist())) == 1
    assert choices.present.sum(axis=1).tolist() == [3, 2]
    assert choices.pick_probability.tolist() == [0.8, 0.5]


def test_dropped_events_are_no_log_to_learn_from() -> None:
    """A log that dropped events dropped rewards with them: refused by name."""
    with pytest.raises(LogUnreadable, match="pdrop"):
        read_dsjson([_dsjson(0.0, [1, 2, 3], [0.8, 0.1, 0.1], pdrop=0.5)])


def test_an_unknown_policy_is_named_with_the_known_ones(tmp_path: Path) -> None:
    """The message lists what there is."""
    log = _written(tmp_path / "log.jsonl", _records(5))
    with pytest.raises(Exception, match="logged, uniform, action:ID, model:VERSION"):
        _run("--log", str(log), "--policy", "best")
