"""Tables of `nba catalog` for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from nba_server.application.ports import SnapshotInfo


def snapshot_table(found: Sequence[SnapshotInfo]) -> Table:
    """Snapshots, newest first."""
    table = Table("hash", "catalogue", "actions", "published", "live", box=None, header_style="bold")
    for info in found:
        when = datetime.fromtimestamp(info.published_ms // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        table.add_row(info.hash[:12], info.name, str(info.actions), when, "live" if info.live else "")
    return table


def action_table(document: Mapping[str, Any]) -> Table:
    """Actions of a canonical document by issue and group."""
    head = document["catalog"]
    table = Table(
        "action",
        "title",
        "group",
        "status",
        f"value {head['currency']}",
        "rules",
        "channels",
        box=None,
        header_style="bold",
    )
    for id_, action in sorted(document["actions"].items(), key=lambda pair: (pair[1]["group"], pair[0])):
        group = document["groups"][action["group"]]
        stages = ("eligibility", "applicability", "suitability")
        inherited = sum(rule["id"] not in action["skip_group_rules"] for stage in stages for rule in group[stage])
        table.add_row(
            id_,
            action["title"],
            f"{group['issue']} › {action['group']}",
            action["status"],
            f"{action['value']:g}",
            str(inherited + sum(len(action[stage]) for stage in stages)),
            ", ".join(dict.fromkeys(treatment["channel"] for treatment in action["treatments"])),
        )
    return table
