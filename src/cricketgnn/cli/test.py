"""``cricketgnn test``: score a trained model on matches it has not seen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cricketgnn.cli import options
from cricketgnn.cli.output import emit, remark


def score_run(
    run: Annotated[
        Path | None,
        typer.Argument(metavar="RUN", help="A run folder or a checkpoint file (default: the latest run)."),
    ] = None,
    data: options.RunDataOption = None,
    people: options.PeopleOption = None,
    split: Annotated[
        Literal["test", "val"], typer.Option(help="Which part of the matches to score.")
    ] = "test",
    predictions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write every prediction to this Parquet file.")
    ] = None,
    resamples: Annotated[
        int, typer.Option(min=0, help="Bootstrap resamples over matches behind the intervals; 0 for none.")
    ] = 1000,
    batch_size: options.RunBatchSizeOption = None,
    device: options.RunDeviceOption = None,
    wandb: options.WandbOption = False,
    wandb_project: options.WandbProjectOption = None,
    wandb_mode: options.WandbModeOption = None,
    wandb_entity: options.WandbEntityOption = None,
    wandb_group: options.WandbGroupOption = None,
    wandb_tag: options.WandbTagOption = None,
    as_json: options.JsonOption = False,
) -> None:
    """Score a model: log loss and skill over the class prior, F1, calibration, each with its interval.

    Example: cricketgnn test checkpoints/train_20260101-120000 --data t20s_male_json.zip
    """
    from cricketgnn.reporting.evaluation import describe_test
    from cricketgnn.tracking import tracking
    from cricketgnn.tracking.training import track_test
    from cricketgnn.training.run_folder import latest_run
    from cricketgnn.training.scoring import score

    tracked = options.tracking_of(wandb, wandb_project, wandb_mode, wandb_entity, wandb_group, wandb_tag)
    if run is None:
        run = latest_run()
        remark(f"scoring {run}, the latest run")
    scored = score(
        run,
        data or (),
        split,
        log=remark,
        people=people,
        resamples=resamples,
        batch_size=batch_size,
        device=device,
    )
    with tracking(tracked, scored.checkpoint.parent, remark) as tracker:
        track_test(tracker, scored)
    if predictions is not None:
        scored.write_predictions(predictions)
        remark(f"predictions: {predictions}")
    emit(scored.to_json(), as_json, lambda screen: describe_test(screen, scored))
