"""Fixtures of the client's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.client.flaky import Flaky, serving


@pytest.fixture
def flaky() -> Iterator[Flaky]:
    """A real server that fails as told."""
    with serving() as server:
        yield server
