"""Many changes in one call: they are given more time than a decision has, and they let decisions through.

A decision's patience tells a hung store from a living one; hundreds of writes on a slow disk take longer on a healthy one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

PROMPT_MOST = 16
"""So many customers in one call are looked after as promptly as a decision; more have the store's read timeout."""
PIECE = 64
"""Customers in one round trip: the engine serves nobody else meanwhile."""


def is_prompt(items: Sequence[T]) -> bool:
    """Whether a call for these is as urgent as a decision."""
    return len(items) <= PROMPT_MOST


def pieces(items: Sequence[T]) -> list[Sequence[T]]:
    """In order, none of them too long."""
    return [items[first : first + PIECE] for first in range(0, len(items), PIECE)]
