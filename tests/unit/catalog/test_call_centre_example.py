"""The catalogue of the call centre, and the words that its screen shows."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from nba_server.adapters.catalog import compile_folder
from nba_server.cli import nba

EXAMPLE = Path(__file__).parents[3] / "examples" / "call_center"
WORDS = {"action", "attribute", "context", "limit", "product", "segment"}


def test_the_call_centre_keeps_what_it_promises() -> None:
    """The catalogue is sound and its own cases pass."""
    result = CliRunner().invoke(nba, ["check", str(EXAMPLE)])
    assert result.exit_code == 0, result.output
    assert "7 of 7 tests passed" in result.output


def test_its_screen_speaks_of_things_that_exist() -> None:
    """Labels name actions, fields and limits of the catalogue, and live fields tell their choices to screens."""
    catalog = compile_folder(EXAMPLE).catalog
    screen = json.loads((EXAMPLE / "screen.json").read_text(encoding="utf-8"))
    known = {
        "action": set(catalog.index),
        "attribute": set(catalog.attributes),
        "context": set(catalog.context),
        "limit": {limit.id for limit in catalog.limits},
    }
    for label in screen["labels"]:
        kind, _, name = label.partition(":")
        assert kind in WORDS, label
        assert name in known.get(kind, {name}), label
    assert set(screen["context"]) <= set(catalog.context)
    assert set(screen["attributes"]) <= set(catalog.attributes)
    assert catalog.context_notes["reason"].values == ("billing", "fault", "move", "cancel", "question")
    assert catalog.context_notes["reason"].description == "Why the customer calls"
