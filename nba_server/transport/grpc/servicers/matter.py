"""MatterService."""

from __future__ import annotations

from nba_server.application.matters import Matters
from nba_server.pb import matter_pb2
from nba_server.transport.grpc.call import Call
from nba_server.transport.grpc.codec.matter import close_command, open_command, to_closed, to_list, to_opened


class MatterServicer:
    """Tells, opens and closes matters."""

    def __init__(self, matters: Matters) -> None:
        self._matters = matters

    async def list_matters(self, request: matter_pb2.ListMattersRequest, call: Call) -> matter_pb2.ListMattersResponse:
        """The customer's matters."""
        return to_list(await self._matters.list(request.customer_id, open_only=request.open_only))

    async def open_matter(self, request: matter_pb2.OpenMatterRequest, call: Call) -> matter_pb2.OpenMatterResponse:
        """Opens one by hand."""
        return to_opened(await self._matters.open(open_command(request, call.caller.name)))

    async def close_matter(self, request: matter_pb2.CloseMatterRequest, call: Call) -> matter_pb2.CloseMatterResponse:
        """Closes one with a note."""
        return to_closed(await self._matters.close(close_command(request, call.caller.name)))
