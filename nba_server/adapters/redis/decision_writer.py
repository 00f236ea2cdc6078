"""Commits decisions, each whole or not at all, in one round trip for all: by `reserve.lua`, else by `decide.lua`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.blob import script_blob
from nba_server.adapters.redis.client import Command, StoreClient, refused
from nba_server.adapters.redis.codec import encode_suppressions
from nba_server.adapters.redis.ledger_codec import contact_row
from nba_server.adapters.redis.reserving import packed, reserve_call
from nba_server.adapters.redis.scripts import DECIDE, REPEAT
from nba_server.application.ports import (
    Commit,
    CommitResult,
    CommitStatus,
    ContactPolicy,
    CustomerRef,
    DecisionCommit,
    ExpressCommit,
    Offer,
    OptimisticCommit,
    PackedCommit,
    Repeat,
)
from nba_server.domain.contact import LimitScope
from nba_server.domain.pressure import HORIZON, ContactPressure
from nba_server.domain.superseding import Refusal
from nba_server.errors import NbaError

TOGETHER = 8
"""So many decisions share a call of `reserve.lua`: what a call costs is shared too, and nobody else waits for more than those."""
FIXED_KEYS = 6
"""Keys that every decision names; those of what it supersedes and of the household come behind them."""


class RedisDecisionWriter:
    """Implements `DecisionWriter`. `remember_ms` is how long the answer to a request id is kept."""

    def __init__(self, client: StoreClient, remember_ms: int) -> None:
        self._client = client
        self._remember_ms = remember_ms

    async def commit(self, commits: Sequence[Commit]) -> Sequence[CommitResult | NbaError]:
        """One result a commit, in order; after a `StoreUnavailable` the effect is unknown until it is retried."""
        replies: list[Any] = [None] * len(commits)
        commands, places = self._commands(commits)
        for those, told in zip(places, await self._client.run_each(commands, prompt=True, confirmed=True), strict=True):
            for place, reply in zip(those, _replies(told, commits[those[0]], len(those)), strict=True):
                replies[place] = reply
        changed = [
            place for place, reply in enumerate(replies) if not isinstance(reply, NbaError) and reply[0] == b"changed"
        ]
        if changed:
            await self._again(commits, changed, replies)
        found = zip(commits, replies, strict=True)
        return [reply if isinstance(reply, NbaError) else _settled(commit, reply) for commit, reply in found]

    def packed(self, commit: OptimisticCommit) -> PackedCommit:
        """The arguments of `reserve.lua`."""
        return packed(commit, self._remember_ms)

    async def repeated(self, asked: Repeat) -> CommitResult | None:
        """The stored answer of an earlier commit, CONFLICT when it was another request, None without one."""
        attempt, ref = asked.attempt, asked.attempt.customer
        places = (keys.customer(ref), keys.request(ref.bucket, attempt.request_key))
        flags = (attempt.name, int(asked.anonymous), asked.channel, asked.withdrawn)
        command = REPEAT.call(places, asked.fingerprint, *flags)
        (reply,) = await self._client.run((command,), prompt=True, confirmed=True)
        return None if reply[0] == b"unknown" else result_of(reply)

    async def _again(self, commits: Sequence[Commit], changed: Sequence[int], replies: list[Any]) -> None:
        """Commits what met a customer who had changed, everything checked; the replies take the places of the first ones."""
        again: dict[int, Command] = {}
        for place in changed:
            try:
                again[place] = self._checking(_checked(commits[place]))
            except NbaError as error:
                replies[place] = error
        settled = await self._client.run_each(list(again.values()), prompt=True, confirmed=True)
        for place, reply in zip(again, settled, strict=True):
            replies[place] = reply

    def _commands(self, commits: Sequence[Commit]) -> tuple[list[Command], list[Sequence[int]]]:
        """The commands, and for each the places of the commits in it: some of one script together, the others alone."""
        together = 1 if self._client.spread else TOGETHER
        usual = [(place, one) for place, one in enumerate(commits) if not isinstance(one, DecisionCommit)]
        commands: list[Command] = []
        places: list[Sequence[int]] = []
        for at in range(0, len(usual), together):
            those = usual[at : at + together]
            commands.append(reserve_call([self._arguments(one) for _, one in those]))
            places.append([place for place, _ in those])
        for place, one in enumerate(commits):
            if isinstance(one, DecisionCommit):
                commands.append(self._checking(one))
                places.append((place,))
        return commands, places

    def _arguments(
        self, commit: OptimisticCommit | ExpressCommit
    ) -> tuple[OptimisticCommit | ExpressCommit, PackedCommit]:
        return commit, commit.packed if isinstance(commit, ExpressCommit) else self.packed(commit)

    def _checking(self, commit: DecisionCommit) -> Command:
        ref = commit.customer
        meta = (
            *(commit.decision_id, commit.fingerprint, commit.profile_version, commit.guard_version),
            *(commit.anonymous, commit.retention_ms, self._remember_ms, ref.ref, commit.supersedes),
            commit.muting.engagement_version if commit.muting else -1,
            (FIXED_KEYS + len(_superseded_keys(commit)) + 1) if commit.household else 0,
            *(commit.engagement_version, commit.enough),
        )
        return DECIDE.call(
            (
                keys.customer(ref),
                keys.journal(ref.bucket),
                keys.request(ref.bucket, commit.request_key),
                keys.due(ref.bucket),
                keys.clock(ref.bucket),
                keys.caps(ref.bucket),
                *_superseded_keys(commit),
                *_household_keys(commit),
            ),
            script_blob(meta),
            _limits(commit.limits),
            script_blob(_placements(commit)),
            commit.head,
            commit.entry,
            script_blob((commit.attempt, commit.valid_until_ms, commit.channel, commit.withdrawn)),
            encode_suppressions(commit.muting.suppressions, commit.muting.suppression_hash) if commit.muting else b"",
        )


def _replies(told: Any, first: Commit, size: int) -> Sequence[Any]:
    """The replies to the commits of one command; a fault of the command is one of each."""
    if isinstance(told, NbaError):
        return [told] * size
    if isinstance(first, DecisionCommit):
        return [told]
    return [refused(reply[1].decode(errors="replace")) if reply[0] == b"failed" else reply for reply in told]


def _checked(commit: Commit) -> DecisionCommit:
    return commit if isinstance(commit, DecisionCommit) else commit.checked()


def _settled(commit: Commit, reply: Sequence[bytes]) -> CommitResult:
    """The result; what the server knows already is not sent back to it."""
    if reply[0] == b"reserved" and not isinstance(commit, DecisionCommit):
        answer = commit.packed[-1] if isinstance(commit, ExpressCommit) else commit.answer
        return CommitResult(CommitStatus.COMMITTED, answer, commit.picks)
    return result_of(reply)


def result_of(reply: Sequence[bytes]) -> CommitResult:
    """What the store said of a decision that was not committed as it was proposed."""
    status, answer, picks = reply
    if status == b"refused":
        return CommitResult(CommitStatus.REFUSED, refusal=Refusal(answer.decode()))
    return CommitResult(CommitStatus(status.decode()), answer, taken_picks(picks)[0])


def _superseded_keys(commit: DecisionCommit) -> tuple[str, ...]:
    """The request record of what is superseded, and the mark that it was; in the same slot, as the customer is the same."""
    if not commit.supersedes:
        return ()
    key = commit.supersedes.rpartition("-")[2]
    return (keys.request(commit.customer.bucket, key), keys.superseded(commit.customer.bucket, key))


def _household_keys(commit: DecisionCommit) -> tuple[str, ...]:
    """The members' set and the others' records; in the same slot, as a household has one bucket."""
    if not commit.household:
        return ()
    bucket = commit.customer.bucket
    others = (keys.customer(CustomerRef(other, bucket)) for other in commit.others)
    return (keys.household(CustomerRef(commit.household, bucket)), *others)


@lru_cache(maxsize=4096)
def taken_picks(text: bytes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The pick indices of `0,s3`, and those of them that were substituted."""
    marks = text.decode().split(",") if text else []
    taken = tuple(int(mark.removeprefix("s")) for mark in marks)
    return taken, tuple(int(mark[1:]) for mark in marks if mark.startswith("s"))


@lru_cache(maxsize=256)
def _limits(limits: tuple[ContactPolicy, ...]) -> bytes:
    """Encoded once a catalogue, channel and set of budgets."""
    return script_blob([_limit(limit) for limit in limits])


def _limit(limit: ContactPolicy) -> tuple[Any, ...]:
    if isinstance(limit, ContactPressure):
        rates = {rate.channel: (rate.half_life_ms, rate.weight, dict(rate.classes)) for rate in limit.rates}
        return (limit.budget, HORIZON, rates, limit.scope is LimitScope.HOUSEHOLD)
    names = (limit.channels, limit.directions, limit.classes, limit.groups, limit.actions)
    whose = (True,) if limit.scope is LimitScope.HOUSEHOLD else ()
    return (limit.cap, limit.window_ms, *(sorted(str(name) for name in chosen) for chosen in names), *whose)


def _placements(commit: DecisionCommit) -> list[Any]:
    shadow = frozenset(index for index, limit in enumerate(commit.limits) if limit.shadow)
    rows: list[tuple[int, list[Any], bytes]] = [
        (slots, [], no_offer) for slots, no_offer in zip(commit.slots, commit.no_offers, strict=True)
    ]
    for offer in commit.offers:
        rows[offer.placement][1].append(_offer(offer, shadow))
    return rows


def _offer(offer: Offer, shadow: frozenset[int]) -> tuple[Any, ...]:
    limits = [index for index in offer.limits if index not in shadow]
    chosen = int(offer.position > 0)
    charges = [(charge.cap, charge.units) for charge in offer.charges]
    return (offer.pick, contact_row(offer.contact), limits, offer.answer, offer.answer_substituted, chosen, charges)
