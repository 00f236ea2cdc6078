"""Which customers are learned from: all, until that is too many; then half of them, by hash, again and again.

One sample for all passes, so that decisions and outcomes of a customer stay together.
"""

from __future__ import annotations

_SPACE = 1 << 32


class CustomerSample:
    """Customers by the first 32 bits of their keyed reference, which is a hash already."""

    def __init__(self) -> None:
        self._below = _SPACE

    @property
    def share(self) -> float:
        """The share of customers in it."""
        return self._below / _SPACE

    def halve(self) -> None:
        """Keeps half of the customers."""
        self._below = max(1, self._below // 2)

    def has(self, customer_ref: str) -> bool:
        """Whether a customer is in it."""
        return self._below == _SPACE or int(customer_ref[:8] or "0", 16) < self._below
