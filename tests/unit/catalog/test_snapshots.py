"""Canonical snapshots: equal content, equal hash; a snapshot is the whole catalogue."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pytest

from nba_server.adapters.catalog import compile_folder, compile_snapshot, compile_text
from nba_server.errors import CatalogInvalid
from tests.unit.catalog.conftest import BODY, HEAD

HASH = "509c3f3ed996be407e49ea27cb9c1b8150a2248eb4ad7e11d2aa0878a8ce493f"


def test_hash_does_not_change_between_versions() -> None:
    """This very catalogue has this very hash; when the canonical form must change, its format number grows too."""
    assert compile_text(HEAD, BODY).hash == HASH


def test_layout_order_and_spelling_do_not_change_the_hash(folder: Path) -> None:
    """One file or two, keys in any order, 1w for 7d, quotes, comments and defaults written out: the same hash."""
    wanted = compile_text(HEAD, BODY).hash
    assert compile_folder(folder).hash == wanted
    assert compile_text(HEAD + BODY).hash == wanted
    sections = BODY.split("contact_policies:\n")
    assert compile_text("contact_policies:\n" + sections[1] + "# a remark\n" + sections[0] + HEAD).hash == wanted
    spelled = BODY.replace("window: 7d", "window: 1w, shadow: false").replace("title: Gold card", 'title: "Gold card"')
    assert compile_text(HEAD, spelled).hash == wanted


@pytest.mark.parametrize(
    ("old", "new"),
    [("value: 10", "value: 10.5"), (">= 18", ">= 21"), ("cap: 1", "cap: 2"), ("title: Gold}", "title: Golden}")],
)
def test_any_change_of_content_changes_the_hash(old: str, new: str) -> None:
    """A value, a rule, a limit, a text: another snapshot."""
    assert compile_text(HEAD, BODY.replace(old, new)).hash != compile_text(HEAD, BODY).hash


def test_snapshot_is_the_whole_catalogue() -> None:
    """What is compiled from the snapshot equals what was compiled from the folder."""
    compiled = compile_text(HEAD, BODY)
    again = compile_snapshot(compiled.canonical)
    first = compiled.catalog
    assert again.hash == compiled.hash == first.hash
    assert again.actions == first.actions
    assert again.limits == first.limits
    assert again.suppressions == first.suppressions
    assert again.context_weights == first.context_weights
    assert [(rule.id, rule.source, rule.actions, rule.scope) for rule in again.rules] == [
        (rule.id, rule.source, rule.actions, rule.scope) for rule in first.rules
    ]
    for place, column in first.treatments.items():
        assert np.array_equal(again.treatments[place], column)


def test_snapshots_of_another_format_are_refused() -> None:
    """A snapshot that this version cannot read is told, never guessed."""
    document = orjson.loads(compile_text(HEAD, BODY).canonical)
    with pytest.raises(CatalogInvalid, match="format 99"):
        compile_snapshot(orjson.dumps({**document, "format": 99}))
    with pytest.raises(CatalogInvalid, match="not a catalogue snapshot"):
        compile_snapshot(b"{")
