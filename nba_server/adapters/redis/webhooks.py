"""What the store keeps of webhooks: how far each endpoint is, what has failed and when it is tried again, and dead letters.

All of it lies in one slot. Times are milliseconds since 1970 UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgpack

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.client import Command, StoreClient
from nba_server.adapters.redis.each import each
from nba_server.adapters.redis.journal import BEGIN, stream_order
from nba_server.adapters.redis.reader import MOST_HOPS, pointer_of
from nba_server.application.ports import CustomerRef


@dataclass(frozen=True, slots=True)
class EndpointState:
    """What is known of an endpoint. `disabled` says why it is not told any more; empty while it is.

    `url_mark` is the hash of the address that the state is of. `skipped` entries had to leave the journal before it came to them.
    """

    name: str
    url: str
    url_mark: str
    disabled: str = ""
    delivered: int = 0
    failures: int = 0
    skipped: int = 0
    last_ms: int = 0
    failing: str = ""


@dataclass(frozen=True, slots=True)
class WebhookLetter:
    """A message that was given up, with its reason, or one that is to be delivered again."""

    id: str
    type: str
    lane: str
    at_ms: int
    attempts: int
    given_up_ms: int
    reason: str
    body: bytes


@dataclass(frozen=True, slots=True)
class KeptTries:
    """How a message has failed so far."""

    attempts: int
    first_ms: int
    due_ms: int
    reason: str


class WebhookStore:
    """The webhooks' part of a store."""

    def __init__(self, client: StoreClient, buckets: int) -> None:
        self._client = client
        self._buckets = buckets

    async def states(self) -> list[EndpointState]:
        """All endpoints, by name."""
        rows = _pairs(await self._client.one(("HGETALL", keys.webhooks())))
        return [_state(name, rows[name], counts) for name, counts in await self._counts(sorted(rows))]

    async def register(self, name: str, url: str, url_mark: str, cursor: Mapping[int, str]) -> None:
        """Makes an endpoint known. A new one begins at `cursor`; one with another address is not disabled any more."""
        known = {state.name: state for state in await self.states()}
        if name not in known:
            await self._client.run([_set_cursor(name, {0: BEGIN, **cursor})])
        elif known[name].url_mark == url_mark:
            return
        await self._client.one(("HSET", keys.webhooks(), name, msgpack.packb((url, url_mark, ""))))

    async def forget(self, name: str) -> None:
        """Removes all that is known of an endpoint; it holds up nothing any more. Dead letters stay."""
        places = (keys.webhook_cursor(name), keys.webhook_tries(name), keys.webhook_counts(name))
        await self._client.run([("HDEL", keys.webhooks(), name), *(("DEL", place) for place in places)])

    async def disable(self, name: str, reason: str) -> None:
        """Tells the endpoint nothing any more; empty: tells it again."""
        row = await self._client.one(("HGET", keys.webhooks(), name))
        if row is not None:
            url, mark, _ = msgpack.unpackb(row)
            await self._client.one(("HSET", keys.webhooks(), name, msgpack.packb((url, mark, reason))))

    async def cursor(self, name: str) -> dict[int, str]:
        """The last settled entry of each bucket; a bucket that is not in it from its begin."""
        return {int(bucket): id_.decode() for bucket, id_ in (await self._hash(keys.webhook_cursor(name))).items()}

    async def tries(self, name: str) -> dict[str, KeptTries]:
        """Failures by message id, of messages that are not settled."""
        rows = await self._hash(keys.webhook_tries(name))
        return {id_.decode(): KeptTries(*msgpack.unpackb(row)) for id_, row in rows.items()}

    async def advance(
        self,
        name: str,
        marks: Mapping[int, str],
        *,
        settled: Sequence[str] = (),
        failed: Mapping[str, KeptTries] | None = None,
        dead: Sequence[WebhookLetter] = (),
        counts: Mapping[str, int | str] | None = None,
    ) -> None:
        """Keeps what has become of messages. Dead letters go first and the cursor last: what dies in between is repeated."""
        commands: list[Command] = [("HSET", keys.webhook_dead(name), letter.id, _letter_row(letter)) for letter in dead]
        gone = [*settled, *(letter.id for letter in dead)]
        if gone:
            commands.append(("HDEL", keys.webhook_tries(name), *gone))
            commands.append(("HDEL", keys.webhook_again(name), *gone))
        for id_, tries in (failed or {}).items():
            row = msgpack.packb((tries.attempts, tries.first_ms, tries.due_ms, tries.reason))
            commands.append(("HSET", keys.webhook_tries(name), id_, row))
        for field, value in (counts or {}).items():
            verb = "HSET" if field in ("last_ms", "failing") else "HINCRBY"
            commands.append((verb, keys.webhook_counts(name), field, value))
        if marks:
            commands.append(_set_cursor(name, marks))
        await self._client.run(commands)

    async def dead(self, name: str) -> list[WebhookLetter]:
        """Messages that were given up, oldest first."""
        return _letters(await self._hash(keys.webhook_dead(name)))

    async def dead_count(self, name: str) -> int:
        """How many there are."""
        return int(await self._client.one(("HLEN", keys.webhook_dead(name))))

    async def again(self, name: str) -> list[WebhookLetter]:
        """Dead letters that are to be delivered again, oldest first."""
        return _letters(await self._hash(keys.webhook_again(name)))

    async def redeliver(self, name: str, letters: Sequence[WebhookLetter]) -> None:
        """Asks for dead letters to be delivered again; they stay dead letters until they are."""
        commands: list[Command] = [("HSET", keys.webhook_again(name), one.id, _letter_row(one)) for one in letters]
        await self._client.run(commands)

    async def drop(self, name: str, ids: Sequence[str]) -> None:
        """Forgets dead letters."""
        if ids:
            await self._client.run([("HDEL", key(name), *ids) for key in (keys.webhook_dead, keys.webhook_again)])

    async def floors(self) -> dict[str, dict[int, str]]:
        """The cursors of all endpoints that are not disabled, by name: what of the journal they have yet to see."""
        return {state.name: await self.cursor(state.name) for state in await self.states() if not state.disabled}

    async def skipped(self, name: str, entries: int) -> None:
        """Counts journal entries that were trimmed before the endpoint came to them."""
        await self._client.one(("HINCRBY", keys.webhook_counts(name), "skipped", entries))

    async def trim(self, bucket: int, stream_id: str) -> int:
        """Trims a bucket of the journal up to and with an entry; gives the number of entries that went."""
        ms, sequence = stream_order(stream_id)
        return int(await self._client.one(("XTRIM", keys.journal(bucket), "MINID", f"{ms}-{sequence + 1}")))

    async def names(self, places: Sequence[tuple[str, int]]) -> list[str]:
        """The raw ids of customers by reference and a bucket they have lived in; empty where there is no profile."""
        found = [""] * len(places)
        where = {place: CustomerRef(ref, bucket) for place, (ref, bucket) in enumerate(places)}
        for _ in range(MOST_HOPS):
            if not where:
                break
            replies = await self._client.run([("HMGET", keys.customer(ref), "id", "at") for ref in where.values()])
            ahead: dict[int, CustomerRef] = {}
            for (place, ref), (id_, at) in zip(where.items(), replies, strict=True):
                bucket, version, became = pointer_of(at)
                if id_:
                    found[place] = id_.decode()
                elif version >= 0:
                    ahead[place] = CustomerRef(became or ref.ref, bucket)
            where = ahead
        return found

    async def ends(self) -> dict[int, str]:
        """The last entry of each bucket of the journal that has any."""
        replies = await each(self._client, keys.journal, self._buckets, "XREVRANGE", "+", "-", "COUNT", 1)
        return {bucket: reply[0][0].decode() for bucket, reply in enumerate(replies) if reply}

    async def _hash(self, key: str) -> dict[bytes, bytes]:
        return _pairs(await self._client.one(("HGETALL", key)))

    async def _counts(self, names: Sequence[bytes]) -> list[tuple[bytes, dict[bytes, bytes]]]:
        replies = await self._client.run([("HGETALL", keys.webhook_counts(name.decode())) for name in names])
        return [(name, _pairs(reply)) for name, reply in zip(names, replies, strict=True)]


def _set_cursor(name: str, marks: Mapping[int, str]) -> Command:
    return ("HSET", keys.webhook_cursor(name), *(part for bucket, id_ in marks.items() for part in (str(bucket), id_)))


def _pairs(reply: object) -> dict[bytes, bytes]:
    if isinstance(reply, dict):
        return reply
    assert isinstance(reply, list)
    return dict(zip(reply[::2], reply[1::2], strict=True))


def _state(name: bytes, row: bytes, counts: Mapping[bytes, bytes]) -> EndpointState:
    url, mark, disabled = msgpack.unpackb(row)
    number = {field: int(counts.get(field.encode(), 0)) for field in ("delivered", "failures", "skipped", "last_ms")}
    return EndpointState(name.decode(), url, mark, disabled, **number, failing=counts.get(b"failing", b"").decode())


def _letter_row(letter: WebhookLetter) -> bytes:
    row: bytes = msgpack.packb(
        (letter.type, letter.lane, letter.at_ms, letter.attempts, letter.given_up_ms, letter.reason, letter.body)
    )
    return row


def _letters(rows: Mapping[bytes, bytes]) -> list[WebhookLetter]:
    letters = [WebhookLetter(id_.decode(), *msgpack.unpackb(row)) for id_, row in rows.items()]
    return sorted(letters, key=lambda letter: (letter.at_ms, letter.id))
