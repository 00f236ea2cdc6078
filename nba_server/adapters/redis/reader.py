"""Reads customers: all in flight in one round trip, with the store's time of the read.

Who was moved into a household costs a second round trip to follow the pointer, and a third one for the others' ledgers. A
visitor who became known is followed to the customer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.bulk import is_prompt, pieces
from nba_server.adapters.redis.case_codec import decode_file
from nba_server.adapters.redis.client import Command, StoreClient
from nba_server.adapters.redis.clock import moment, told_by
from nba_server.adapters.redis.codec import decode_state, encode_household
from nba_server.adapters.redis.scripts import HOUSEHOLD, NOW
from nba_server.application.ports import CustomerRef, PartialStored, ReadResult, Stored
from nba_server.domain.engagement import CustomerState, StoredBlobs
from nba_server.errors import NbaError, StoreUnavailable

_FIELDS = ("p", "k", "l", "s", "a", "d", "pv", "gv", "ev", "o", "f", "h", "at")
TO_DECIDE = tuple("" if name == "f" else name for name in _FIELDS)
"""The case file is not read for a decision; its place stays empty."""

MOST_HOPS = 8
"""Pointers that are followed from one place of a customer to the next; each move makes the way short again."""

Values = list[Any] | NbaError
"""The fields of one record, or why they could not be read."""


class RedisReader:
    """Implements `CustomerReader`. `prompt`: silence is noticed as soon as the store's usual speed allows."""

    def __init__(self, client: StoreClient, *, prompt: bool = True) -> None:
        self._client = client
        self._prompt = prompt

    async def read(self, refs: Sequence[CustomerRef]) -> ReadResult:
        """States in the order of the references. The time is read last, so nothing read is later than it.

        Many are read in pieces and waited for patiently.
        """
        states: list[CustomerState] = []
        now_ms = 0
        reader = self if is_prompt(refs) else RedisReader(self._client, prompt=False)
        for piece in pieces(refs) or [refs]:
            read = await reader._read(piece, _FIELDS)
            for one in read.found:
                if isinstance(one, NbaError):
                    raise one
                states.append(self.decode(one))
            now_ms = read.now_ms
        return ReadResult(tuple(states), now_ms)

    async def read_stored(self, refs: Sequence[CustomerRef]) -> PartialStored:
        """As `read` without case files, with the failure of a part of the store in the places of who lives there.

        The values are fields as they are stored, in the order of `TO_DECIDE`.
        """
        return await self._read(refs, TO_DECIDE)

    def decode(self, stored: Stored) -> CustomerState:
        """The state of a record and of where it was found."""
        state = _state(stored.values, stored.household)
        return replace(state, home=stored.home, became=stored.became) if stored.home >= 0 else state

    async def _read(self, refs: Sequence[CustomerRef], fields: tuple[str, ...]) -> PartialStored:
        found, times = await self._fields(refs, fields)
        homes = dict(enumerate(refs))
        if any(isinstance(values, list) and values[-1] for values in found):
            await self._follow(found, homes, times, fields)
        households: dict[int, bytes] = {}
        if any(isinstance(values, list) and values[-2] for values in found):
            households = await self._households(found, homes, times)
        stored: list[Stored | NbaError] = []
        for place, values in enumerate(found):
            if isinstance(values, NbaError):
                stored.append(values)
                continue
            home, ref, household = homes[place], refs[place], households.get(place, b"")
            if home is ref or home == ref:
                stored.append(Stored(values, household))
            else:
                stored.append(Stored(values, household, home.bucket, home.ref if home.ref != ref.ref else ""))
        return PartialStored(tuple(stored), max(times), tuple(times))

    async def _fields(self, refs: Sequence[CustomerRef], fields: tuple[str, ...]) -> tuple[list[Values], list[int]]:
        commands: list[Command] = [("HMGET", keys.customer(ref), *fields) for ref in refs]
        return await self._run(commands, refs)

    async def _run(self, commands: list[Command], refs: Sequence[CustomerRef]) -> tuple[list[Values], list[int]]:
        """The replies, and for each the time in the place of the store that it comes from."""
        if not self._client.spread:
            return await self._run_here(commands, refs)
        buckets = sorted({ref.bucket for ref in refs}) or [0]
        clocks = [NOW.call([keys.clock(bucket)]) for bucket in buckets]
        replies = await self._client.run_each([*commands, *clocks], prompt=self._prompt)
        told = replies[len(commands) :]
        known = {
            bucket: int(time) for bucket, time in zip(buckets, told, strict=True) if not isinstance(time, NbaError)
        }
        if not known:
            raise told[-1]
        latest = max(known.values())
        return replies[: len(commands)], [known.get(ref.bucket, latest) for ref in refs] or [latest]

    async def _run_here(self, commands: list[Command], refs: Sequence[CustomerRef]) -> tuple[list[Values], list[int]]:
        """On one server, which has one clock."""
        clock = told_by(refs[0].bucket if refs else 0)
        *replies, replay, real = await self._client.run_each([*commands, *clock], prompt=self._prompt)
        for told in (replay, real):
            if isinstance(told, NbaError):
                raise told
        return replies, [moment(replay, real)] * max(1, len(refs))

    async def _follow(
        self, found: list[Values], homes: dict[int, CustomerRef], times: list[int], fields: tuple[str, ...]
    ) -> None:
        """Goes on to where customers were moved. A pointer that is older than what led here is one of an earlier move."""
        reached = dict.fromkeys(homes, -1)
        for _ in range(MOST_HOPS):
            ahead = {place: pointer_of(_pointed(values)) for place, values in enumerate(found)}
            moved = [place for place, (_, version, _) in ahead.items() if version > reached[place]]
            if not moved:
                return
            for place in moved:
                bucket, version, became = ahead[place]
                reached[place] = -1 if became else version
                homes[place] = CustomerRef(became or homes[place].ref, bucket)
            values, later = await self._fields([homes[place] for place in moved], fields)
            for place, one, now_ms in zip(moved, values, later, strict=True):
                found[place], times[place] = one, now_ms
        for place in moved:
            found[place] = StoreUnavailable("the customer is being moved; try again", reason="CUSTOMER_CONTENDED")

    async def _households(
        self, found: list[Values], homes: dict[int, CustomerRef], times: list[int]
    ) -> dict[int, bytes]:
        """The ledgers of the others, by place; a failure takes the customer's place."""
        members = {i: values[-2].decode() for i, values in enumerate(found) if isinstance(values, list) and values[-2]}
        commands = [
            HOUSEHOLD.call(
                [keys.household(CustomerRef(household, homes[i].bucket))],
                keys.customer(CustomerRef("", homes[i].bucket)),
                homes[i].ref,
            )
            for i, household in members.items()
        ]
        replies, later = await self._run(commands, [homes[i] for i in members])
        blobs: dict[int, bytes] = {}
        for (place, household), reply, now_ms in zip(members.items(), replies, later, strict=True):
            times[place] = now_ms
            if isinstance(reply, NbaError):
                found[place] = reply
            else:
                others = [(ref.decode(), ledger) for ref, ledger in zip(reply[::2], reply[1::2], strict=True)]
                blobs[place] = encode_household(household, others)
        return blobs


def pointer_of(stored: bytes | None) -> tuple[int, int, str]:
    """Where a record was moved: bucket, version there (-1: nowhere), and the customer that a visitor became or nothing.

    The versions of a customer say nothing of those of the visitor.
    """
    if not stored:
        return -1, -1, ""
    bucket, *became, version = stored.decode().split("|")
    return int(bucket), int(version), became[0] if became else ""


def _pointed(values: Values) -> bytes | None:
    return None if isinstance(values, NbaError) else values[-1]


def _state(values: Sequence[Any], household: bytes) -> CustomerState:
    profile, consents, ledger, suppressions, activity, unwanted, pv, gv, ev, matters, file, _, _ = values
    blobs = StoredBlobs(
        profile=profile or b"",
        consents=consents or b"",
        ledger=ledger or b"",
        suppressions=suppressions or b"",
        activity=activity or b"",
        do_not_contact=unwanted or b"",
        household=household,
        matters=matters or b"",
    )
    versions = int(pv or 0), int(gv or 0), int(ev or 0)
    return decode_state(blobs, *versions, decode_file(file)) if file else decode_state(blobs, *versions)
