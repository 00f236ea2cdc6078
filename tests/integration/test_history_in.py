"""A campaign history comes in by two commands, counts once, and policies are evaluated on it in the archive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nba_models.definition_file import default_path, load
from nba_server.adapters.archive.reader import ArchiveReader
from tests.integration.cli_server import CliServer, run, serving

CUSTOMERS = 150
RATES = {"second-sim": 0.5, "unlimited": 0.2}
MAPPING = """
customers:
  customer_id: id
  attributes:
    age: {column: age, type: integer}
    country: {value: DE}
  consents:
    - {channel: "*", purpose: advertising, status: granted}
    - {channel: "*", purpose: profiling, status: granted}
interactions:
  customer_id: id
  contact_id: {template: "{wave}/{id}"}
  time: sent
  channel: {value: email}
  placement: {value: newsletter}
  action: {column: offer, map: {S: second-sim, U: unlimited, none: ""}}
  pick_probability: {value: 0.45}
  offer_probability: {value: 0.9}
  candidates: {value: second-sim|unlimited}
  outcome: {column: bought, map: {1: converted, 0: ""}}
  revenue: {column: money, type: number}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CliServer]:
    """One server for this file."""
    with serving(tmp_path_factory.mktemp("history") / "data") as running:
        yield running


def _files(folder: Path) -> tuple[Path, Path, Path]:
    """Customers, a history of four waves with one bad row, and the mapping."""
    rng = np.random.default_rng(1)
    start = datetime.now(UTC) - timedelta(days=60)
    rows = ["wave,id,sent,offer,bought,money"]
    for wave in range(4):
        for customer in range(CUSTOMERS):
            offer = str(rng.choice(["S", "U", "none"], p=[0.45, 0.45, 0.1]))
            bought = offer != "none" and rng.random() < RATES["second-sim" if offer == "S" else "unlimited"]
            sent = start + timedelta(days=10 * wave, minutes=customer)
            rows.append(f"{wave},c{customer},{sent.isoformat()},{offer},{int(bought)},{60.0 if bought else ''}")
    rows.append(f"9,c1,{start.isoformat()},X,0,")
    (folder / "history.csv").write_text("\n".join(rows) + "\n")
    (folder / "people.csv").write_text("id,age\n" + "".join(f"c{n},{20 + n % 50}\n" for n in range(CUSTOMERS)))
    (folder / "mapping.yaml").write_text(MAPPING)
    return folder / "people.csv", folder / "history.csv", folder / "mapping.yaml"


def _evaluated(server: CliServer, *arguments: str) -> Any:
    result = run("evaluate", "--log", "archive", "--data", str(server.data), "--draws", "200", *arguments, "--json")
    return result.exit_code, json.loads(result.stdout)


def test_a_history_comes_in_and_answers_for_policies(server: CliServer, tmp_path: Path) -> None:
    """Dry run, import, import again; then the offer's rate comes out of the archive as it is in the file, and its money."""
    people, history, mapping = map(str, _files(tmp_path))
    assert server.run("customers", "import", people, "--mapping", mapping).exit_code == 0
    dry = server.run("interactions", "import", history, "--mapping", mapping, "--dry-run")
    assert dry.exit_code == 1
    assert f"line {4 * CUSTOMERS + 2}: action: 'X' is not in the map; it has S, U, none" in dry.stdout

    report = tmp_path / "report.json"
    for again in (False, True):
        done = server.run("interactions", "import", history, "--mapping", mapping, "--out", str(report))
        assert done.exit_code == 1, "the bad row"
        document = json.loads(report.read_text())
        taken = document["contacts"] + document["known"]
        assert (document["contacts"] == 0) is again
        assert taken + document["without_offer"] == 4 * CUSTOMERS
        assert len(document["refused"]) == 1
    assert run("archive", "run", "--once", "--data", str(server.data)).exit_code in (0, 1)

    code, found = _evaluated(server, "--policy", "action:second-sim", "--versus", "uniform")
    assert (code, found["refused"]) == (0, None), found
    assert found["n"] == taken
    sold = [line.split(",")[4] == "1" for line in Path(history).read_text().splitlines() if ",S," in line]
    rate = sum(sold) / len(sold)
    assert found["estimates"]["snips"]["value"] == pytest.approx(rate)
    assert found["estimates"]["dr"]["low"] <= rate <= found["estimates"]["dr"]["high"]
    assert found["difference"]["dr"]["low"] > 0
    _, money = _evaluated(server, "--policy", "action:second-sim", "--reward", "value", "--placement", "newsletter")
    assert money["estimates"]["snips"]["value"] == pytest.approx(60 * rate)
    code, nothing = _evaluated(server, "--policy", "uniform", "--channel", "call")
    assert (code, nothing["n"]) == (3, 0)


def test_contacts_are_learned_from_as_they_were_known_then(server: CliServer) -> None:
    """The features of a later wave know the earlier ones, a row for each candidate, and nothing that came after."""
    entries = [item.entry.contact for item in ArchiveReader(server.data / "archive").entries({"contact"})]
    assert entries, "the test before has filled the archive"
    definition = load(default_path())
    names = [item.name for item in definition.features if item.kind == "number" and item.scope == "shared"]
    by_wave: dict[str, list[float]] = {}
    for entry in entries:
        assert next(iter(entry.candidates)) == entry.action
        assert sorted(entry.candidates) == ["second-sim", "unlimited"]
        shared = dict(zip(names, np.frombuffer(entry.features.shared_numbers), strict=True))
        assert shared["customer.known"] == 1.0
        by_wave.setdefault(entry.contact_id[2:3], []).append(shared["contact.count_90d"])
    assert max(by_wave["0"]) == 0
    assert 0 < max(by_wave["3"]) <= 3


def test_what_the_ledger_no_longer_keeps_is_refused_with_the_mend(server: CliServer, tmp_path: Path) -> None:
    """A contact of years ago would be forgotten at once: the row says so, and names the setting."""
    line = {"customer_id": "c1", "time": "2020-01-01T00:00:00Z", "channel": "email", "action": "second-sim"}
    path = tmp_path / "old.jsonl"
    path.write_text(json.dumps(line) + "\n" + json.dumps(line | {"action": "nonsense", "placement": "banner"}) + "\n")
    result = server.run("interactions", "import", str(path))
    assert result.exit_code == 1
    assert "line 1: INVALID_ARGUMENT: occurred_at: lies further back" in result.stdout
    assert "longer `history`" in result.stdout
    assert "belongs to the channel `web`" in result.stdout
