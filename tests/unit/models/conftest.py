"""One canary for all tests of this room: its helper takes seconds to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nba_models.canary import Canary


@pytest.fixture(scope="session")
def canary() -> Iterator[Canary]:
    """A canary, ended with the session."""
    with Canary() as made:
        yield made
