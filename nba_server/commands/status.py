"""`nba status`: whether the server serves, with which catalogue and model, and how the journal and the archive stand."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nba_server.adapters.express import compiled
from nba_server.commands.attachment import chosen, open_store, store_options, store_url
from nba_server.commands.connection import Server, connection_options
from nba_server.commands.output import emit, output_options, plain

if TYPE_CHECKING:
    from nba_server.settings import Settings

SERVICES = ("Decision", "Outcome", "Contact", "Customer", "Event", "Catalog", "Model")


@click.command()
@connection_options
@store_options
@output_options
def status(
    server: Server,
    data: str | None,
    store: str | None,
    archive: str | None,
    as_json: bool,
    out: Path | None,
) -> None:
    """Show whether the server serves, with which catalogue and model, and how its journal stands.

    Journal and archive are shown when the data folder (`--data`) or the store (`--store`) can be reached from here, and whether
    the express lane is compiled here. Exit code 1 when the server does not serve.
    """
    facts: dict[str, Any] = {"address": server.address, "server": _server(server)}
    settings = chosen(data, store, archive)
    if data is not None or store is not None or settings.data.is_dir():
        facts["store"] = _store(settings)
        facts["express_lane"] = {"compiled": not (absent := compiled()), "reason": absent}
    emit(plain(facts), human="\n".join(_lines(plain(facts))), as_json=as_json, out=out)
    if facts["server"]["health"] != "serving":
        sys.exit(1)


def _server(server: Server) -> dict[str, Any]:
    """What the server tells; a part that the API key may not see says so."""
    from nba_client.errors import NbaClientError, NotFound

    with server.client() as client:
        try:
            health = client.health()
        except NbaClientError as error:
            return {"health": "unreachable", "error": error.message}
        facts: dict[str, Any] = {"health": health, "services": {}}
        for name in SERVICES:
            service = f"nba.v1.{name}Service"
            try:
                facts["services"][service] = client.health(service)
            except NotFound:
                facts["services"][service] = "unknown"
        with contextlib.suppress(NbaClientError):
            facts["replicas"] = client.health("nba.store.Replicas")
        for part, ask in (("catalog", client.catalog.get), ("models", client.models.versions)):
            try:
                facts[part] = ask()
            except NbaClientError as error:
                facts[part] = {"error": error.message}
    return facts


def _store(settings: Settings) -> dict[str, Any]:
    """Figures of journal and archive, read from the store itself."""
    from nba_server.adapters.archive.condition import archive_condition
    from nba_server.adapters.archive.reader import ArchiveReader
    from nba_server.errors import NbaError

    facts: dict[str, Any] = {"archive_location": settings.archive_location}
    try:
        reader = ArchiveReader(settings.archive_location)
        facts["archive"] = archive_condition(reader)
        if store_url(settings) is None:
            facts["error"] = f"no engine runs on the data folder {settings.data}"
        else:
            facts |= asyncio.run(_journal(settings, reader))
    except NbaError as error:
        facts["error"] = error.message
    return facts


async def _journal(settings: Settings, reader: Any) -> dict[str, Any]:
    from nba_server.adapters.archive.condition import journal_condition

    store = await open_store(settings)
    try:
        return {
            "kind": store.info.kind,
            "buckets": store.info.buckets,
            "journal": await journal_condition(store, reader),
        }
    finally:
        await store.close()


def _lines(facts: dict[str, Any]) -> list[str]:
    server = facts["server"]
    lines = [f"server   {facts['address']}: {server['health'].replace('_', ' ')}"]
    if "error" in server:
        return [*lines, f"         {server['error']}", *_store_lines(facts.get("store")), *_lane_lines(facts)]
    silent = [f"{name} {state}" for name, state in server["services"].items() if state != "serving"]
    lines += [f"         {text}" for text in silent]
    if server.get("replicas", "serving") != "serving" and server["health"] == "serving":
        lines.append(
            "         the store's replicas are not in sync: until they are nothing can take over for a lost server"
        )
    return [
        *lines,
        *_catalog_lines(server["catalog"]),
        *_model_lines(server["models"]),
        *_store_lines(facts.get("store")),
        *_lane_lines(facts),
    ]


def _catalog_lines(catalog: dict[str, Any]) -> list[str]:
    if "error" in catalog:
        return [f"catalog  {catalog['error']}"]
    live = catalog["live"]
    lines = [
        f"catalog  {live['name']} {live['hash'][:12]}, {live['actions']} actions, live for {catalog['age_seconds']:,.0f} s"
    ]
    if catalog["refused"]:
        lines.append(f"         the newest change is REFUSED, the live one keeps serving: {catalog['refused']}")
    return lines


def _model_lines(models: Any) -> list[str]:
    if isinstance(models, dict):
        return [f"model    {models['error']}"]
    serving = next((model for model in models if model["serving"]), None)
    live = next((model for model in models if model["live"]), None)
    if live is None and serving is None:
        return ["model    none yet, priors serve"]
    lines = []
    if serving is not None:
        lines.append(f"model    {serving['version']} serves, trained {serving['trained_at'] or 'never'}")
        lines += [f"         {text}" for text in _health(serving["metrics"])]
    if live is not None and (serving is None or serving["version"] != live["version"]):
        lines.append(f"model    {live['version']} is live in the fleet, not yet in this server")
    lines += [f"         challenger {m['version']} {m['rollout']}" for m in models if m["rollout"] and not m["live"]]
    return lines


_MOVED, _AUC_BAND = 0.25, (0.52, 0.90)


def _health(figures: dict[str, float]) -> list[str]:
    """What the training found on later data, and what in it should worry."""
    shown = {"auc": "AUC", "calibration_error": "calibration error", "psi_score": "PSI of the score",
             "psi_features": "largest PSI of a feature", "no_offer_share": "decisions without an offer",
             "actions_nobody_gets": "actions that nobody gets", "stale_share": "stale, of the stalest attribute"}  # fmt: skip
    said = [f"{words} {figures[name]:.4g}" for name, words in shown.items() if name in figures]
    moved = [shown[name] for name in ("psi_score", "psi_features") if figures.get(name, 0.0) > _MOVED]
    worries = [f"DRIFT: {words} is above {_MOVED}" for words in moved]
    low, high = _AUC_BAND
    if "auc" in figures and not low <= figures["auc"] <= high:
        worries.append(f"AUC is outside {low} to {high}" + (": suspect a leak" if figures["auc"] > high else ""))
    return ([", ".join(said)] if said else []) + worries


def _store_lines(store: dict[str, Any] | None) -> list[str]:
    if store is None:
        return []
    lines = []
    if "journal" in store:
        journal = store["journal"]
        dead = f", {journal['dead']} dead letters" if journal["dead"] else ""
        lines.append(f"journal  {journal['entries']:,} entries, archive {journal['lag_ms'] / 1000:,.1f} s behind{dead}")
    if "archive" in store:
        archive = store["archive"]
        lines.append(
            f"archive  {archive['rows']:,} rows in {archive['files']:,} files, {archive['size'] / 1e6:,.1f} MB"
        )
    if "error" in store:
        lines.append(f"store    {store['error']}")
    return lines


def _lane_lines(facts: dict[str, Any]) -> list[str]:
    if "express_lane" not in facts:
        return []
    lane = facts["express_lane"]
    absent = f"not compiled ({lane['reason']}): servers started from here take the ordinary path"
    return [f"express  {'compiled here' if lane['compiled'] else absent}"]
