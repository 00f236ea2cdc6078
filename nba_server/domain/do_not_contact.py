"""The do-not-contact list: people who want to hear nothing, whatever they consented to before or are said to have since."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DoNotContact:
    """A customer's entry. Not `listed`: there is none. `channels` empty: all, also those on which the customer comes.

    It stands above consents, binds service messages too, and outlives the profile. Only actions that the law demands pass.
    """

    listed: bool = False
    channels: frozenset[str] = frozenset()
    since_ms: int = 0
    source: str = ""

    def bars(self, channel: str) -> bool:
        """Whether nothing may be offered on the channel."""
        return self.listed and (not self.channels or channel in self.channels)
