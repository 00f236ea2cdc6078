"""The demo's website for a test: one real household, its last weeks replayed, and the example shop beside a server of its own.

Prints one line of JSON when it serves, and ends when its input does.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc

from nba_server.adapters.embedded import attach_url
from nba_server.demo.catalogue import write_catalogue
from nba_server.demo.clock import ReplayClock
from nba_server.demo.history import History
from nba_server.demo.messages import customer_id
from nba_server.demo.process import ServerProcess, free_address
from nba_server.demo.source import Journey, load
from nba_server.demo.story import households_to_show
from nba_server.demo.website import website


def _of(journey: Journey, household: int) -> Journey:
    """A household and what it bought in its last weeks."""
    return dataclasses.replace(
        journey,
        households=tuple(item for item in journey.households if item.id == household),
        mailings=(),
        redemptions=(),
        baskets=tuple(item for item in journey.baskets if item.household == household)[-12:],
    )


def main() -> None:
    """Serves until the input ends."""
    journey = load()
    shown = households_to_show(journey, 1)[0]
    with TemporaryDirectory(prefix="nba-example-shop-") as folder:
        data = Path(folder)
        write_catalogue(journey, data / "catalogue")
        with ServerProcess(data, data / "catalogue", free_address(0)) as server:
            store = attach_url(data) or ""
            with ReplayClock(store) as clock, grpc.insecure_channel(server.address) as channel:
                History(channel, clock, data / "replayed-until", lambda _: None).run(_of(journey, shown))
                clock.start_ticking()
            with website(data, store, data / "catalogue", [customer_id(shown)]) as shop:
                print(json.dumps({"shop": shop, "address": server.address, "customer": customer_id(shown)}), flush=True)
                sys.stdin.read()


if __name__ == "__main__":
    main()
