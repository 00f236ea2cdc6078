"""The moment of a decision: customer, live context, catalogue and time, from which facts are computed.

Works out local time and history once, and only when a fact asks for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

from nba_server.domain.activity import decay
from nba_server.domain.catalog import Catalog
from nba_server.domain.engagement import CustomerState
from nba_server.domain.freshness import usable
from nba_server.domain.history import History
from nba_server.domain.profile import Scalar


class Moment:
    """What the facts of one decision depend on."""

    def __init__(
        self, state: CustomerState, channel: str, context: Mapping[str, Scalar], catalog: Catalog, now_ms: int
    ) -> None:
        self.state = state
        self.channel = channel
        self.context = context
        self.catalog = catalog
        self.now_ms = now_ms
        ages = catalog.max_ages
        self.attributes = usable(state.profile, ages, now_ms) if ages else state.profile.attributes
        """The customer's, without what is stale."""
        self.told: dict[str, Scalar | None] = {}
        """Shared facts that were worked out for a whole batch; None for one that is missing."""

    @cached_property
    def local(self) -> datetime:
        """The time in the catalogue's time zone."""
        return datetime.fromtimestamp(self.now_ms / 1000, self.catalog.plan.zone)

    @cached_property
    def history(self) -> History:
        """What the contact ledger tells."""
        return History(self.state.ledger, self.catalog.channels, self.now_ms)

    @cached_property
    def decay(self) -> float:
        """What the activity's sums are worth now, as a share."""
        activity = self.state.activity
        return decay(activity.as_of_ms, max(self.now_ms, activity.as_of_ms)) if activity.purchases else 0.0

    def days_since(self, ms: int) -> float:
        """Days from then until now, never negative."""
        return max(0, self.now_ms - ms) / 86_400_000
