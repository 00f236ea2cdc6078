"""The empty call: a `grpc.aio` server that gives back what it got. `python -m ... PORT [uvloop]`; plain asyncio by default."""

from __future__ import annotations

import asyncio
import sys

import grpc
import uvloop


async def _echo(request: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
    return request


async def serve(port: int) -> None:
    """Serves until it is ended; prints the port when it listens."""
    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(_echo)
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("bench.Echo", {"Call": handler})])
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    print(bound, flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    factory = uvloop.new_event_loop if "uvloop" in sys.argv[2:] else None
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
