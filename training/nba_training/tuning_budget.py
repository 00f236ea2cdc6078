"""A budget for tuning as it is typed: `40` trials, or `90s`, `10m`, `1h`."""

from __future__ import annotations

import re

import click

from nba_models.definition import Tuning

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


class TuningBudget(click.ParamType[Tuning]):
    """The parameter type of `--tune`."""

    name = "budget"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Tuning:
        """A `Tuning`; fails with what would be right."""
        if isinstance(value, Tuning):
            return value
        found = re.fullmatch(r"([1-9]\d*)([smh]?)", str(value).strip())
        if found is None:
            self.fail(f"{value!r} is no budget; say a number of trials (40) or a time (90s, 10m, 1h)", param, ctx)
        amount, unit = int(found[1]), found[2]
        return Tuning(seconds=amount * _SECONDS[unit]) if unit else Tuning(trials=amount)
