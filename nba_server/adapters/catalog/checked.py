"""What `nba check` does: compiles a folder and runs its test cases."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nba_server.adapters.catalog.case_run import CaseResult, run_tests
from nba_server.adapters.catalog.compiling import CompiledFolder, compile_folder
from nba_server.adapters.catalog.faults import CatalogFaulty, Fault, Faults


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of a check. `compiled` is None when the catalogue has faults; then no test has run."""

    compiled: CompiledFolder | None
    faults: tuple[Fault, ...]
    tests: tuple[CaseResult, ...]

    @property
    def sound(self) -> bool:
        """Whether there are no faults and all tests passed."""
        return not self.faults and not any(test.failures for test in self.tests)


def check_folder(folder: Path) -> Checked:
    """Compiles the folder and runs its tests. Never raises for what is wrong with the catalogue."""
    try:
        compiled = compile_folder(folder)
    except CatalogFaulty as faulty:
        return Checked(None, faulty.found, ())
    faults = Faults()
    tests = run_tests(folder, compiled.catalog, faults)
    return Checked(compiled, faults.sorted(), tuple(tests))
