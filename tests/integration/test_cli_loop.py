"""The command line against a real server: import, decide, explain, replay, outcome, status."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli_server import CliServer, run, serving

PROFILE = {"age": 41, "country": "DE", "plan": "basic", "data_used": 0.95, "dunning": False}
CONSENTS = [{"channel": "*", "purpose": name, "status": "granted"} for name in ("advertising", "profiling")]
CALL = ("--channel", "call", "--placement", "agent", "--context", "reason=billing")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CliServer]:
    """One server for this file; each test has customers of its own."""
    with serving(tmp_path_factory.mktemp("cli") / "data") as running:
        yield running


def customer(server: CliServer, name: str, **attributes: Any) -> str:
    """A customer who may get offers."""
    line = {"customer_id": name, "attributes": PROFILE | attributes, "consents": CONSENTS}
    result = server.run("customers", "import", "-", text=json.dumps(line))
    assert result.exit_code == 0, result.output
    return name


def test_decide_gives_the_same_answer_for_the_same_request_id(server: CliServer) -> None:
    """Also in text, where the decision's id is on the first line."""
    name = customer(server, "repeats")
    first = server.json("decide", "--customer", name, *CALL, "--request-id", "once")
    again = server.json("decide", "--customer", name, *CALL, "--request-id", "once")
    assert first == again
    assert first["actions"]
    text = server.run("decide", "--customer", name, *CALL, "--request-id", "once").stdout
    assert text.startswith(f"decision {first['decision_id']}\n")
    assert first["actions"][0]["title"] in text


def test_the_same_request_id_with_another_request_is_refused_in_one_sentence(server: CliServer) -> None:
    """Exit code 1, nothing on standard output, no traceback."""
    name = customer(server, "conflicts")
    server.json("decide", "--customer", name, *CALL, "--request-id", "used")
    result = server.run("decide", "--customer", name, "--channel", "web", "--request-id", "used")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("nba: ")
    assert "request_id" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_preview_reserves_and_journals_nothing(server: CliServer) -> None:
    """It has no id and says so."""
    name = customer(server, "previews")
    shown = server.json("decide", "--customer", name, *CALL, "--preview")
    assert (shown["preview"], shown["decision_id"]) == (True, "")
    assert "preview: nothing reserved" in server.run("decide", "--customer", name, *CALL, "--preview").stdout


def test_all_faults_of_a_request_are_listed_at_once(server: CliServer) -> None:
    """Unknown channel and unknown placement in one answer."""
    result = server.run(
        "decide", "--customer", "c", "--channel", "call", "--placement", "attic", "--context", "mood=good"
    )
    assert result.exit_code == 1
    assert "placement" in result.stderr
    assert "mood" in result.stderr


def test_an_outcome_counts_once_and_the_next_decision_respects_it(server: CliServer) -> None:
    """Recorded with its effect, then known already; the refused action does not come back, and the trace says why."""
    name = customer(server, "refuses")
    decision = server.json("decide", "--customer", name, "--channel", "call", "--placement", "agent:1")
    action = decision["actions"][0]["action"]
    recorded = server.run("outcome", decision["decision_id"], "rejected", "--action", action)
    assert recorded.exit_code == 0, recorded.output
    assert recorded.stdout.startswith("recorded\n  ")
    repeated = server.run("outcome", decision["decision_id"], "rejected", "--action", action)
    assert "known already" in repeated.stdout
    after = server.json("decide", "--customer", name, *CALL)
    assert action not in [offered["action"] for offered in after["actions"]]
    trace = {item["action"]: item for item in server.json("explain", after["decision_id"])["trace"]}
    assert trace[action]["stage"] == "contact_policy"
    assert trace[action]["reasons"]


def test_explain_draws_every_action_and_says_that_the_trace_is_identical(server: CliServer) -> None:
    """A table for people; one action in full on request; all of it as JSON."""
    name = customer(server, "explains")
    decision = server.json("decide", "--customer", name, *CALL)
    document = server.json("explain", decision["decision_id"])
    assert document["identical"] is True
    assert document["decision"]["actions"] == decision["actions"]
    assert document["context"] == {"reason": "billing"}
    drawn = server.run("explain", decision["decision_id"]).stdout
    for item in document["trace"]:
        assert item["action"] in drawn
    assert "identical to the journal, bit for bit" in drawn
    action = decision["actions"][0]["action"]
    full = server.run("explain", decision["decision_id"], "--action", action).stdout
    assert "priority" in full
    assert "x L" in full
    assert server.run("explain", decision["decision_id"], "--action", "nonsense").exit_code == 2


def test_replay_says_identical_for_each_decision(server: CliServer) -> None:
    """Several at once; an unknown one is an error."""
    name = customer(server, "replays")
    ids = [server.json("decide", "--customer", name, *CALL)["decision_id"] for _ in range(2)]
    result = server.run("replay", *ids)
    assert result.exit_code == 0
    assert result.stdout == "".join(f"{decision_id}: identical\n" for decision_id in ids)
    unknown = server.run("replay", "000-000000000-0000000000000000")
    assert unknown.exit_code == 1
    assert unknown.stderr.startswith("nba: ")


def test_an_import_takes_good_lines_and_lists_bad_ones_with_their_numbers(server: CliServer, tmp_path: Path) -> None:
    """Bad JSON, an unknown key and a value that the catalogue refuses; run again, it changes nothing more."""
    good = [json.dumps({"customer_id": f"import-{number}", "attributes": {"age": number}}) for number in range(7)]
    lines = [*good[:3], "{broken", "", '{"customer_id": "x", "nonsense": 1}', *good[3:]]
    lines.append(json.dumps({"customer_id": "import-old", "attributes": {"age": "old"}}))
    file = tmp_path / "customers.jsonl"
    file.write_text("\n".join(lines))
    report = tmp_path / "report.json"
    for _ in range(2):
        result = server.run("customers", "import", str(file), "--batch", "3", "--out", str(report))
        assert result.exit_code == 1
        assert "7 customers imported" in result.stdout
        document = json.loads(report.read_text())
        assert document["imported"] == 7
        assert [bad["line"] for bad in document["refused"]] == [4, 6, 11]
        assert "attributes.age" in document["refused"][2]["error"]
    assert server.json("customers", "get", "import-6")["attributes"] == {"age": 6}


def test_a_customer_is_shown_and_deleted(server: CliServer) -> None:
    """Deleting asks first; a deleted customer is not found."""
    name = customer(server, "goes-away")
    assert "age = 41" in server.run("customers", "get", name).stdout
    assert server.run("customers", "delete", name, text="n\n").exit_code == 1
    assert server.json("customers", "delete", name, "--yes") == {"deleted": True}
    assert server.json("customers", "delete", name, "--yes") == {"deleted": False}
    gone = server.run("customers", "get", name)
    assert gone.exit_code == 1
    assert gone.stderr.startswith("nba: ")


def test_status_tells_of_server_catalogue_journal_and_archive(server: CliServer) -> None:
    """Through the API, and from the store when the data folder is at hand."""
    document = server.json("status", "--data", str(server.data))
    assert document["server"]["health"] == "serving"
    assert set(document["server"]["services"].values()) == {"serving"}
    assert document["server"]["catalog"]["live"]["name"] == "telco"
    assert document["store"]["journal"]["entries"] >= 0
    assert document["store"]["archive"]["rows"] >= 0
    text = server.run("status", "--data", str(server.data)).stdout
    assert f"server   {server.address}: serving" in text
    assert "catalog  telco" in text
    assert "journal  " in text


def test_a_server_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    """Where nobody answered, and why."""
    address = f"unix:{tmp_path}/nobody.sock"
    result = run("decide", "--customer", "c", "--channel", "call", "--address", address)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"nba: no server answers at {address}")
    assert len(result.stderr.splitlines()) == 1
    status = run("status", "--address", address, "--data", str(tmp_path), "--json")
    assert status.exit_code == 1
    assert json.loads(status.stdout)["server"]["health"] == "unreachable"
