"""One row of `make chaos`: what is run, on which engine, what it counts, and what its figures must be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.bars import Bar

Run = Callable[[Path], dict[str, Any]]
"""Runs in a fresh folder and gives the figures."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A row. `counts` names the keys of chaos.json that it feeds, with the names of its own figures."""

    scenario: int
    name: str
    engine: str
    mode: str
    run: Run
    counts: Mapping[str, tuple[str, ...]]
    bars: tuple[Bar, ...]

    @property
    def id(self) -> str:
        """Its name in the state file and of its folder."""
        return f"{self.scenario}-{self.name}-{self.engine}-{self.mode}".replace(" ", "-")
