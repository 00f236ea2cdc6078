"""`nba check` and `nba catalog` as people run them, on the real store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nba_server.adapters.catalog import compile_folder
from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.engine.liveness import ask
from nba_server.cli import nba

EXAMPLE = Path(__file__).parents[3] / "examples" / "minimal"


def run(*args: str) -> Result:
    """Runs `nba` with these words."""
    return CliRunner().invoke(nba, list(args))


@pytest.fixture
def url(engine: EmbeddedEngine) -> str:
    """The address of an empty store."""
    ask(engine.socket, "FLUSHALL", timeout_s=10.0)
    return engine.url


def edit(folder: Path, old: str, new: str) -> None:
    """Replaces a text in the catalogue's body."""
    body = folder / "body.yaml"
    body.write_text(body.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_check_of_a_sound_catalogue() -> None:
    """A sound catalogue is summed up in one line, exit code 0."""
    result = run("check", str(EXAMPLE))
    assert result.exit_code == 0, result.output
    assert "telco: sound; 6 actions" in result.output
    assert "13 of 13 tests passed" in result.output


def test_check_tells_faults_with_mends(folder: Path) -> None:
    """Each fault is printed as file:line:column, what, mend; exit code 1."""
    edit(folder, "customer.age >= 18", "customer.agee >= 18")
    result = run("check", str(folder))
    assert result.exit_code == 1
    assert f"{folder}/body.yaml:10:31" in result.output
    assert "unknown fact `customer.agee`" in result.output
    assert "→ did you mean `customer.age`?" in result.output


def test_check_as_json(folder: Path) -> None:
    """`--json` prints one document with the faults as records."""
    edit(folder, "value: 10", "value: 0")
    result = run("check", str(folder), "--json")
    assert result.exit_code == 1
    (fault,) = json.loads(result.stdout)["faults"]
    assert (fault["file"], fault["line"], fault["column"]) == ("body.yaml", 14, 20)
    assert fault["mend"].startswith("give it a value above 0")


def test_check_tells_failed_tests(folder: Path) -> None:
    """A case that does not hold is printed with what came out instead; exit code 1."""
    (folder / "x_test.yaml").write_text(
        "channel: web\ntests:\n  - {name: nobody gets gold, expect: {ranking: [gold]}}\n", encoding="utf-8"
    )
    result = run("check", str(folder))
    assert result.exit_code == 1
    assert "x_test.yaml:3  nobody gets gold" in result.output
    assert "expected ranking [gold], got []; not offered: gold (consent_unknown" in result.output


def test_publish_list_diff_and_rollback(url: str, folder: Path) -> None:
    """A published folder is live; a second one too; the difference is told; the roll-back brings the first one back."""
    first = compile_folder(folder).hash
    assert run("catalog", "publish", str(folder), "--store", url).output == f"{first[:12]} is live\n"
    assert "nothing changed" in run("catalog", "publish", str(folder), "--store", url).output
    assert run("catalog", "diff", str(folder), "--store", url).output == "no difference\n"
    edit(folder, "value: 10", "value: 12")
    assert run("catalog", "diff", str(folder), "--store", url).output == "~ changed action gold: value 10 → 12\n"
    assert run("catalog", "publish", str(folder), "--store", url).exit_code == 0
    second = compile_folder(folder).hash
    listed = json.loads(run("catalog", "list", "--store", url, "--json").output)
    assert {row["hash"]: row["live"] for row in listed} == {first: False, second: True}
    assert (
        run("catalog", "diff", first[:8], second[:8], "--store", url).output == "~ changed action gold: value 12 → 10\n"
    )
    assert run("catalog", "rollback", "--store", url).output == f"{first[:12]} is live\n"
    shown = json.loads(run("catalog", "show", "--store", url, "--json").output)
    assert shown["actions"]["gold"]["value"] == 10.0


def test_broken_or_failing_catalogues_are_not_published(url: str, folder: Path) -> None:
    """Neither faults nor failing tests reach the store, unless the tests are skipped by hand."""
    (folder / "x_test.yaml").write_text(
        "channel: web\ntests:\n  - {name: wrong, expect: {ranking: [gold]}}\n", encoding="utf-8"
    )
    refused = run("catalog", "publish", str(folder), "--store", url)
    assert refused.exit_code == 1
    assert "the catalogue's tests fail" in refused.output
    assert run("catalog", "publish", str(folder), "--store", url, "--skip-tests").exit_code == 0
    edit(folder, "value: 10", "value: 0")
    broken = run("catalog", "publish", str(folder), "--store", url)
    assert broken.exit_code == 1
    assert "body.yaml:14:20: the action `gold` is worth 0" in broken.output


def test_unknown_snapshots_are_told(url: str, folder: Path) -> None:
    """A wrong hash names the command that lists the right ones."""
    run("catalog", "publish", str(folder), "--store", url)
    result = run("catalog", "rollback", "abcdef12", "--store", url)
    assert result.exit_code == 1
    assert "No catalogue snapshot `abcdef12`" in result.output
    assert "nba catalog list" in result.output


def test_schema_and_facts_are_printed() -> None:
    """The schemas are JSON; the facts a Markdown table."""
    assert json.loads(run("catalog", "schema").output)["title"] == "A catalogue file of nba-server"
    assert "tests" in json.loads(run("catalog", "schema", "--tests").output)["properties"]
    assert "| `customer.segments` | strings |" in run("catalog", "facts").output


def test_show_draws_a_folder() -> None:
    """Actions with their group, value, rules and channels."""
    output = run("catalog", "show", str(EXAMPLE)).output
    assert "sell › upgrades" in output
    assert "call, web, email" in output
