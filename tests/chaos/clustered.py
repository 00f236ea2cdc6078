"""Proof 8: masters killed and cut off under load, slots moved: what strict mode keeps, and what the default loses."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from redis.crc import key_slot

from tests.chaos import world
from tests.chaos.acknowledged import AcknowledgedLog
from tests.chaos.engines import CLUSTER, backend
from tests.chaos.fleet import Server
from tests.chaos.load import Plan, clients, drive
from tests.chaos.pressure import archived, told
from tests.chaos.recount import recount
from tests.clusters import Cluster, wait_for
from tests.clusters import Server as Node

SETTLE_S = 2.0
BUCKETS = 256
ALL_PACKETS, NO_PACKETS = -2, -1


def take_over(cluster: Cluster, victim: Node, away: Change, back: Change) -> bool:
    """A master goes, its replica takes over, it comes back as a replica in sync. False when nobody took over."""
    others = [server for server in cluster.servers if server is not victim]
    away(cluster, victim)
    try:
        masters = len(cluster.servers) // (1 + cluster.replicas)
        wait_for("failover", lambda: sum(s.info().get("role") == "master" for s in others) == masters, 45.0)
        took_over = True
    except AssertionError:
        took_over = False
    back(cluster, victim)
    wait_for("replicas in sync", lambda: cluster.healthy() and cluster.in_sync(), 60.0)
    return took_over


def kill(_: Cluster, node: Node) -> None:
    """Its machine is gone."""
    node.kill()


def revive(_: Cluster, node: Node) -> None:
    """The machine is back, with its disk."""
    node.start()


def cut_off(cluster: Cluster, node: Node) -> None:
    """A network torn apart: callers still reach it, but the other servers do not, and its replicas get nothing any more."""
    for replica in cluster.replicas_of(node):
        assert replica.ask("CONFIG SET masterauth torn").startswith("+OK")
    node.ask("CLIENT KILL TYPE replica")
    assert node.ask(f"DEBUG DROP-CLUSTER-PACKET-FILTER {ALL_PACKETS}").startswith("+OK")


def rejoin(cluster: Cluster, node: Node) -> None:
    """The network is whole again."""
    assert node.ask(f"DEBUG DROP-CLUSTER-PACKET-FILTER {NO_PACKETS}").startswith("+OK")
    for server in cluster.servers:
        assert server.ask('CONFIG SET masterauth ""').startswith("+OK")


def freeze(_: Cluster, node: Node) -> None:
    """It does not answer, and believes to be a master still when it goes on."""
    node.freeze()


def thaw(_: Cluster, node: Node) -> None:
    """It goes on."""
    node.thaw()


Change = Callable[[Cluster, Node], None]
WAYS: tuple[tuple[str, Change, Change], ...] = (
    ("master_killed", kill, revive),
    ("master_cut_off", cut_off, rejoin),
    ("master_frozen", freeze, thaw),
)


def fail_over(cluster: Cluster, failovers: int, end: float) -> dict[str, int]:
    """Kills, cuts off and freezes masters in turn; counts where a replica took over."""
    done = {name: 0 for name, _, _ in WAYS}
    for turn in range(failovers):
        if time.monotonic() > end:
            break
        time.sleep(SETTLE_S)
        masters = cluster.masters()
        name, away, back = WAYS[turn % len(WAYS)]
        done[name] += take_over(cluster, masters[turn % len(masters)], away, back)
    return done


def move_slots(cluster: Cluster, slots: int, end: float) -> dict[str, int]:
    """Moves slots of buckets to other masters."""
    draw, moved = random.Random(1), 0
    buckets = [key_slot(f"nba:{{b{bucket:03x}}}:j".encode()) for bucket in draw.sample(range(BUCKETS), slots)]
    for slot in buckets:
        if time.monotonic() > end:
            break
        source = cluster.owner(slot)
        cluster.move_slot(slot, draw.choice([master for master in cluster.masters() if master is not source]))
        moved += 1
    return {"slots_moved": moved}


def run(folder: Path, plan: Plan, *, strict: int, failovers: int = 0, slots: int = 0) -> dict[str, Any]:
    """The proof in one mode: `failovers` masters killed or cut off, or `slots` moved, under load."""
    catalogue = world.write_catalogue(folder / "catalogue")
    log = folder / "clients.jsonl"
    with (
        backend(CLUSTER, folder, strict=strict, durability="everysec") as engine,
        Server(folder / "data", catalogue, store=engine.url, options=engine.options) as server,
    ):
        assert engine.cluster is not None
        cluster, started = engine.cluster, time.monotonic()

        def disturb() -> dict[str, int]:
            if slots:
                return move_slots(cluster, slots, started + plan.seconds)
            return fail_over(cluster, failovers, started + plan.seconds)

        async def go() -> tuple[Any, dict[str, int]]:
            async with AcknowledgedLog(log) as noted, clients(server.address, noted, plan) as calling:
                disturbing = asyncio.create_task(asyncio.to_thread(disturb))
                await drive(calling, plan, stop=disturbing.done)
                return calling.tally, await disturbing

        tally, events = asyncio.run(go())
        spent = time.monotonic() - started
        asyncio.run(archived(server))
    counted = recount(world.spec(), folder / "data" / "archive", [log])
    lost = counted["lost_decisions"] + counted["lost_outcomes"]
    kills = {name: count for name, count in events.items() if name != "slots_moved"}
    failed_over = sum(kills.values())
    return {
        **counted,
        **events,
        "kills": kills,
        "failovers": failed_over,
        "lost": lost,
        "strict": strict,
        **told(tally, spent),
    }
