"""``cricketgnn predict``: forecast the next delivery of a match in progress."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cricketgnn.cli import options
from cricketgnn.cli.output import emit, remark
from cricketgnn.errors import UsageError


def predict(
    match: Annotated[
        Path, typer.Argument(metavar="MATCH.json", help="The match so far in Cricsheet JSON; - reads stdin.")
    ],
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN", help="A run folder or a checkpoint file (default: the latest in checkpoints/)."
        ),
    ] = None,
    striker: Annotated[
        str | None, typer.Option(metavar="WHO", help="Who faces it, by name or registry id.")
    ] = None,
    non_striker: Annotated[str | None, typer.Option(metavar="WHO", help="Who bats at the other end.")] = None,
    next_bowler: Annotated[str | None, typer.Option(metavar="WHO", help="Who bowls it.")] = None,
    innings_closed: Annotated[
        bool,
        typer.Option("--innings-closed", help="The innings has ended early (rain, say): forecast the next."),
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Every delivery so far instead, as it was forecast then.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write it to this .json, or with --all .parquet, file."),
    ] = None,
    data: options.RunDataOption = None,
    people: options.PeopleOption = None,
    device: Annotated[
        str | None,
        typer.Option(metavar="auto|cpu|cuda|mps", help="Where to compute (default: cpu)."),
    ] = None,
    as_json: options.JsonOption = False,
) -> None:
    """Forecast the next delivery of a match in progress.

    Example: cricketgnn predict match.json --next-bowler "JJ Bumrah"
    """
    from cricketgnn.config.models import Device
    from cricketgnn.config.tuning import named
    from cricketgnn.forecasting.crease import Named, next_crease
    from cricketgnn.forecasting.forecasts import check_format, write_forecast
    from cricketgnn.forecasting.load import read_match
    from cricketgnn.forecasting.situation import situation_of

    at_the_crease = Named(striker, non_striker, next_bowler)
    if every and (innings_closed or at_the_crease != Named()):
        raise UsageError("got --all with an option that is about the next delivery; leave one out")
    check_format(out, every)
    so_far = read_match(match)
    where = named("device", Device, device) if device else Device.CPU
    if not every:  # what must be named is asked for at once, not after torch has been loaded
        situation = situation_of(so_far.document, innings_closed=innings_closed)
        next_crease(situation, so_far.document.info, at_the_crease)
    from cricketgnn.forecasting.forecaster import MatchForecaster
    from cricketgnn.reporting.forecast import describe_forecast
    from cricketgnn.training.run_folder import latest_run

    if checkpoint is None:
        checkpoint = latest_run()
        remark(f"forecasting with {checkpoint}, the latest run")
    forecaster = MatchForecaster.open(checkpoint, data or (), remark, people=people, device=where)
    forecast = (
        forecaster.so_far(so_far)
        if every
        else forecaster.next(so_far, at_the_crease, innings_closed=innings_closed)
    )
    if out is not None:
        write_forecast(out, forecast)
        remark(f"written: {out}")
    emit(forecast.to_json(), as_json, lambda screen: describe_forecast(screen, forecast))
