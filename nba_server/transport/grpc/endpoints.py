"""Makes byte handlers of a service's methods: parse, call the servicer, serialise, all behind the stack.

Nothing here depends on the server under it, so that another transport can carry the same handlers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from nba_server.transport.grpc.call import Call, Handler, Interceptor


def endpoints(service: ServiceDescriptor, servicer: object, stack: Sequence[Interceptor]) -> dict[str, Handler]:
    """Full method name -> handler, for every method of the service; the first interceptor is the outermost.

    A method `RecordOutcome` is the servicer's `record_outcome(request, call)`, which gives a message or its bytes.
    """
    handlers: dict[str, Handler] = {}
    for method in service.methods:
        name = f"/{service.full_name}/{method.name}"
        handler = _handler(GetMessageClass(method.input_type), getattr(servicer, snake_case(method.name)))
        for interceptor in reversed(stack):
            handler = interceptor(name, handler)
        handlers[name] = handler
    return handlers


def snake_case(name: str) -> str:
    """`GetDecision` -> `get_decision`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _handler(message_class: Any, method: Any) -> Handler:
    async def handle(request: bytes, call: Call) -> bytes:
        answer = await method(call.read(message_class, request), call)
        return answer.SerializeToString(deterministic=True) if isinstance(answer, Message) else answer

    return handle
