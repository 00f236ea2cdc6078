"""`make prove`: the claims of the learning loop on real data, one row each, into prove.json. Resumable: finished rows stay.

`python -m tests.prove [--out FILE] [--again ROW ...] [--budget SECONDS]`. Exit code 1 when a row that ran did not pass.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.prove import bank, end_to_end, gate_trials, hillstrom, obd, simulator, starbucks, trainers, vectors
from tests.prove.datasets import DATA

ROWS: dict[str, Callable[[], dict[str, Any]]] = {
    "peer_vectors": vectors.run,
    "obd": obd.run,
    "bank_marketing": bank.run,
    "hillstrom": hillstrom.run,
    "starbucks": starbucks.run,
    "gate": gate_trials.run,
    "trainers": trainers.run,
    "end_to_end": end_to_end.run,
    "simulator": simulator.run,
}
DATA_FREE = frozenset({"gate", "trainers", "end_to_end", "simulator"})
BUDGET_S = 40 * 60.0


def prove(out: Path, again: list[str], budget_s: float) -> bool:
    """Runs what is not there yet; True when no row that ran has failed. Rows behind the budget are null with the reason."""
    known: dict[str, Any] = json.loads(out.read_text()) if out.exists() else {}
    began = time.monotonic()
    rows: dict[str, Any] = {}
    for name, run in ROWS.items():
        before = known.get("rows", {}).get(name)
        if before is not None and before.get("passed") is not None and name not in again:
            rows[name] = before
        elif not DATA.exists() and name not in DATA_FREE:
            rows[name] = {
                "passed": None,
                "reason": f"the data are not at {DATA.parent.name}/{DATA.name} beside this checkout",
            }
        elif time.monotonic() - began > budget_s:
            rows[name] = {"passed": None, "reason": f"the budget of {budget_s:.0f} s was used up; run again to go on"}
        else:
            rows[name] = _timed(name, run)
        _write(out, rows)
    for name, row in rows.items():
        print(f"{_word(row['passed'])} {name}" + (f": {row['reason']}" if row.get("reason") else ""))
    return all(row["passed"] is not False for row in rows.values())


def _timed(name: str, run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    print(f"proving {name} ...", file=sys.stderr)
    began = time.monotonic()
    found = run()
    return found | {"seconds": round(time.monotonic() - began, 1)}


def _write(out: Path, rows: dict[str, Any]) -> None:
    document = {"python": platform.python_version(), "machine": platform.machine(), "rows": _plain(rows)}
    part = out.with_suffix(".part")
    part.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n")
    part.replace(out)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _word(passed: bool | None) -> str:
    return {True: "passed ", False: "FAILED ", None: "open   "}[passed]


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="make prove")
    parser.add_argument("--out", type=Path, default=Path("prove.json"))
    parser.add_argument("--again", nargs="*", default=[], help="rows to run again")
    parser.add_argument("--budget", type=float, default=BUDGET_S, help="seconds")
    given = parser.parse_args()
    return 0 if prove(given.out, given.again, given.budget) else 1


if __name__ == "__main__":
    sys.exit(main())
