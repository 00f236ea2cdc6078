"""Turns the data's campaigns into a catalogue folder: the hand-written files of `grocery/` plus `campaigns.yaml`.

Knows the YAML format of catalogues, nothing of how it is compiled.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from nba_server.demo.source import DAY_MS, Campaign, Journey

CAMPAIGN_VALUE = {"Type A": 6.0, "Type B": 5.0, "Type C": 5.0}
"""Assumed margin of a household that redeems, in USD: the data name none."""

AISLES = {
    "PRODUCE": ("produce", "produce"),
    "MEAT": ("meat", "meat"),
    "MEAT-PCKGD": ("meat", "meat"),
    "DELI": ("deli", "deli"),
    "PASTRY": ("bakery", "bakery"),
    "DRUG GM": ("care", "care"),
    "GROCERY": ("pantry", "pantry"),
}
"""The example shop's aisle and picture of a department."""

WORDS = {
    "COSMETICS": "care",
    "DRUG GM": "household",
    "GROCERY": "groceries",
    "MEAT-PCKGD": "packed meat",
    "NUTRITION": "wholefoods",
    "PASTRY": "pastries",
    "PRODUCE": "fruit and vegetables",
    "SEAFOOD-PCKGD": "packed fish",
}
"""A department in a customer's words, where the data's are not."""


def action_id(campaign: int) -> str:
    """The action that stands for a campaign."""
    return f"campaign-{campaign}"


def write_catalogue(journey: Journey, folder: Path) -> None:
    """Writes the demo's catalogue folder; existing hand-written files are kept, so that edits survive."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in resources.files("nba_server.demo").joinpath("grocery").iterdir():
        target = folder / source.name
        if source.name.endswith(".yaml") and not target.exists():
            target.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    yaml = YAML()
    yaml.width = 130
    with (folder / "campaigns.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(campaigns_document(journey), file)


def campaigns_document(journey: Journey) -> dict[str, Any]:
    """The issue `retain` with one group a campaign type and one action a campaign."""
    types = sorted({campaign.type for campaign in journey.campaigns})
    groups = [_group(kind, [c for c in journey.campaigns if c.type == kind]) for kind in types]
    return {"issues": [{"id": "retain", "title": "Coupon campaigns", "weight": 0, "groups": groups}]}


def _group(kind: str, campaigns: list[Campaign]) -> dict[str, Any]:
    letter = kind.removeprefix("Type ")
    return {
        "id": f"mailings-{letter.lower()}",
        "title": f"Mailings of type {letter}",
        "weight": 0,
        "eligibility": [
            {
                "id": f"loyalty-card-{letter.lower()}",
                "when": "customer.known",
                "text": "Only households with a loyalty card.",
            }
        ],
        "applicability": [
            {
                "id": f"no-complaint-{letter.lower()}",
                "when": "!has(context.call_reason) || context.call_reason != 'complaint'",
                "text": "The customer is calling to complain; this is not the moment to sell.",
            }
        ],
        "actions": [_action(campaign, letter) for campaign in campaigns],
    }


def _action(campaign: Campaign, letter: str) -> dict[str, Any]:
    aisles = [name for name in campaign.departments if name != "COUPON"][:3]
    what = ", ".join(WORDS.get(name, name.lower()) for name in aisles) or "the whole store"
    title = f"Coupons for {what} (campaign {campaign.id})"
    aisle, image = next((AISLES[name] for name in aisles if name in AISLES), ("", "coupons"))
    shown = {
        "headline": f"Your coupons: {what}",
        "image": f"{image}.svg",
        "link": f"./?aisle={aisle}" if aisle else "./",
    }
    return {
        "id": action_id(campaign.id),
        "title": title,
        "status": "approved",
        "start": _moment(campaign.start_ms),
        "end": _moment(campaign.end_ms + DAY_MS),
        "value": CAMPAIGN_VALUE[campaign.type],
        "class": "advertising",
        "purpose": "advertising",
        "prior": {"propensity": 0.1, "evidence": 200},
        "response_window": f"{(campaign.end_ms + DAY_MS - campaign.start_ms) // DAY_MS}d",
        "attributes": {"category": aisles, "campaign_type": letter},
        "treatments": [
            {"id": "letter", "channel": "letter", "content": {"headline": title}},
            {
                "id": "call",
                "channel": "call",
                "content": {"say": f"You have coupons for {what}; shall I load them onto your card?"},
            },
            {
                "id": "tile",
                "channel": "web",
                "placements": ["shop_row", "shop_basket"],
                "content": {**shown, "text": "Loaded onto your card"},
            },
            {
                "id": "hero",
                "channel": "web",
                "placements": ["shop_hero"],
                "min_width": 320,
                "min_height": 200,
                "content": {**shown, "text": "They are on your card; just shop.", "button": "See what is in"},
            },
            {"id": "email", "channel": "email", "content": {"subject": f"Your coupons: {what}"}},
        ],
    }


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
