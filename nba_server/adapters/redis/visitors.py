"""Makes visitors known customers: their record moves to the customer's bucket as a household's member does, and there one
call makes two records one. However often it breaks off in between, it is two people or one, never something else.
"""

from __future__ import annotations

import msgpack

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.blob import script_blob
from nba_server.adapters.redis.client import StoreClient
from nba_server.adapters.redis.customer_writer import due_ms, record_fields
from nba_server.adapters.redis.households import RedisHouseholds
from nba_server.adapters.redis.identity import StoreIdentity
from nba_server.adapters.redis.reader import MOST_HOPS, pointer_of
from nba_server.adapters.redis.scripts import IDENTIFIED, IDENTIFY
from nba_server.application.ports import CustomerRef, Identification, IdentityWrite
from nba_server.domain.engagement import CustomerState


class RedisVisitors:
    """Implements `Visitors`."""

    def __init__(self, client: StoreClient, households: RedisHouseholds, identity: StoreIdentity) -> None:
        self._client = client
        self._households = households
        self._identity = identity

    async def bring(self, visitor: CustomerRef, state: CustomerState, bucket: int) -> bool:
        """See `Visitors`."""
        return await self._households.bring(visitor, state, bucket)

    async def merge(self, write: IdentityWrite) -> bool:
        """See `Visitors`."""
        customer, answer = write.customer.customer, write.answer
        bucket = customer.bucket
        places = (keys.customer(customer), keys.customer(write.visitor))
        pointer = f"{self._identity.origin(customer.ref).bucket}|{customer.ref}"
        versions = (write.customer.engagement_version, write.visitor_version)
        command = IDENTIFY.call(
            (*places, keys.journal(bucket), keys.due(bucket), keys.clock(bucket)),
            script_blob((*versions, customer.ref, write.visitor.ref, pointer, due_ms(write.customer))),
            script_blob(record_fields(write.customer)),
            write.entry,
            script_blob(write.customer.withdraws),
            script_blob((answer.customer_ref, answer.identified_ms, answer.contacts)),
        )
        (reply,) = await self._client.run((command,), prompt=True, confirmed=True)
        return bool(reply)

    async def answered(self, visitor: CustomerRef) -> Identification | None:
        """See `Visitors`. The answer lies where the two records became one; what the visitor left behind leads there."""
        place = self._identity.origin(visitor.ref)
        for _ in range(MOST_HOPS):
            command = IDENTIFIED.call([keys.customer(place)])
            ((at, answer),) = await self._client.run((command,), prompt=True, confirmed=True)
            if answer:
                return Identification(*msgpack.unpackb(answer))
            bucket, version, _ = pointer_of(at)
            if version < 0:
                return None
            place = CustomerRef(visitor.ref, bucket)
        return None
