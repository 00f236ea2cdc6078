"""What a batch came to: offers, customers without one and why, and those that were refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from nba_server.batch.progress import NO_OFFER, OFFER, REFUSED, UNKNOWN, WAITING, Progress


@dataclass(frozen=True, slots=True)
class Summary:
    """Numbers of customers, but for `rows`, which are offers. `left` were not decided for, since the limit was reached.

    `reasons` of empty placements by code, `refused` requests by reason, `unknown` customers whose answer nobody has kept.
    """

    batch: str
    customers: int
    offers: int
    rows: int
    no_offers: int
    left: int
    unknown: int
    reasons: Mapping[str, int]
    refused: Mapping[str, int]

    def lines(self) -> list[str]:
        """For people."""
        found = [
            f"batch      {self.batch}",
            f"customers  {self.customers:,}",
            f"offers     {self.offers:,} customers, {self.rows:,} rows",
            f"no offer   {self.no_offers:,}",
        ]
        found += [f"           {count:,} × {code}" for code, count in self.reasons.items()]
        found += [f"refused    {count:,} × {reason}" for reason, count in self.refused.items()]
        if self.left:
            found.append(f"left       {self.left:,} beyond the limit, nothing was decided for them")
        if self.unknown:
            found.append(f"unknown    {self.unknown:,}: asked for in an earlier run, too long ago to ask again")
        return found


def summarise(progress: Progress, batch: str, rows: int) -> Summary:
    """Counts what the progress has."""
    counts = progress.counts()
    reasons = Counter(one["reason"] for _, answer in progress.answers(NO_OFFER) for one in answer["reasons"])
    refused = Counter(answer["reason"] for _, answer in progress.answers(REFUSED))
    return Summary(
        batch=batch,
        customers=sum(counts.values()),
        offers=counts.get(OFFER, 0),
        rows=rows,
        no_offers=counts.get(NO_OFFER, 0),
        left=counts.get(WAITING, 0),
        unknown=counts.get(UNKNOWN, 0),
        reasons=dict(reasons.most_common()),
        refused=dict(refused.most_common()),
    )
