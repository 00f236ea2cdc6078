"""Small builders of commits and contacts, so that a test names only what it is about."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from nba_server.adapters.redis.store import Store
from nba_server.application.ports import (
    Attempt,
    ContactKind,
    CustomerRef,
    DecisionCommit,
    Offer,
    OptimisticCommit,
    Repeat,
)
from nba_server.domain.contact import ContactLimit
from nba_server.domain.engagement import Contact, ContactState, CustomerState, Direction
from nba_server.errors import NbaError

SECOND, HOUR, DAY = 1000, 3_600_000, 86_400_000


async def until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    """Waits for something that must happen."""
    async with asyncio.timeout(seconds):
        while True:
            if holds():
                return
            await asyncio.sleep(0.005)


def contact(action: str = "a1", decision_id: str = "", **changes: object) -> Contact:
    """A reserved web contact of an hour, in durations as a commit names them."""
    made = Contact(
        id=f"{decision_id or 'x'}:{action}",
        at_ms=0,
        expires_ms=HOUR,
        state=ContactState.RESERVED,
        channel="web",
        direction=Direction.INBOUND,
        class_="ad",
        group="g1",
        action=action,
        decision_id=decision_id,
        treatment="t1",
        placement="p1",
        respond_until_ms=DAY,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def offer(pick: int, made: Contact, position: int = 1, placement: int = 0, limits: tuple[int, ...] = ()) -> Offer:
    """An offer whose answer parts name its action: `<a1>`, and `<s:a1>` when it is substituted."""
    return Offer(
        pick=pick,
        placement=placement,
        position=position,
        contact=made,
        limits=limits,
        answer=f"<{made.action}>".encode(),
        answer_substituted=f"<s:{made.action}>".encode(),
    )


def commit(
    store: Store,
    ref: CustomerRef,
    request_id: str,
    *,
    actions: tuple[str, ...] = ("a1",),
    alternates: tuple[str, ...] = (),
    limits: tuple[ContactLimit, ...] = (),
    asked: CustomerRef | None = None,
    **changes: object,
) -> DecisionCommit:
    """A commit for one placement: `actions` in positions 1, 2, ..., `alternates` behind them, each under the limits it meets.
    `asked` is who the request named, where that is not `ref`: a visitor who became a customer."""
    key = store.identity.request_key("tester", (asked or ref).ref, request_id)
    decision_id = store.identity.decision_id(ref.bucket, 1_767_225_600_000, key)
    offers = []
    for pick, action in enumerate((*actions, *alternates)):
        made_contact = contact(action, decision_id)
        met = tuple(i for i, limit in enumerate(limits) if limit.covers_contact(made_contact))
        offers.append(offer(pick, made_contact, pick + 1 if pick < len(actions) else 0, 0, met))
    made = DecisionCommit(
        customer=ref,
        decision_id=decision_id,
        request_key=key,
        fingerprint="f1",
        profile_version=0,
        guard_version=0,
        limits=limits,
        slots=(max(1, len(actions)),),
        offers=tuple(offers),
        head=b"head",
        no_offers=(b"<none>",),
        entry=b"entry " + request_id.encode(),
        retention_ms=400 * DAY,
        attempt=f"attempt {request_id}",
        channel="web",
        withdrawn=b"<withdrawn>",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def repeat(store: Store, ref: CustomerRef, request_id: str, fingerprint: str = "f1", name: str = "again") -> Repeat:
    """A request for the answer that `commit` of the same id got."""
    key = store.identity.request_key("tester", ref.ref, request_id)
    return Repeat(Attempt(ref, key, name), fingerprint, "web", b"<withdrawn>", anonymous=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """A customer as a decision reads it, and the time by which it is made."""

    state: CustomerState
    now_ms: int


async def each_seen(store: Store, refs: Sequence[CustomerRef]) -> list[Seen]:
    """Customers as decisions read them, all at once."""
    read = await store.reader.read_stored(refs)
    return [
        Seen(store.reader.decode(one), read.time_of(place))
        for place, one in enumerate(read.found)
        if not isinstance(one, NbaError)
    ]


async def seen(store: Store, ref: CustomerRef) -> Seen:
    """A customer as a decision reads it."""
    return (await each_seen(store, [ref]))[0]


def optimistic(read: Seen, full: DecisionCommit, /, **changes: object) -> OptimisticCommit:
    """The same decision as `full`, to be committed as it was made on what was read: all choices are taken."""
    state = read.state
    chosen = [made for made in full.offers if made.position]
    made = OptimisticCommit(
        customer=full.customer,
        decision_id=full.decision_id,
        request_key=full.request_key,
        fingerprint=full.fingerprint,
        seen=state,
        decided_ms=read.now_ms,
        at_ms=read.now_ms,
        deferred=False,
        contacts=tuple(_kind(made.contact) for made in chosen),
        picks=tuple(made.pick for made in chosen),
        answer=b"".join((full.head, *(made.answer for made in chosen or ()), *(() if chosen else full.no_offers))),
        head_size=len(full.head),
        entry=full.entry,
        retention_ms=full.retention_ms,
        anonymous=full.anonymous,
        attempt=full.attempt,
        valid_until_ms=read.now_ms + 3 * SECOND,
        channel=full.channel,
        withdrawn=full.withdrawn,
        muting=full.muting,
        checked=lambda: replace(full, engagement_version=state.engagement_version),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def _kind(made: Contact) -> ContactKind:
    return ContactKind(
        channel=made.channel,
        direction=made.direction,
        class_=made.class_,
        group=made.group,
        action=made.action,
        treatment=made.treatment,
        placement=made.placement,
        reservation_ms=made.expires_ms,
        response_ms=made.respond_until_ms,
    )
