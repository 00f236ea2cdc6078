"""The shared real data sets, read into the records of the project; none of them is part of it."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from nba_training.logs.builder import ChoicesBuilder
from nba_training.logs.choice import LoggedCandidate, LoggedChoice
from nba_training.logs.lines import hashed
from nba_training.logs.plain import PlainChoice, with_features
from nba_training.ope.choices import Choices, LeftOut

DATA = Path(__file__).resolve().parents[3] / "shared/data"
HOUR_MS = 3_600_000


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file, compressed or not."""
    path = DATA / name
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        return list(csv.DictReader(file))


def vectors(name: str) -> Any:
    """A file of outside numbers."""
    return json.loads((DATA / "peer_vectors" / name).read_text())


def learning_side(customer: str, share: int = 70) -> bool:
    """Whether a customer is among the `share` per cent to learn from, by hash."""
    return int(hashed(customer)[:8], 16) % 100 < share


@dataclass(frozen=True, slots=True)
class Halves:
    """A log split by customer."""

    learn: tuple[Choices, LeftOut]
    judge: tuple[Choices, LeftOut]


def built(found: Sequence[PlainChoice]) -> tuple[Choices, LeftOut]:
    """Choices of plain records."""
    choices, layouts = with_features(found)
    builder = ChoicesBuilder(layouts)
    builder.collect(choices)
    return builder.build()


def halves(found: Sequence[tuple[str, PlainChoice]]) -> Halves:
    """Both sides of a split by customer; features in one layout."""
    choices, layouts = with_features([plain for _, plain in found])
    sides = []
    for learning in (True, False):
        builder = ChoicesBuilder(layouts)
        builder.collect(
            choice for (name, _), choice in zip(found, choices, strict=True) if learning_side(name) is learning
        )
        sides.append(builder.build())
    return Halves(*sides)


def starbucks() -> list[tuple[str, PlainChoice]]:
    """Offers drawn uniformly from ten; reward = amount of the transaction it completed on, once, minus the reward paid."""
    offers = [json.loads(line) for line in (DATA / "starbucks/portfolio.json").read_text().splitlines()]
    profile = {row["id"]: row for row in rows("starbucks/profile.csv.gz")}
    received = rows("starbucks/offers_received.csv.gz")
    amount = {
        (row["customer_id"], row["time"]): float(row["transaction_amount"])
        for row in rows("starbucks/offer_completed_events.csv.gz")
    }
    latest: dict[tuple[str, str], int] = {}
    for row in received:
        if row["completed_time"]:
            key = (row["customer_id"], row["completed_time"])
            latest[key] = max(latest.get(key, -1), int(row["received_time"]))
    paid = {offer["id"]: float(offer["reward"]) for offer in offers}
    found = []
    for row in received:
        key = (row["customer_id"], row["completed_time"])
        reward = 0.0
        if row["completed"] == "1":
            reward = (amount[key] if latest[key] == int(row["received_time"]) else 0.0) - paid[row["offer_id"]]
        found.append((row["customer_id"], _offer(row, reward, profile[row["customer_id"]], offers)))
    return found


def _offer(row: dict[str, str], reward: float, person: dict[str, str], offers: Sequence[dict[str, Any]]) -> PlainChoice:
    joined = date(int(person["became_member_on"][:4]), int(person["became_member_on"][4:6]), 1)
    joined += timedelta(days=int(person["became_member_on"][6:]) - 1)
    shared = {
        "customer.age": None if person["age"] == "118" else person["age"],
        "customer.income": person["income"],
        "customer.gender": person["gender"],
        "customer.days": (date(2018, 7, 27) - joined).days,
        "request.wave": int(row["received_time"]),
    }
    pairs = [
        {
            "action.id": offer["id"],
            "action.kind": offer["offer_type"],
            "action.difficulty": offer["difficulty"],
            "action.reward": offer["reward"],
            "action.days": offer["duration"],
        }
        for offer in offers
    ]
    names = [offer["id"] for offer in offers]
    choice = LoggedChoice(
        customer=hashed(row["customer_id"]),
        at_ms=int(row["received_time"]) * HOUR_MS,
        slate=f"{row['customer_id']}/{row['received_time']}",
        position=1,
        candidates=tuple(LoggedCandidate(name, 0.1, row=place) for place, name in enumerate(names)),
        chosen=names.index(row["offer_id"]),
        pick_probability=0.1,
        reward=reward,
    )
    return PlainChoice(choice, shared, pairs)


ARMS = ("Mens E-Mail", "Womens E-Mail", "No E-Mail")


def hillstrom(metric: str) -> list[tuple[str, PlainChoice]]:
    """Customers drawn into three arms; the reward is `visit`, `conversion` or `spend`."""
    found = []
    for row in rows("hillstrom/hillstrom.csv.gz"):
        shared = {
            f"customer.{name}": row[name]
            for name in ("recency", "history", "history_segment", "mens", "womens", "zip_code", "newbie", "channel")
        }
        choice = LoggedChoice(
            customer=hashed(row["row_index"]),
            at_ms=0,
            slate=row["row_index"],
            position=1,
            candidates=tuple(LoggedCandidate(name, 1 / 3, row=place) for place, name in enumerate(ARMS)),
            chosen=ARMS.index(row["segment"]),
            pick_probability=1 / 3,
            reward=float(row[metric]),
        )
        found.append((row["row_index"], PlainChoice(choice, shared, [{"action.id": name} for name in ARMS])))
    return found


def bandit(policy: str, campaign: str) -> tuple[Choices, LeftOut]:
    """Impressions of the Open Bandit Dataset under `random` or `bts`, with the true chance of what was shown."""
    found = []
    log = rows(f"obd/{policy}_{campaign}.csv.gz")
    items = sorted({int(row["item_id"]) for row in rows(f"obd/item_context_{policy}_{campaign}.csv")})
    flat = 1 / len(items)
    for row in log:
        chance = float(row["propensity_score"])
        chances = [
            flat if policy == "random" else (chance if item == int(row["item_id"]) else np.nan) for item in items
        ]
        choice = LoggedChoice(
            customer=hashed(row["row"]),
            at_ms=int(row["row"]),
            slate=row["row"],
            position=int(row["position"]),
            candidates=tuple(LoggedCandidate(str(item), p) for item, p in zip(items, chances, strict=True)),
            chosen=items.index(int(row["item_id"])),
            pick_probability=chance,
            reward=float(row["click"]),
        )
        found.append(PlainChoice(choice, {}, [{} for _ in items]))
    return built(found)


def item_chances(campaign: str) -> np.ndarray:
    """The Thompson-sampling policy's chance of each item at each position, (items, 3)."""
    table = rows(f"peer_vectors/obd_bts_action_dist_{campaign}.csv")
    return np.array([[float(row[f"position_{place}"]) for place in (1, 2, 3)] for row in table])
