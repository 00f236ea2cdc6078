"""What a server says when it cannot start."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from nba_server.adapters.redis.store import Store
from nba_server.errors import InvalidArgument
from nba_server.settings import Settings
from tests.integration.running import running_server


async def test_a_faulty_definition_is_told_in_words(settings: Settings, store: Store, tmp_path: Path) -> None:
    """Every fault of the model definition is named with its file; the server does not start."""
    path = tmp_path / "faulty.yaml"
    path.write_text("features: 3\nlabbel: {}\n", encoding="utf-8")
    with pytest.raises(InvalidArgument) as raised:
        async with running_server(dataclasses.replace(settings, definition=path)):
            pass
    assert {violation.field for violation in raised.value.violations} == {str(path)}
    assert "labbel" in raised.value.message
