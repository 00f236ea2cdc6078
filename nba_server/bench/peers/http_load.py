"""A closed loop of HTTP/1.1 requests for the peer that speaks no gRPC: `PORT IN_FLIGHT SECONDS CUSTOMERS SEED`."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time


async def _caller(port: int, end: float, customers: int, draw: random.Random, found: list[tuple[float, bool]]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (started := time.perf_counter()) < end:
        body = json.dumps({"customer_id": f"c{draw.randrange(customers):07d}"}).encode()
        head = f"POST /decide HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        payload = await reader.readexactly(length)
        found.append((time.perf_counter() - started, b'"action"' in payload))
    writer.close()


async def main(port: int, in_flight: int, seconds: float, customers: int, seed: int) -> None:
    """Prints one JSON object as the compiled generator does."""
    draw = random.Random(seed)  # noqa: S311  reproducible load
    found: list[tuple[float, bool]] = []
    end = time.perf_counter() + seconds
    await asyncio.gather(*(_caller(port, end, customers, draw, found) for _ in range(in_flight)))
    times = sorted(took for took, _ in found)
    offers = sum(offer for _, offer in found)
    facts = {"seconds": seconds, "answers": len(found), "inside": len(found), "offers": offers, "failed": 0}
    print(json.dumps(facts | {"p50_us": times[len(times) // 2] * 1e6, "p99_us": times[int(len(times) * 0.99)] * 1e6}))


if __name__ == "__main__":
    port, in_flight, seconds, customers, seed = sys.argv[1:6]
    asyncio.run(main(int(port), int(in_flight), float(seconds), int(customers), int(seed)))
