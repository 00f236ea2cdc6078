"""`make chaos`: runs the proofs, prints a table, writes chaos.json. `python -m tests.chaos --help`.

Every finished row is kept in the state file at once, so that a run can be stopped and taken up again.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from tests.chaos.bars import broken
from tests.chaos.proof import Proof
from tests.chaos.report import known, report
from tests.chaos.sizes import proofs_of
from tests.chaos.table import table

SHORT, FULL = "short", "full"


def main() -> int:
    """Exit code 1 when a row is missing or anything is unmet."""
    asked = _arguments()
    rows = proofs_of(asked.size == FULL)
    named = set(asked.only.split(",")) - {""}
    chosen = [row for row in rows if not named or named & {str(row.scenario), row.id}]
    state = _state(asked.out / f"state-{asked.size}.json")
    for row in chosen if asked.fresh else ():
        state.pop(row.id, None)
    began = time.monotonic()
    for row in chosen:
        known = state.get(row.id)
        if known is not None and known["reason"] is None:
            continue
        if time.monotonic() - began > asked.minutes * 60:
            state[row.id] = _missing(row, f"the {asked.minutes} minutes were over; run it again to go on")
        else:
            print(f"… {row.scenario} {row.name} ({row.engine}, {row.mode})", file=sys.stderr, flush=True)
            state[row.id] = _ran(row, asked.out / row.id)
        _save(asked.out / f"state-{asked.size}.json", state)
    done = [state.get(row.id) or _missing(row, "not run") for row in rows]
    facts = report(rows, done, asked.size)
    asked.json.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(table(facts))
    print(f"\n{asked.json}")
    return 1 if facts["unmet"] else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--size", choices=(SHORT, FULL), default=os.environ.get("CHAOS") or SHORT)
    parser.add_argument("--only", default="", help="scenario numbers or ids of rows: `1,3`")
    parser.add_argument("--fresh", action="store_true", help="run the chosen rows again although they are known")
    parser.add_argument("--minutes", type=float, default=0, help="start no row after this; 0: 18, or a day in full")
    parser.add_argument("--out", type=Path, default=Path("var/chaos"), help="folder of state, logs and stores")
    parser.add_argument("--json", type=Path, default=Path("chaos.json"))
    asked = parser.parse_args()
    asked.minutes = asked.minutes or (1_440 if asked.size == FULL else 18)
    asked.out.mkdir(parents=True, exist_ok=True)
    return asked


def _ran(row: Proof, folder: Path) -> dict[str, Any]:
    """Runs one proof in a fresh folder, which stays when it failed or missed a bar."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    started = time.monotonic()
    try:
        figures = row.run(folder.absolute())
    except Exception as fault:
        (folder / "fault.txt").write_text(traceback.format_exc())
        return _missing(row, f"{type(fault).__name__}: {str(fault)[:300]}")
    done = {**_head(row), "seconds": round(time.monotonic() - started, 1), "figures": figures, "reason": None}
    if not broken(row.bars, known(done)):
        shutil.rmtree(folder, ignore_errors=True)
    return done


def _missing(row: Proof, reason: str) -> dict[str, Any]:
    return {**_head(row), "seconds": None, "figures": None, "reason": reason}


def _head(row: Proof) -> dict[str, Any]:
    return {"id": row.id, "scenario": row.scenario, "name": row.name, "engine": row.engine, "mode": row.mode}


def _state(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    known: dict[str, Any] = json.loads(path.read_text())
    return known


def _save(path: Path, state: dict[str, Any]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(state, indent=1))
    part.replace(path)


if __name__ == "__main__":
    sys.exit(main())
