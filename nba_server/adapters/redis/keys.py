"""The one place that knows the names of keys.

All keys of a customer share the hash tag of the bucket, so that they live in one slot of a cluster.
"""

from __future__ import annotations

from nba_server.application.ports import CustomerRef

META = "nba:meta"
CATALOG = "nba:{catalog}"
MODELS = "nba:{models}"
WEBHOOKS = "nba:{webhooks}"


def _bucket(bucket: int) -> str:
    return f"nba:{{b{bucket:03x}}}"


def customer(ref: CustomerRef) -> str:
    """HASH: p, k, l, s, a, d, o, f (records), id, h (household), at (moved to), pv, gv, ev (versions), w:<channel> (withdrawals),
    m (what a visitor's identification was answered)."""
    return f"{_bucket(ref.bucket)}:c:{ref.ref}"


def customer_of(name: bytes) -> CustomerRef:
    """The reference in a customer's key, with the bucket in which the key lies."""
    place, _, ref = name.decode().rpartition(":c:")
    return CustomerRef(ref, int(place.removeprefix("nba:{b").removesuffix("}"), 16))


def customers(bucket: int | None) -> str:
    """The pattern of the customers' keys of a bucket; None: of all."""
    return f"{'nba:{b*}' if bucket is None else _bucket(bucket)}:c:*"


def household(ref: CustomerRef) -> str:
    """SET of the references of a household's members; all of them live in its bucket."""
    return f"{_bucket(ref.bucket)}:h:{ref.ref}"


def request(bucket: int, request_key: str) -> str:
    """The idempotency record of a decision, msgpack."""
    return f"{_bucket(bucket)}:r:{request_key}"


def superseded(bucket: int, request_key: str) -> str:
    """The id of the decision that took a decision's place; kept as long as requests are remembered."""
    return f"{_bucket(bucket)}:x:{request_key}"


def journal(bucket: int) -> str:
    """STREAM of journal entries."""
    return f"{_bucket(bucket)}:j"


def due(bucket: int) -> str:
    """ZSET of references by the time at which something of the customer's ledger falls due, or earlier, never later.

    Stores of an earlier form have `ref|contact id` by the time of the contact; those are served too."""
    return f"{_bucket(bucket)}:due"


def clock(bucket: int) -> str:
    """The clock of a replay store: `=ms` frozen, `+ms` offset to real time; absent in a live store."""
    return f"{_bucket(bucket)}:clock"


def caps(bucket: int) -> str:
    """HASH of the leases of caps: what of their units the bucket may spend."""
    return f"{_bucket(bucket)}:caps"


def cap(home: int, cap_key: str) -> str:
    """HASH: the one counter of a cap, in the slot of the bucket that is its home."""
    return f"{_bucket(home)}:cap:{cap_key}"


def dead(bucket: int) -> str:
    """HASH of journal entries that could not be archived, by stream id."""
    return f"{_bucket(bucket)}:dead"


def webhooks() -> str:
    """HASH of the endpoints of webhooks, by name; all that is kept of them lies in one slot."""
    return f"{WEBHOOKS}:endpoints"


def webhook_cursor(name: str) -> str:
    """HASH: the last settled entry of the journal by bucket."""
    return f"{WEBHOOKS}:{name}:cursor"


def webhook_tries(name: str) -> str:
    """HASH: failures of messages that are not settled, by message id."""
    return f"{WEBHOOKS}:{name}:tries"


def webhook_dead(name: str) -> str:
    """HASH of messages that were given up, by message id."""
    return f"{WEBHOOKS}:{name}:dead"


def webhook_again(name: str) -> str:
    """HASH of dead letters that are to be delivered again, by message id."""
    return f"{WEBHOOKS}:{name}:again"


def webhook_counts(name: str) -> str:
    """HASH of an endpoint's counters."""
    return f"{WEBHOOKS}:{name}:counts"


def lease(name: str) -> str:
    """STRING `fence|owner` with a TTL. In the slot of the models, so that a promotion can check it atomically."""
    return f"{MODELS}:lease:{name}"


def fence(name: str) -> str:
    """Counter of a lease's fence numbers."""
    return f"{MODELS}:lease:{name}:fence"
