"""Forecasts of single deliveries on the console."""

from __future__ import annotations

from typing import Final

import polars as pl
from rich.console import Console
from rich.table import Table

from cricketgnn.cricket.outcomes import OUTCOME_NAMES, DeliveryKind
from cricketgnn.forecasting.forecasts import NextDelivery, SoFar
from cricketgnn.reporting.tables import print_whole

_BAR: Final = 30
"""Characters of the bar of the most probable outcome, where there is room."""
_BESIDE_THE_BAR: Final = 40
"""Characters of the other columns."""
_SHOWN: Final = 12
"""Deliveries of a match that are printed, the latest; a file holds all."""


def describe_forecast(screen: Console, forecast: NextDelivery | SoFar) -> None:
    """Print the next delivery, or the latest of all so far."""
    if isinstance(forecast, SoFar):
        _describe_so_far(screen, forecast.frame)
    else:
        _describe_next(screen, forecast)


def _describe_next(screen: Console, forecast: NextDelivery) -> None:
    """Print where the match stands, who bowls to whom, and the probabilities beside the class prior."""
    now, crease = forecast.situation, forecast.crease
    screen.print(now.standing, soft_wrap=True, markup=False)
    screen.print(
        f"over {now.over + 1}, ball {now.deliveries + 1}: {crease.bowler} to {crease.striker}, "
        f"{crease.non_striker} at the other end",
        soft_wrap=True,
        markup=False,
    )
    table = Table("outcome", "probability", "", "class prior", box=None)
    table.columns[1].justify = table.columns[3].justify = "right"
    longest = float(forecast.probabilities.max())
    bar = min(_BAR, max(screen.width - _BESIDE_THE_BAR, 0))
    for name, chance, prior in zip(OUTCOME_NAMES, forecast.probabilities, forecast.prior, strict=True):
        table.add_row(name, f"{chance:.1%}", "█" * round(float(chance) / longest * bar), f"{prior:.1%}")
    print_whole(screen, table)
    kinds = forecast.kind_probabilities
    screen.print(
        f"unless it is a wide ({kinds[DeliveryKind.WIDE]:.1%}); a no-ball: {kinds[DeliveryKind.NO_BALL]:.1%}",
        soft_wrap=True,
    )
    for remark in forecast.remarks:
        screen.print(f"note: {remark}", soft_wrap=True, markup=False)


def _describe_so_far(screen: Console, forecasts: pl.DataFrame) -> None:
    """Print the latest deliveries, each with the probability that what came had before it came."""
    columns = [pl.col(f"p_{name}") for name in OUTCOME_NAMES]
    shown = forecasts.tail(_SHOWN).with_columns(chances=pl.concat_list(columns))
    if forecasts.height > _SHOWN:
        screen.print(f"the last {_SHOWN} of {forecasts.height} deliveries; --out FILE or --json gives all")
    table = Table("innings", "over", "ball", "came", "had", *OUTCOME_NAMES, box=None)
    for row in shown.iter_rows(named=True):
        label = row["label"]
        came, had = (
            ("wide", row["p_wide"]) if label is None else (OUTCOME_NAMES[label], row["chances"][label])
        )
        places = (str(row["innings"] + 1), str(row["over"] + 1), str(row["ball"] + 1))
        table.add_row(*places, came, f"{had:.1%}", *(f"{chance:.1%}" for chance in row["chances"]))
    print_whole(screen, table)
