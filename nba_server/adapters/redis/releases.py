"""Gives back what calls reserved that have gone: `release.lua`, one atomic call each."""

from __future__ import annotations

from collections.abc import Mapping

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.client import StoreClient
from nba_server.adapters.redis.scripts import RELEASE
from nba_server.application.ports import Attempt, HeldContact, Release, ReleaseStatus


class RedisReleases:
    """Implements `Releases`."""

    def __init__(self, client: StoreClient) -> None:
        self._client = client

    async def release(self, attempt: Attempt, entries: Mapping[str, bytes]) -> Release:
        """See `Releases`. Raises `StoreUnavailable`; a second time changes nothing."""
        ref = attempt.customer
        places = (
            keys.customer(ref),
            keys.journal(ref.bucket),
            keys.request(ref.bucket, attempt.request_key),
            keys.due(ref.bucket),
            keys.clock(ref.bucket),
            keys.caps(ref.bucket),
        )
        pairs = (part for pair in entries.items() for part in pair)
        told = await self._client.one(RELEASE.call(places, attempt.name, ref.ref, *pairs))
        status, *rest = (word.decode() for word in told)
        if status != ReleaseStatus.WANTED:
            return Release(ReleaseStatus(status))
        decision_id, at_ms, *held = rest
        contacts = zip(held[::3], held[1::3], held[2::3], strict=True)
        return Release(
            ReleaseStatus.WANTED, decision_id, int(at_ms), tuple(HeldContact(*contact) for contact in contacts)
        )
