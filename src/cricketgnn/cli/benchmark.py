"""``cricketgnn benchmark``: every model that a sceptic would try first, on one frozen protocol."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from cricketgnn.cli import options
from cricketgnn.cli.output import emit, remark


def benchmark(
    data: options.DataOption = None,
    people: options.PeopleOption = None,
    val_from: options.ValFromOption = None,
    test_from: options.TestFromOption = None,
    data_fraction: options.DataFractionOption = None,
    models: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Separated by commas: class-prior, lookup, eb-logistic, lightgbm, any --model-class.  "
            "(default: the first four, mlp, hetero-gnn)",
        ),
    ] = None,
    seeds: Annotated[
        int, typer.Option(min=1, help="Networks averaged in a further row for the last model named.")
    ] = 1,
    n_trials: Annotated[int, typer.Option(min=1, help="Configurations of lightgbm that are tried.")] = 20,
    tuned_on: Annotated[
        float, typer.Option(min=0.01, max=1.0, help="Share of the training matches these learn from.")
    ] = 0.25,
    resamples: Annotated[
        int, typer.Option(min=0, help="Bootstrap resamples over matches behind the intervals; 0 for none.")
    ] = 1000,
    epochs: Annotated[
        int | None, typer.Option(metavar="N", help="Passes over the training innings, of networks.")
    ] = None,
    device: options.DeviceOption = None,
    precision: options.PrecisionOption = None,
    seed: options.SeedOption = None,
    config: options.ConfigOption = None,
    best_params: options.BestParamsOption = None,
    more_files: options.MoreFilesArgument = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The ladder's folder; one of the same protocol goes on (default: in checkpoints/ladders/).",
        ),
    ] = None,
    as_json: options.JsonOption = False,
) -> None:
    """Climb the ladder: baselines and networks on the same matches, each scored once.

    Example: cricketgnn benchmark --data 'data/*_json.zip' --val-from 2023-01-01 --test-from 2024-01-01
    """
    from cricketgnn.config import resolve_run_config
    from cricketgnn.ladder.models import rungs_named
    from cricketgnn.ladder.run import run_ladder
    from cricketgnn.ladder.task import Task
    from cricketgnn.reporting.ladder import describe_ladder, write_ladder
    from cricketgnn.training.choice import check_choice
    from cricketgnn.training.sources import open_matches

    settings = options.typed(
        data=data, people=people, val_from=val_from, test_from=test_from, data_fraction=data_fraction,
        epochs=epochs, device=device, precision=precision, seed=seed,
    )  # fmt: skip
    best = options.best_params_of(best_params, more_files)
    resolved = resolve_run_config(settings, config, best, os.environ)
    rungs = rungs_named(models, seeds, n_trials, tuned_on, resolved.config.training.seed)
    store, _ = open_matches(resolved.config.data, remark)
    task = Task.of(resolved.config, store)
    check_choice(resolved.chosen_on, task.split, store, remark)
    ladder = run_ladder(
        task, rungs, out, remark, resamples=resamples, write=lambda made: write_ladder(made, remark)
    )
    emit(ladder.to_json(), as_json, lambda screen: describe_ladder(screen, ladder))
